// A resize is remembered before it is sent: who dies behind the request, and who comes after, knows whose update Magnum shows.
import { describe, expect, it } from 'vitest';
import { resizeOutcome, type Actuator } from '../../src/actuators/actuator.ts';
import { Daemon } from '../../src/daemon.ts';
import { emptyGroupMemory, type Memory, type SentResize } from '../../src/model/memory.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { aConfig, aNodeGroup, aNodePolicy, at, noon } from '../builders.ts';
import { group, pool, steady, tick, workers } from '../policies/nodes/worlds.ts';

const policyOf = (mode: string) =>
  aNodePolicy({ nodeGroups: [{ name: group, min: 3, max: 9 }], mode: { grow: mode, shrink: mode } });

/** One tick that lets a group of two grow to its minimum. */
async function growsIn(mode: 'act' | 'dryRun') {
  const saved: Memory[] = [];
  const seenBySender: (SentResize | null | undefined)[] = [];
  const sending: Actuator = {
    scale: () => Promise.reject(new Error('there are no pods')),
    mark: () => Promise.resolve(),
    drain: () => Promise.resolve(null),
    resize: (decision, moment) => {
      seenBySender.push(saved.at(-1)?.groups[group]?.sent);
      return Promise.resolve(resizeOutcome(decision, moment, { status: mode === 'act' ? 'succeeded' : 'dryRun' }));
    },
    tell: () => Promise.resolve(),
  };
  const snapshot = pool(2, workers(2)).build();
  const daemon = new Daemon(
    {
      clock: new VirtualClock(noon),
      config: () => aConfig([], [policyOf(mode)]),
      refused: () => [],
      collect: Object.assign(() => Promise.resolve(snapshot), { askAhead: () => undefined }),
      control: { read: () => Promise.resolve({ control: null, damage: null }) },
      actuators: { act: sending, dryRun: sending, confirm: sending },
      store: {
        load: () => Promise.resolve(steady()),
        save: (memory) => {
          saved.push(memory);
          return Promise.resolve();
        },
      },
      alerts: { tell: () => Promise.resolve({ accepted: 0, changed: 0, durable: true, fault: null }) },
    },
    steady(),
  );
  await daemon.tick(noon, new AbortController().signal);
  return { saved, seenBySender };
}

describe('a resize', () => {
  it('is kept as sent and unanswered before it is, and with its answer afterwards', async () => {
    const { saved, seenBySender } = await growsIn('act');
    const asked = { at: noon, from: 2, to: 3, remove: [], begun: false };
    expect(seenBySender).toEqual([{ ...asked, unanswered: true }]);
    expect(saved.map((memory) => memory.groups[group]?.sent)).toEqual([{ ...asked, unanswered: true }, asked]);
  });

  it('that is only rehearsed is kept nowhere', async () => {
    const { saved, seenBySender } = await growsIn('dryRun');
    expect(seenBySender).toHaveLength(1);
    expect(saved.map((memory) => memory.groups[group]?.sent)).toEqual([null]);
  });
});

describe('who comes after a process that died behind its request', () => {
  const intended = { at: at(-15), from: 2, to: 3, remove: [], unanswered: true, begun: false } as const;
  const memory = steady({ ...emptyGroupMemory, seenCount: 2, sent: intended });

  it('takes the update for its own, and waits for nobody', () => {
    const shown = pool(3, workers(2))
      .groups(aNodeGroup(group, 3, { status: 'UPDATE_IN_PROGRESS' }))
      .build();
    const { decision, memory: after } = tick(shown, { policy: policyOf('act'), memory });
    expect(decision).toMatchObject({ action: 'none', reason: 'NodesUpcoming' });
    expect(after.groups[group]?.foreignChanges).toBeUndefined();
    expect(after.groups[group]?.ordered).toEqual([{ at: at(-15), count: 1 }]);
  });

  it('asks again, once it is sure that the request never left', () => {
    const shown = pool(2, workers(2)).build();
    const early = tick(shown, { policy: policyOf('act'), memory });
    expect(early.decision.resize).toBeNull();
    const later = tick(shown, { policy: policyOf('act'), memory: early.memory, now: at(60) });
    const last = tick(shown, { policy: policyOf('act'), memory: later.memory, now: at(75) });
    expect([later, last].map(({ decision }) => decision.resize?.to)).toContain(3);
    expect(last.memory.groups[group]?.lastFailure).toBeNull();
  });
});
