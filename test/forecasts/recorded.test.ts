// A recording carries what was expected: whoever replays it plans the same, without asking anybody.
import { describe, expect, it } from 'vitest';
import { parseRecording } from '../../src/collectors/recording.ts';
import { Forecasts } from '../../src/forecasts/forecasts.ts';
import { emptyMemory, type Memory } from '../../src/model/memory.ts';
import { decide } from '../../src/policies/decide.ts';
import { aConfig, aDeployment, aForecast, aPodPolicy, aSnapshot, at, noon } from '../builders.ts';

const config = aConfig([aPodPolicy('web', { forecast: { metric: 'requests' } })]);
const world = (load: number) =>
  aSnapshot().deployments(aDeployment('shop', 'web').replicas(4)).answering('requests', load);

describe('a recording', () => {
  it('replays every tick as it was', async () => {
    const forecasts = new Forecasts();
    let memory: Memory = emptyMemory();
    for (let tick = 0; tick < 12; tick += 1) {
      const now = at(15 * tick);
      const snapshot = await forecasts.look(world(400 + 10 * tick).build(), config, memory, now);
      const lived = decide(snapshot, config, memory, now);
      const { recording } = parseRecording(JSON.stringify({ schema: 1, snapshot, memory }), 'recording.json');
      expect(decide(recording.snapshot, config, memory, now).plan).toEqual(lived.plan);
      expect(lived.plan.pods[0]?.forecast).toMatchObject({ metric: 'requests' });
      memory = lived.memory;
    }
  });

  it('with a forecast that is none is refused at its place', () => {
    const snapshot = world(400).foreseeing(aForecast(500)).build();
    const said = snapshot.forecasts?.['shop/Deployment/web'];
    const wrong = { ...snapshot, forecasts: { 'shop/Deployment/web': { ...said, state: 'sure' } } };
    expect(() => parseRecording(JSON.stringify({ schema: 1, snapshot: wrong }), 'one.json')).toThrow(/state/);
  });
});

describe('a forecast that was wrong of late', () => {
  it('is told when it has lasted, and not while it learns', () => {
    const told = (state: 'steppedBack' | 'learning', minutes: number): readonly string[] => {
      const doubt = state === 'learning' ? 'notEnoughHistory' : 'coverageTooLow';
      const snapshot = world(400)
        .foreseeing(aForecast(500, 500, 500, { state, doubt }))
        .build();
      let memory: Memory = emptyMemory();
      let names: readonly string[] = [];
      for (const now of [noon, at(minutes * 60)]) {
        const decided = decide(snapshot, config, memory, now);
        memory = decided.memory;
        names = decided.plan.alerts.map(({ labels }) => labels['alertname'] ?? '');
      }
      return names;
    };
    expect(told('steppedBack', 9)).toEqual([]);
    expect(told('steppedBack', 10)).toEqual(['SpringtideForecastSteppedBack']);
    expect(told('learning', 60)).toEqual([]);
  });
});
