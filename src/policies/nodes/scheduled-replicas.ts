// What a PodPolicy's schedule will ask for before a VM that is ordered later could bear it, where nothing holds the way up.
import type { PodPolicy } from '../../model/config.ts';
import type { PodReason } from '../../model/reason.ts';
import { later, type Instant, type Milliseconds } from '../../model/units.ts';
import type { Standing } from '../pods/decide-pods.ts';
import { holdUp } from '../pods/holds.ts';
import { pauseOf } from '../pods/pause.ts';
import { mostCautious } from '../pods/target-look.ts';
import { boundsAt } from '../schedule/bounds.ts';
import { comingTransitions } from '../schedule/transitions.ts';
import { longestBoot } from './boot-time.ts';
import type { NodeTick } from './node-tick.ts';

/** Until then an order of the next tick would not have come. */
export const orderedBy = ({ memory, config, now }: Pick<NodeTick, 'memory' | 'config' | 'now'>): Instant =>
  later(now, (longestBoot(memory.groups) + config.daemon.interval) as Milliseconds);

/** The highest floor from now until then; the pods' own time to start is no VM's. */
export function floorUntil({ schedule, replicas }: PodPolicy['spec'], now: Instant, until: Instant): number {
  const startTime = 0 as Milliseconds;
  const here = boundsAt(replicas, schedule, now, startTime);
  // Remembered from tick to tick: most windows are far away.
  if (here.until !== null && here.until > until) return here.min;
  let highest = here.min;
  for (const { after } of comingTransitions(schedule, replicas, now, startTime, until))
    highest = Math.max(highest, after.min);
  return highest;
}

/** Nothing is computed for these, whatever their schedule says. */
const heldWholly: ReadonlySet<PodReason> = new Set([
  'ForeignAutoscaler',
  'ForeignWriter',
  'Paused',
  'PausedReplicas',
  'InvalidAnnotation',
  'ScalingDisabled',
  'UnexpectedTargets',
  'AmbiguousSelector',
]);

/** Would it rise, if the window opened now? */
export function mayRise(
  { decision, policy, pods, workload }: Standing,
  { config, snapshot: { control }, now }: Pick<NodeTick, 'config' | 'snapshot' | 'now'>,
): boolean {
  if (mostCautious(config.daemon.mode, policy.spec.mode.up) !== 'act' || heldWholly.has(decision.reason)) return false;
  // Whoever waits for VMs is whom they are ordered for.
  return holdUp({ workload, pods, pause: pauseOf(workload.metadata), nodesComing: true, control, now }) === null;
}
