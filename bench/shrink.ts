// The way down over 5,000 nodes and 150,000 pods: what the node tier takes in the first tick and in those that follow, and its longest breath.
import { emptyMemory, type Memory } from '../dist/model/memory.js';
import type { Instant } from '../dist/model/units.js';
import { decideNodes, type NodeTier } from '../dist/policies/nodes/decide-nodes.js';
import { Proposals } from '../dist/policies/proposals.js';
import { configOf, start } from './nodes-world.ts';
import { collectGarbage, timeOf } from './pods-look.ts';
import { percentile, type Figure, type Report } from './report.ts';
import { churn, makeWorld, snapshotOf } from './shrink-world.ts';

const bars = { cold: 1_000, warm: 100, block: 100 };
const nodeCount = 5_000;
const podCount = 150_000;
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

export async function shrink(): Promise<Report> {
  const config = await configOf(() => 'min: 1, max: 1000', '  shrink: {unneededFor: 10m, systemPodAge: 1h}\n');
  const world = makeWorld(nodeCount, podCount);
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
  const kept = new Map<string, number>();
  for (const { reason } of later.at(-1)?.tier.decisions.flatMap((decision) => decision.kept) ?? [])
    kept.set(reason, (kept.get(reason) ?? 0) + 1);
  const figures: Figure[] = [
    { name: 'nodes', value: nodeCount, unit: '' },
    { name: 'pods', value: podCount, unit: '' },
    { name: 'node tier, first tick', value: cold?.took ?? Number.NaN, unit: 'ms', bar: bars.cold },
    { name: 'node tier, later ticks, p50', value: percentile(times, 0.5), unit: 'ms', bar: bars.warm },
    { name: 'node tier, later ticks, most', value: Math.max(...times), unit: 'ms' },
    { name: 'longest breath, first tick', value: cold?.longest ?? Number.NaN, unit: 'ms', bar: bars.block },
    {
      name: 'longest breath, later ticks',
      value: Math.max(...later.map(({ longest }) => longest)),
      unit: 'ms',
      bar: bars.block,
    },
    ...[...kept].sort().map(([reason, value]): Figure => ({ name: `kept: ${reason}`, value, unit: '' })),
  ];
  return { bench: 'shrink', node: process.versions.node, figures };
}
