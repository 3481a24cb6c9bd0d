// What memory learns from the outcome of a write, and what the next look makes of it.
import { describe, expect, it } from 'vitest';
import { emptyTargetMemory, type Memory, type TargetMemory } from '../../src/model/memory.ts';
import type { OutcomeStatus, ScaleOutcome } from '../../src/model/outcome.ts';
import { rfc3339 } from '../../src/model/units.ts';
import { record } from '../../src/policies/record.ts';
import { parseMemory } from '../../src/state/memory-text.ts';
import { aDeployment, at, deepFreeze, noon } from '../builders.ts';
import { decideOne, key, run, steady, world } from './pods/shop.ts';

const outcome = (from: number, to: number, status: OutcomeStatus = 'succeeded', more: object = {}): ScaleOutcome => ({
  kind: 'scale',
  target: { kind: 'Deployment', namespace: 'shop', name: 'web' },
  from,
  to,
  status,
  at: rfc3339(noon),
  ...more,
});
const remembering = (target: Partial<TargetMemory>): Memory => ({
  ...steady(),
  targets: { [key]: { ...emptyTargetMemory, firstSeen: at(-86_400), ...target } },
});
const after = (memory: Memory, ...outcomes: ScaleOutcome[]): TargetMemory => {
  const target = record(deepFreeze(memory), outcomes, noon).targets[key];
  if (target === undefined) throw new Error('nothing is remembered');
  return target;
};
const nothing = { ups: [], downs: [] };

describe('a write that succeeded', () => {
  it('is an event of its direction, and what was seen last', () => {
    expect(after(remembering({ seen: 4 }), outcome(4, 8))).toMatchObject({
      seen: 8,
      acted: { ups: [{ at: noon, change: 4 }], downs: [], lastWay: 'up' },
      rehearsed: nothing,
      written: { at: noon, replicas: 8 },
      failure: null,
    });
    const down = after(remembering({}), outcome(8, 5));
    expect(down).toMatchObject({ lowered: noon, acted: { downs: [{ at: noon, change: 3 }], lastWay: 'down' } });
    expect(down.asleep).toBeUndefined();
  });

  it('without a change is no event', () => {
    expect(after(remembering({}), outcome(5, 5)).acted).toEqual(nothing);
  });

  it('to zero is a sleep with what stood before; from zero it is none', () => {
    expect(after(remembering({}), outcome(3, 0)).asleep).toEqual({ at: noon, previous: 3 });
    expect(after(remembering({}), outcome(0, 3)).asleep).toBeUndefined();
    expect(after(remembering({}), outcome(0, 0)).asleep).toBeUndefined();
  });

  it('takes away the failure before it and the rehearsal', () => {
    const failure = { at: at(-60), code: 'Conflict', message: 'again' };
    const memory = remembering({ failure, rehearsed: { ups: [{ at: at(-30), change: 1 }], downs: [], standing: 5 } });
    expect(after(memory, outcome(4, 8))).toMatchObject({ failure: null, rehearsed: nothing });
  });

  it('happened when its outcome says so; a time that is none is now', () => {
    expect(after(remembering({}), outcome(4, 8, 'succeeded', { at: rfc3339(at(-5)) })).acted.ups).toEqual([
      { at: at(-5), change: 4 },
    ]);
    expect(after(remembering({}), outcome(4, 8, 'succeeded', { at: 'soon' })).acted.ups[0]?.at).toBe(noon);
    const late = [outcome(4, 8, 'succeeded', { at: rfc3339(at(2)) })];
    // rates count from the beat of the tick, everything else from when it happened
    expect(record(remembering({}), late, at(2), noon).targets[key]).toMatchObject({
      acted: { ups: [{ at: noon, change: 4 }] },
      written: { at: at(2) },
    });
  });

  it('counts turns of direction, each change of it once', () => {
    const history = after(remembering({}), outcome(4, 8), outcome(8, 9), outcome(9, 5), outcome(5, 4), outcome(4, 6));
    expect(history.acted).toMatchObject({ lastWay: 'up', turns: [noon, noon] });
  });

  it('of one target leaves the others alone, and counts for the guard of all', () => {
    const other = { ...outcome(9, 2), target: { kind: 'Deployment', namespace: 'bank', name: 'web' } };
    const memory = record(remembering({}), [outcome(4, 8), other, outcome(8, 7)], noon);
    expect(memory.podGuard.removed).toEqual([{ at: noon, change: 8 }]);
    expect(memory.targets[key]?.acted.downs).toEqual([{ at: noon, change: 1 }]);
    expect(memory.targets['bank/Deployment/web']?.acted.downs).toEqual([{ at: noon, change: 7 }]);
  });
});

