// What each family of experts says of a load that is made for it.
import { describe, expect, it } from 'vitest';
import { Days } from '../../../../src/policies/forecast/experts/days.ts';
import { everyDay } from '../../../../src/policies/forecast/experts/every-day.ts';
import { HoltWinters } from '../../../../src/policies/forecast/experts/holt-winters.ts';
import { Hours } from '../../../../src/policies/forecast/experts/hours.ts';
import { lately } from '../../../../src/policies/forecast/experts/lately.ts';
import { Ridge } from '../../../../src/policies/forecast/experts/ridge.ts';
import { Weeks } from '../../../../src/policies/forecast/experts/weeks.ts';
import type { Family, Scene } from '../../../../src/policies/forecast/scene.ts';
import { at, dayOfMinutes, minute, sceneOf } from '../scenes.ts';

const ahead = 5 * minute;

function said(family: Family, scene: Scene): Record<string, number> {
  const into = new Float64Array(family.names.length);
  family.say(scene, ahead, into, 0);
  return Object.fromEntries(
    family.names.map((name, index) => [name, 10 * Math.round((into[index] ?? Number.NaN) / 10)]),
  );
}

/** 100, and 500 for the minutes `from` to `to` of what `every` repeats. */
const burst =
  (every: number, from: number, to: number) =>
  (passed: number): number =>
    passed % every >= from && passed % every < to ? 500 : 100;

describe('experts on the last minutes', () => {
  it('foresee that what rises goes on rising', () => {
    const rising = (passed: number): number => (passed < 45 ? 100 : 100 + (passed - 45) * 20);
    const heard = said(lately, sceneOf(rising, 55));
    expect(heard).toMatchObject({ persistence: 280, 'highest of 5 min': 280, trend: 380, 'steep trend': 360 });
  });

  it('remember the highest as far back as they say', () => {
    const heard = said(lately, sceneOf(burst(1000, 40, 42), 62));
    expect(heard).toMatchObject({ 'highest of 5 min': 100, 'highest of 15 min': 100, 'highest of 45 min': 500 });
  });
});

describe('experts on earlier hours', () => {
  it.each([
    [2, { 'highest of 3 hours': 500, 'second of 12 hours': 500, 'third of 24 hours': 100 }],
    [4, { 'highest of 3 hours': 500, 'highest of 12 hours': 500, 'third of 24 hours': 500 }],
  ])('foresee what a clock started %d times', (hours, expected) => {
    expect(said(new Hours(), sceneOf(burst(60, 30, 33), hours * 60 + 28))).toMatchObject(expected);
  });

  it('say nothing of other minutes', () => {
    expect(said(new Hours(), sceneOf(burst(60, 30, 33), 5 * 60 + 45))).toMatchObject({ 'highest of 12 hours': 100 });
  });
});

describe('experts on earlier days', () => {
  const noon = burst(dayOfMinutes, 720, 730);

  it('foresee what comes every day', () => {
    const heard = said(new Days(), sceneOf(noon, 2 * dayOfMinutes + 718));
    expect(heard).toMatchObject({ 'day by ratio': 500, 'mean of 3 days': 500, 'half mean of 3 days': 300 });
  });

  it('scale it by how today differs', () => {
    const doubled = (passed: number): number => noon(passed) * (passed >= dayOfMinutes ? 2 : 1);
    const heard = said(new Days(), sceneOf(doubled, dayOfMinutes + 718));
    expect(heard['day by ratio']).toBe(1000);
    expect(heard['day by difference']).toBe(600);
  });

  it('say what is now as long as there is no yesterday', () => {
    const heard = Object.values(said(new Days(), sceneOf(noon, 700)));
    expect(new Set(heard)).toEqual(new Set([100]));
  });

  it('foresee what came a week ago', () => {
    const heard = said(new Weeks(), sceneOf(burst(7 * dayOfMinutes, 720, 730), 7 * dayOfMinutes + 718));
    expect(heard).toMatchObject({ week: 500, 'week by ratio': 500, 'highest of 7 days': 500, 'second of 7 days': 100 });
  });

  it.each([
    [1, null],
    [2, 500],
  ])('keep for what every one of %d days asked for', (days, expected) => {
    const heard = everyDay(sceneOf(noon, days * dayOfMinutes + 718), ahead);
    expect(heard === null ? null : Math.round(heard)).toBe(expected);
  });
});

describe('Holt-Winters', () => {
  it('knows the day after it has seen one', () => {
    const load = (passed: number): number => 200 + 100 * Math.sin((passed / dayOfMinutes) * 2 * Math.PI);
    const waves = new HoltWinters();
    const scene = sceneOf(load, 0);
    for (let passed = 0; passed < 2.25 * dayOfMinutes; passed++) {
      scene.minutes.put(at(passed), load(passed));
      scene.at = at(passed);
      waves.learn(scene);
      if (passed === 100) expect(waves.highest(scene, ahead)).toBeNull();
    }
    expect(waves.highest(scene, ahead)).toBeCloseTo(300, -1);
  });
});

describe('the regression', () => {
  it('finds what the load hangs on, and says nothing before', () => {
    const ridge = new Ridge(2);
    const features = new Float32Array(2);
    for (let round = 0; round < 400; round++) {
      if (round === 200) expect(ridge.say(features, 0)).toBeNull();
      features.set([1 + (round % 7), 1 + (round % 5)]);
      ridge.learn(features, 0, 3 * (features[0] ?? 0) + (features[1] ?? 0), 0.999);
    }
    features.set([10, 20]);
    expect(ridge.say(features, 0)).toBeCloseTo(50, 1);
  });
});
