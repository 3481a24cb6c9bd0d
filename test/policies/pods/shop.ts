// One shop of one Deployment, ticked through in virtual time: what the tests of the pod tier share.
import { emptyMemory, type Memory } from '../../../src/model/memory.ts';
import type { ScaleOutcome } from '../../../src/model/outcome.ts';
import type { PodDecision } from '../../../src/model/plan.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import { rfc3339, type Instant } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import { record } from '../../../src/policies/record.ts';
import { aConfig, aDeployment, aPodPolicy, aSnapshot, answered, at, noon, podsOf } from '../../builders.ts';

export const key = 'shop/Deployment/web';

/** A memory of ticks that have followed each other for a day. */
export const steady = (now: Instant = noon): Memory => ({
  ...emptyMemory(),
  lastTick: (now - 15_000) as Instant,
  steadySince: at(-86_400),
});

export const world = (replicas: number) =>
  aSnapshot()
    .deployments(aDeployment('shop', 'web').replicas(replicas).requesting({ cpu: '100m' }))
    .pods(...podsOf('web', { 'n-1': replicas }, { cpu: '100m' }));

export const decideOne = (snapshot: Snapshot, policy: object = {}, memory = steady(), now: Instant = noon) => {
  const { plan, memory: after } = decide(snapshot, aConfig([aPodPolicy('web', { ...policy })]), memory, now);
  const [decision] = plan.pods;
  if (decision === undefined) throw new Error('no decision');
  return { decision, memory: after, plan };
};
export const essence = ({ action, reason, current, desired, limitedBy }: PodDecision) => ({
  action,
  reason,
  current,
  desired,
  limitedBy,
});
export const succeeded = (from: number, to: number, now: Instant): ScaleOutcome => ({
  kind: 'scale',
  target: { kind: 'Deployment', namespace: 'shop', name: 'web' },
  from,
  to,
  status: 'succeeded',
  at: rfc3339(now),
});

type World = ReturnType<typeof world>;

/** Ticks every 15 s from noon: the value of the metric (null: an empty result) and what is decided, carried out at once. */
export function run(
  values: readonly (number | null)[],
  start: number,
  policy: object = {},
  memory = steady(),
  /** what else is so in a tick; the replicas may have been changed by others */
  also: (world: World, tick: number, replicas: number) => World = (same) => same,
) {
  let replicas = start;
  const decisions: PodDecision[] = [];
  for (const [index, value] of values.entries()) {
    const now = at(index * 15);
    const snapshot = also(world(replicas).answering('requests', answered(value)), index, replicas).build();
    replicas = snapshot.kubernetes.deployments?.[0]?.spec?.replicas ?? replicas;
    const result = decideOne(snapshot, policy, memory, now);
    decisions.push(result.decision);
    memory = result.memory;
    if (result.decision.action === 'scale' && result.decision.mode === 'act') {
      const desired = result.decision.desired ?? replicas;
      memory = record(memory, [succeeded(replicas, desired, now)], now);
      replicas = desired;
    }
  }
  return { decisions, memory, replicas, desired: decisions.map((one) => one.desired) };
}