describe('a write that did not happen', () => {
  it('failed: no event, and the first time is kept until one succeeds', () => {
    const once = record(remembering({ seen: 4 }), [outcome(4, 8, 'failed', { code: 'Conflict', message: 'x' })], noon);
    const again = record(once, [outcome(4, 8, 'failed', { code: 'Forbidden', at: rfc3339(at(15)) })], at(15)).targets[
      key
    ];
    expect(again).toMatchObject({ seen: 4, acted: nothing, written: null, failure: { at: noon, code: 'Forbidden' } });
  });

  it.each(['failed', 'refused', 'dryRun'] as const)('%s: no sleep, no turn, nothing for the guard', (status) => {
    const memory = record(
      remembering({ seen: 3, acted: { ...nothing, lastWay: 'up' } }),
      [outcome(3, 0, status)],
      noon,
    );
    expect(memory.targets[key]).toMatchObject({ seen: 3, acted: { ...nothing, lastWay: 'up' }, written: null });
    expect(memory.targets[key]?.asleep).toBeUndefined();
    expect(memory.targets[key]?.lowered).toBeUndefined();
    expect(memory.podGuard.removed).toEqual([]);
  });

  it('refused leaves the memory as it was', () => {
    const memory = remembering({ seen: 3 });
    expect(record(memory, [outcome(3, 1, 'refused', { code: 'Moved' })], noon)).toEqual(memory);
  });

  it('rehearsed: a history of its own, which goes on from where it would stand', () => {
    const first = record(remembering({}), [outcome(4, 8, 'dryRun')], noon);
    const second = after(first, outcome(4, 16, 'dryRun'));
    expect(second).toMatchObject({
      acted: nothing,
      rehearsed: { standing: 16, ups: [{ change: 4 }, { change: 8 }], lastWay: 'up' },
    });
  });

  it('of a target that was never seen begins its memory', () => {
    expect(after(steady(), outcome(4, 8)).firstSeen).toBeUndefined();
    expect(after(steady(), outcome(4, 8)).acted.ups).toHaveLength(1);
  });
});

