// A target ticked through in virtual time, its replicas following what is decided: what the properties of the pod tier share.
import fc from 'fast-check';
import type { Config } from '../../../src/model/config.ts';
import { emptyMemory, type Memory } from '../../../src/model/memory.ts';
import type { OutcomeStatus, ScaleOutcome } from '../../../src/model/outcome.ts';
import type { Plan, PodDecision } from '../../../src/model/plan.ts';
import type { PrometheusAnswer, PrometheusSample, Snapshot } from '../../../src/model/snapshot.ts';
import { rfc3339, type Instant } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import { record } from '../../../src/policies/record.ts';
import { aDeployment, aSnapshot, at, noon, podsOf } from '../../builders.ts';

export const key = 'shop/Deployment/web';
export const steady = (): Memory => ({ ...emptyMemory(), lastTick: at(-15), steadySince: at(-86_400) });

const mostPods = podsOf('web', { 'n-1': 100 }, { cpu: '100m' });

/** One Deployment with as many ready pods as it wants. */
export const web = (replicas: number) =>
  aSnapshot().kubernetes({
    deployments: [aDeployment('shop', 'web').replicas(replicas).requesting({ cpu: '100m' }).build()],
    pods: mostPods.slice(0, replicas),
  });

export const series = (
  ...samples: readonly (readonly [Record<string, string>, number | string])[]
): PrometheusAnswer => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: samples.map(([metric, value]): PrometheusSample => ({ metric, value: [noon / 1000, String(value)] })),
  },
});

export interface Tick {
  readonly now: Instant;
  readonly snapshot: Snapshot;
  readonly decision: PodDecision;
  readonly plan: Plan;
  readonly memory: Memory;
}

export interface Simulation {
  readonly config: Config;
  readonly start: number;
  readonly ticks: number;
  readonly world: (tick: number, replicas: number) => Snapshot;
  readonly memory?: Memory;
  /** what becomes of a write; the replicas follow in any case */
  readonly status?: (tick: number) => OutcomeStatus;
  readonly follows?: (tick: number, replicas: number, decision: PodDecision) => number;
}

const follow = (_: number, replicas: number, { action, mode, desired }: PodDecision): number =>
  action === 'scale' && mode === 'act' ? (desired ?? replicas) : replicas;

export function simulate({
  config,
  start,
  ticks,
  world,
  memory = steady(),
  follows = follow,
  status,
}: Simulation): Tick[] {
  const course: Tick[] = [];
  let replicas = start;
  for (let tick = 0; tick < ticks; tick += 1) {
    const now = at(tick * 15);
    const snapshot = world(tick, replicas);
    const decided = decide(snapshot, config, memory, now);
    const [decision] = decided.plan.pods;
    if (decision === undefined) throw new Error('no decision');
    ({ memory } = decided);
    if (decision.action === 'scale') {
      const outcome: ScaleOutcome = {
        kind: 'scale',
        target: decision.target,
        from: decision.current ?? 0,
        to: decision.desired ?? 0,
        status: status?.(tick) ?? (decision.mode === 'act' ? 'succeeded' : 'dryRun'),
        at: rfc3339(now),
      };
      memory = record(memory, [outcome], now);
    }
    course.push({ now, snapshot, decision, plan: decided.plan, memory });
    replicas = follows(tick, replicas, decision);
  }
  return course;
}

/** Loads as they come: calm, waves, jumps, falls. */
export const load = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: 0, max: 3000, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 100, 800, 850, 1500, 6000) },
);

/** A load, or one of the ways in which there is none. */
export const silences = ['NaN', '+Inf', '-Inf', null] as const;
