// The time of a tick: the one that was due where a timer was a millisecond early, the clock's own where it was set back.
import { describe, expect, it } from 'vitest';
import type { Actuator } from '../../src/actuators/actuator.ts';
import { scaleOutcome } from '../../src/actuators/actuator.ts';
import { Daemon } from '../../src/daemon.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { rfc3339, type Instant, type Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { aConfig, aDeployment, aPodPolicy, aSnapshot, at, podsOf } from '../builders.ts';

const writing: Actuator = {
  scale: (decision, moment) => Promise.resolve(scaleOutcome(decision, moment, { status: 'succeeded' })),
  mark: () => Promise.resolve(),
  drain: () => Promise.resolve(null),
  resize: () => Promise.reject(new Error('there is no cloud')),
  tell: () => Promise.resolve(),
};

/** One tick that raises shop/web, begun `by` milliseconds before or after it was due. */
async function tickAt(by: number) {
  const due = at(0);
  const snapshot = aSnapshot()
    .deployments(aDeployment('shop', 'web').replicas(4))
    .pods(...podsOf('web', { 'n-1': 4 }))
    .answering('requests', 900)
    .build();
  const daemon = new Daemon(
    {
      clock: new VirtualClock((due + by) as Instant),
      config: () => aConfig([aPodPolicy('web')]),
      refused: () => [],
      collect: Object.assign(() => Promise.resolve(snapshot), { askAhead: () => undefined }),
      control: { read: () => Promise.resolve({ control: null, damage: null }) },
      actuators: { act: writing, dryRun: writing, confirm: writing },
      store: { load: () => Promise.resolve(emptyMemory()), save: () => Promise.resolve() },
      alerts: { tell: () => Promise.resolve({ accepted: 0, changed: 0, durable: true, fault: null }) },
    },
    emptyMemory(),
  );
  const report = await daemon.tick(due, new AbortController().signal);
  const [event] = daemon.memory.targets['shop/Deployment/web']?.acted.ups ?? [];
  return { time: report.time, late: report.lateness, event: ((event?.at ?? 0) - due) as Milliseconds };
}

describe('a tick', () => {
  it.each([
    { name: 'on time', by: 0, time: 0, event: 0 },
    { name: 'a millisecond early: it is the one that was due', by: -1, time: 0, event: 0 },
    { name: 'a little late: its events are on the grid', by: 40, time: 40, event: 0 },
    { name: 'on a clock that was set back: never in the future', by: -60_000, time: -60_000, event: -60_000 },
  ])('$name', async ({ by, time, event }) => {
    expect(await tickAt(by)).toEqual({
      time: rfc3339((at(0) + time) as Instant),
      late: Math.max(0, time),
      event,
    });
  });
});
