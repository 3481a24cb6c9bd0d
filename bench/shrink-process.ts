// One run of the way down in a process of its own, whose first tick finds nothing compiled and nothing known.
import { emptyMemory, type Memory } from '../dist/model/memory.js';
import type { Instant } from '../dist/model/units.js';
import { decideNodes, type NodeTier } from '../dist/policies/nodes/decide-nodes.js';
import { Proposals } from '../dist/policies/proposals.js';
import { configOf, start } from './nodes-world.ts';
import { collectGarbage, timeOf } from './pods-look.ts';
import { percentile } from './report.ts';
import { asRead } from './shrink-read.ts';
import { churn, makeWorld, size, snapshotOf } from './shrink-world.ts';

/** `read`: as the client has them; `strangers`: they share nothing with their siblings and stand in no order. */
export type Pods = 'read' | 'strangers';

export interface ShrinkRun {
  readonly cold: number;
  readonly warm: number;
  readonly warmMost: number;
  readonly coldBreath: number;
  readonly warmBreath: number;
  /** why nodes stay in the last tick, and how many of them */
  readonly kept: Readonly<Record<string, number>>;
}

const warm = 3;
const measured = 20;
const interval = 15_000;

interface Timed {
  readonly tier: NodeTier;
  readonly took: number;
  readonly longest: number;
}

function timed(course: Generator<undefined, NodeTier>): Timed {
  let [took, longest] = [0, 0];
  for (;;) {
    const { answer: next, took: breath } = timeOf(() => course.next());
    took += breath;
    longest = Math.max(longest, breath);
    if (next.done === true) return { tier: next.value, took, longest };
  }
}

async function run(pods: Pods): Promise<ShrinkRun> {
  const config = await configOf(() => 'min: 1, max: 1000', '  shrink: {unneededFor: 10m, systemPodAge: 1h}\n');
  const made = makeWorld(size.nodes, size.pods);
  const world = pods === 'read' ? { ...made, pods: asRead(made.pods) } : made;
  let memory: Memory = {
    ...emptyMemory(),
    lastTick: (start - interval) as Instant,
    steadySince: (start - 3_600_000) as Instant,
  };
  const ticks: Timed[] = [];
  for (let tick = 0; tick < 1 + warm + measured; tick++) {
    if (tick > 0) churn(world, tick, 0.002);
    const now = (start + tick * interval) as Instant;
    const snapshot = snapshotOf(world, now);
    collectGarbage({ type: 'minor' });
    const one = timed(
      decideNodes(
        snapshot,
        config,
        memory,
        [],
        memory.steadySince ?? now,
        now,
        new Proposals(undefined, undefined, now),
      ),
    );
    ticks.push(one);
    memory = { ...memory, lastTick: now, groups: one.tier.groups, nodes: one.tier.nodes };
  }
  const [cold, ...rest] = ticks;
  const later = rest.slice(warm);
  const times = later.map(({ took }) => took);
  const kept: Record<string, number> = {};
  for (const { reason } of later.at(-1)?.tier.decisions.flatMap((decision) => decision.kept) ?? [])
    kept[reason] = (kept[reason] ?? 0) + 1;
  return {
    cold: cold?.took ?? Number.NaN,
    warm: percentile(times, 0.5),
    warmMost: Math.max(...times),
    coldBreath: cold?.longest ?? Number.NaN,
    warmBreath: Math.max(...later.map(({ longest }) => longest)),
    kept,
  };
}

process.once('message', (pods: Pods) => {
  void run(pods).then((answer) => process.send?.(answer, () => process.disconnect()));
});