describe('the next look', () => {
  const zero = {
    replicas: { min: 0, whenActive: 1, max: 60 },
    zero: { after: '1m' },
    behavior: { scaleDown: { stabilizationWindow: '0s' } },
    metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, activation: 5 }],
  };

  it('knows a zero of ours by memory alone, until it is awake', () => {
    const slept = record(remembering({ seen: 3 }), [outcome(3, 0)], at(-15));
    const asleep = decideOne(world(0).answering('requests', 0).build(), zero, slept);
    expect(asleep.decision).toMatchObject({ desired: 0, action: 'none', reason: 'Inactive' });
    expect(asleep.memory.targets[key]?.asleep).toMatchObject({ previous: 3 });
    const woken = decideOne(world(2).answering('requests', 200).build(), zero, asleep.memory, at(15));
    expect(woken.memory.targets[key]?.asleep).toBeUndefined();
  });

  it('takes a zero for a person’s where ours failed', () => {
    const failed = record(remembering({ seen: 3 }), [outcome(3, 0, 'failed')], at(-15));
    const { decision, memory } = decideOne(world(0).answering('requests', 900).build(), zero, failed);
    expect(decision).toMatchObject({ reason: 'ScalingDisabled', desired: 0 });
    expect(memory.targets[key]?.stoppedByHand).toBe(noon);
  });

  it('lets a person start what a person stopped', () => {
    const by = (same: ReturnType<typeof world>, tick: number) =>
      same.deployments(aDeployment('shop', 'web').replicas(tick < 3 ? 0 : 2));
    const { decisions, memory } = run([500, 500, 500, 500], 2, zero, remembering({ seen: 2 }), by);
    expect(decisions.map(({ reason }) => reason).slice(0, 3)).toEqual(Array<string>(3).fill('ScalingDisabled'));
    expect(decisions[3]).toMatchObject({ action: 'scale', desired: 5 });
    expect(memory.targets[key]?.stoppedByHand).toBeUndefined();
  });

  it('is told nothing of rehearsals where it acts', () => {
    const rehearsed = record(remembering({}), [outcome(4, 30, 'dryRun')], at(-15));
    expect(decideOne(world(4).answering('requests', 2000).build(), {}, rehearsed).decision.desired).toBe(8);
  });

  it('names what somebody else wrote, and not what we did', () => {
    const ours = record(remembering({ seen: 4 }), [outcome(4, 8, 'succeeded', { at: rfc3339(at(-15)) })], at(-15));
    expect(
      decideOne(world(8).answering('requests', 800).build(), {}, ours).memory.targets[key]?.foreign,
    ).toBeUndefined();
    const { memory } = decideOne(world(5).answering('requests', 500).build(), {}, ours);
    expect(memory.targets[key]?.foreign).toEqual([{ at: noon, from: 8, to: 5, by: null }]);
    const rehearsing = decideOne(world(5).answering('requests', 500).build(), { mode: 'dryRun' }, ours);
    expect(rehearsing.memory.targets[key]?.foreign).toBeUndefined();
  });
});

describe('a clock that was set back', () => {
  const future = {
    ...remembering({
      firstSeen: at(900),
      recommendations: [{ at: at(3600), replicas: 60 }],
      acted: { ups: [{ at: at(3600), change: 40 }], downs: [], turns: [at(3600)], lastWay: 'up' },
      foreign: [{ at: at(3600), from: 1, to: 2, by: null }],
      recovered: at(3600),
      lastActive: at(3600),
      asleep: { at: at(3600), previous: 3 },
      failure: { at: at(3600), code: 'Conflict', message: '' },
      unknownSince: { requests: at(3600) },
      lowered: at(3600),
    }),
    lastTick: at(3600),
  };

  it('leaves nothing from the future, and holds for one window', () => {
    const { decision, memory } = decideOne(world(9).answering('requests', 300).build(), {}, future);
    expect(decision).toMatchObject({ desired: 9, until: rfc3339(at(300)) });
    const instants: number[] = [];
    JSON.stringify(memory.targets, (_, value: unknown) => {
      if (typeof value === 'number' && value > noon / 2) instants.push(value);
      return value;
    });
    expect(instants.length).toBeGreaterThan(3);
    expect(Math.max(...instants)).toBeLessThanOrEqual(noon);
    expect(decideOne(world(9).answering('requests', 1200).build(), {}, future).decision.desired).toBe(12);
  });
});

describe('a memory of an older version', () => {
  const old = {
    schema: 1,
    lastTick: at(-15),
    steadySince: at(-86_400),
    targets: { [key]: { recommendations: [{ at: at(-15), replicas: 9 }], acted: nothing, written: null } },
  };

  it('is filled in, and goes on', () => {
    const memory = parseMemory(JSON.stringify(old), 'memory.json');
    const { decision, memory: now } = decideOne(world(9).answering('requests', 300).build(), {}, memory);
    expect(decision).toMatchObject({ desired: 9, reason: 'ScaleDownStabilized', until: rfc3339(at(285)) });
    expect(now.targets[key]).toMatchObject({ firstSeen: noon, seen: 9, rehearsed: nothing, unknownSince: {} });
  });

  it('takes a zero that it finds for asleep where the policy has zero', () => {
    const memory = parseMemory(JSON.stringify({ ...old, targets: { [key]: {} } }), 'memory.json');
    const zero = {
      replicas: { min: 0, max: 9 },
      zero: {},
      metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, activation: 5 }],
    };
    expect(decideOne(world(0).answering('requests', 300).build(), zero, memory).decision.desired).toBe(3);
  });
});
