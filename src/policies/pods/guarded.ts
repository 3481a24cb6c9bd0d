// The guard applied to a tick's decisions: what it holds stays where it is, and says so.
import type { Config } from '../../model/config.ts';
import type { GuardMemory, Memory, TargetMemory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { targetKey, type TargetKey } from '../../model/target.ts';
import type { Instant } from '../../model/units.ts';
import { unwritten, type Undescribed } from './finish.ts';
import { guard, type Lowering } from './guard.ts';

interface Tick {
  readonly config: Config;
  readonly memory: Memory;
  readonly snapshot: Snapshot;
  readonly targets: Readonly<Record<TargetKey, TargetMemory>>;
  readonly now: Instant;
}

export interface GuardedDecisions {
  readonly memory: GuardMemory;
  readonly decisions: readonly Undescribed[];
}

function stopped(decision: Undescribed, tripped: NonNullable<GuardMemory['tripped']>): Undescribed {
  const { current, desired } = decision;
  return {
    ...unwritten(decision),
    desired: current,
    action: 'hold',
    reason: 'GuardTripped',
    limitedBy: [...decision.limitedBy, 'GuardTripped'],
    steps: [...decision.steps, { step: 'hold', from: desired ?? 0, to: current ?? 0, by: tripped.guard }],
    until: null,
    facts: {
      ...decision.facts,
      desired: current ?? 0,
      proposal: desired ?? 0,
      guard: tripped.guard,
      count: tripped.count,
      of: tripped.of,
      percent: tripped.percent,
    },
  };
}

export function guarded(decisions: readonly Undescribed[], tick: Tick): GuardedDecisions {
  const { config, memory, snapshot, targets, now } = tick;
  const { guards } = config.daemon;
  if (guards === undefined) return { memory: { removed: [], tripped: null }, decisions };
  const lowerings: Lowering[] = [];
  let replicas = 0;
  let managed = 0;
  for (const { action, mode, target, current, desired } of decisions) {
    if (mode !== 'act' || current === null) continue;
    replicas += current;
    managed += 1;
    if (action === 'scale' && desired !== null && desired < current)
      lowerings.push({ key: targetKey(target), current, desired });
  }
  const { control } = snapshot;
  const result = guard({ guards, memory: memory.podGuard, targets, lowerings, replicas, managed, control, now });
  const { tripped } = result.memory;
  if (tripped === null || result.holds === 'nothing') return { memory: result.memory, decisions };
  const isHeld = ({ action, mode, current, desired }: Undescribed): boolean =>
    action === 'scale' &&
    mode === 'act' &&
    current !== null &&
    desired !== null &&
    (desired < current || result.holds === 'all');
  return {
    memory: result.memory,
    decisions: decisions.map((decision) => (isHeld(decision) ? stopped(decision, tripped) : decision)),
  };
}
