// How often Events are said: once when something begins, seldom while it lasts, again when it comes back.
import { describe, expect, it } from 'vitest';
import { failedRescale, standingEvent, successfulRescale, type TargetEvent } from '../../src/actuators/events.ts';
import { scaleOutcome } from '../../src/actuators/actuator.ts';
import { createTelling } from '../../src/actuators/telling.ts';
import type { EventRequest } from '../../src/clients/kubernetes/event.ts';
import type { PodReason } from '../../src/model/reason.ts';
import { at } from '../builders.ts';
import { aMoment, aPodDecision } from './stage.ts';

const held = (reason: PodReason, name = 'web', by = 'argocd'): TargetEvent => {
  const decision = aPodDecision(4, 4);
  const event = standingEvent({ ...decision, reason, facts: { by }, target: { ...decision.target, name } });
  if (event === null) throw new Error(`${reason} says nothing`);
  return event;
};
const failed = (code: string): TargetEvent => {
  const decision = aPodDecision(4, 8);
  return failedRescale(decision, scaleOutcome(decision, aMoment(), { status: 'failed', code }));
};

/** An API server that has a name once only, as Kubernetes does, and can be out of order. */
class Cluster {
  readonly names = new Set<string>();
  readonly events: EventRequest[] = [];
  asked = 0;
  isDown = false;

  readonly createEvent = (event: EventRequest): Promise<boolean> => {
    this.asked += 1;
    if (this.isDown) return Promise.resolve(false);
    if (event.key !== undefined && this.names.has(event.key)) return Promise.resolve(true);
    if (event.key !== undefined) this.names.add(event.key);
    this.events.push(event);
    return Promise.resolve(true);
  };
}

function story() {
  const cluster = new Cluster();
  let telling = createTelling(cluster);
  return {
    cluster,
    restart: () => {
      telling = createTelling(cluster);
    },
    /** Tells at a second and answers how many Events that made. */
    at: async (second: number, ...events: TargetEvent[]): Promise<number> => {
      const before = cluster.events.length;
      await telling.tell(events, aMoment({ now: at(second) }));
      return cluster.events.length - before;
    },
  };
}

describe('what stands', () => {
  it('is said when it begins and once an hour', async () => {
    const { at: tick } = story();
    const foreign = held('ForeignWriter');
    let said = 0;
    for (let second = 0; second <= 3 * 3600; second += 15) said += await tick(second, foreign);
    expect(said).toBe(4);
  });

  it('is said again when it had ended and has come back, but not when it comes and goes from tick to tick', async () => {
    const { at: tick } = story();
    const foreign = held('ForeignWriter');
    expect(await tick(0, foreign)).toBe(1);
    expect(await tick(15)).toBe(0);
    expect(await tick(30, foreign)).toBe(0);
    for (let second = 45; second <= 300; second += 15) expect(await tick(second)).toBe(0);
    expect(await tick(315, foreign)).toBe(1);
    expect(await tick(330, foreign)).toBe(0);
  });

  it('is not said again by the next process within the hour', async () => {
    const { at: tick, restart } = story();
    expect(await tick(0, held('ForeignWriter'), held('Paused', 'api'))).toBe(2);
    restart();
    expect(await tick(60, held('ForeignWriter'), held('Paused', 'api'))).toBe(0);
    expect(await tick(3661, held('ForeignWriter'), held('Paused', 'api'))).toBe(1);
  });

  it('is said once for all where a person wished it', async () => {
    const { at: tick } = story();
    let said = 0;
    for (let second = 0; second <= 5 * 3600; second += 60) said += await tick(second, held('Paused'));
    expect(said).toBe(1);
  });

  it('is another one when somebody else is at fault', async () => {
    const { at: tick } = story();
    expect(await tick(0, held('ForeignWriter', 'web', 'argocd'))).toBe(1);
    expect(await tick(15, held('ForeignWriter', 'web', 'helm'))).toBe(1);
  });

  it('is not silenced by a clock that was set back', async () => {
    const { at: tick } = story();
    expect(await tick(86_400, held('ForeignWriter'))).toBe(1);
    expect(await tick(0, held('ForeignWriter'))).toBe(1);
    expect(await tick(15, held('ForeignWriter'))).toBe(0);
  });

  it('of many targets is said a hundred a tick, in the order of their names', async () => {
    const { at: tick, cluster } = story();
    const names = Array.from({ length: 250 }, (_, index) => `t-${String(index).padStart(3, '0')}`);
    const all = names.toReversed().map((name) => held('GuardTripped', name));
    const said = [await tick(0, ...all), await tick(15, ...all), await tick(30, ...all), await tick(45, ...all)];
    expect(said).toEqual([100, 100, 50, 0]);
    expect(cluster.events.map(({ regarding }) => regarding.name)).toEqual(names);
  });
});

describe('what was done', () => {
  it('is said each time when it succeeded', async () => {
    const { at: tick } = story();
    const decision = aPodDecision(4, 8);
    const scaled = successfulRescale(decision, scaleOutcome(decision, aMoment(), { status: 'succeeded' }));
    expect([await tick(0, scaled), await tick(15, scaled)]).toEqual([1, 1]);
  });

  it('is said once a code for ten minutes when it failed', async () => {
    const { at: tick } = story();
    let said = 0;
    for (let second = 0; second < 1200; second += 15) said += await tick(second, failed('Forbidden'));
    expect(said).toBe(2);
    expect(await tick(1200, failed('Conflict'))).toBe(1);
  });
});

describe('Events that are not taken', () => {
  it('end the pass after a few, and are said minutes later', async () => {
    const { at: tick, cluster } = story();
    const all = Array.from({ length: 60 }, (_, index) => held('GuardTripped', `t-${index}`));
    cluster.isDown = true;
    expect(await tick(0, ...all)).toBe(0);
    expect(cluster.asked).toBeLessThan(20);
    const asked = cluster.asked;
    expect(await tick(15, ...all)).toBe(0);
    expect(cluster.asked).toBe(asked);
    cluster.isDown = false;
    expect([await tick(60, ...all), await tick(75, ...all), await tick(300, ...all)]).toEqual([50, 0, 10]);
  });

  it('are not begun while springtide is stopping', async () => {
    const cluster = new Cluster();
    const moment = aMoment({ signal: AbortSignal.abort() });
    const decision = aPodDecision(4, 8);
    const scaled = successfulRescale(decision, scaleOutcome(decision, moment, { status: 'succeeded' }));
    await createTelling(cluster).tell([held('ForeignWriter'), scaled], moment);
    expect(cluster.events.map(({ reason }) => reason)).toEqual(['SuccessfulRescale']);
  });
});
