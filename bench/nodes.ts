// The way up: how many nodes pods without a place need, over the inputs of cluster-autoscaler's and Karpenter's own benchmarks.
import type { Config } from '../dist/model/config.js';
import type { Pod } from '../dist/model/kubernetes.js';
import { emptyMemory } from '../dist/model/memory.js';
import type { Snapshot } from '../dist/model/snapshot.js';
import { decideNodes, type NodeTier } from '../dist/policies/nodes/decide-nodes.js';
import { pack, Simulation, type Demanded } from '../dist/policies/nodes/fit/simulation.js';
import { Proposals } from '../dist/policies/proposals.js';
import { diverse, twoKinds } from './nodes-pods.ts';
import { configOf, groupCount, snapshotWith, start, zones } from './nodes-world.ts';
import { collectGarbage, timeOf } from './pods-look.ts';
import type { Figure, Report } from './report.ts';

const pods = 20_000;
const seed = 42;
const mebi = 2 ** 20;

/** The answer that cluster-autoscaler's own test expects of its input. */
const answer = 2_595;

function clusterAutoscalers(): readonly Figure[] {
  const waiting = twoKinds();
  // what making them has left is not the answer's
  collectGarbage();
  const before = process.cpuUsage();
  const simulation = new Simulation({});
  const alike = new Map<Demanded['needs'], number>();
  for (const pod of waiting) {
    const needs = simulation.needsOf(pod);
    alike.set(needs, (alike.get(needs) ?? 0) + 1);
  }
  const capacity = { cpu: 1000, memory: 5000 * mebi * 1000, pods: 100_000 };
  const shape = { room: { name: 'new', labels: {}, taints: [], capacity, free: capacity }, daemons: [] };
  const demands = [...alike].map(([needs, count]) => ({ needs, pods: count }));
  const { rooms } = pack(simulation, demands, shape, Infinity);
  const { user, system } = process.cpuUsage(before);
  return [
    { name: 'cluster-autoscaler’s input: nodes', value: rooms.length, unit: '', bar: answer },
    { name: 'cluster-autoscaler’s input: CPU', value: (user + system) / 1e6, unit: 's', bar: 0.3 },
  ];
}

const draws = 50;
const podsADraw = 500;

/** Karpenter's sizes without its rules, on nodes of 8 cores and 32 GiB: how many more than the sums need at least, in percent. */
function meanExcess(): number {
  const capacity = { cpu: 8000, memory: 32 * 1024 * mebi * 1000, pods: 110_000 };
  const room = { name: 'new', labels: {}, taints: [], capacity, free: capacity };
  const excess = Array.from({ length: draws }, (_, draw) => {
    const simulation = new Simulation({});
    const demands = diverse(podsADraw, seed + draw).map(({ spec }) => ({
      needs: simulation.needsOf({ metadata: {}, spec: { containers: spec?.containers ?? [] } }),
      pods: 1,
    }));
    const { rooms } = pack(simulation, demands, { room, daemons: [] }, Infinity);
    const least = (name: 'cpu' | 'memory'): number =>
      Math.ceil(demands.reduce((sum, { needs }) => sum + (needs.requests[name] ?? 0), 0) / capacity[name]);
    return rooms.length / Math.max(least('cpu'), least('memory')) - 1;
  });
  return (100 * excess.reduce((sum, one) => sum + one, 0)) / draws;
}

/** Each group a size of its own, as Karpenter's instance types grow: so many cores, twice as many GiB, ten pods a core. */
const sized = (index: number): string =>
  `min: 0, max: 20000, shape: {cpu: ${index + 1}, memory: ${(index + 1) * 2}Gi, pods: ${(index + 1) * 10}, labels: {topology.kubernetes.io/zone: ${zones[index % 3] ?? ''}}}`;

const snapshotOf = (waiting: readonly Pod[]): Snapshot =>
  snapshotWith(
    { pods: waiting },
    (index) => ({
      node_count: 0,
      min_node_count: 0,
      max_node_count: null,
      status: 'CREATE_COMPLETE',
      flavor_id: `size-${index + 1}`,
    }),
    start,
  );

interface Decided {
  readonly tier: NodeTier;
  readonly took: number;
  readonly longest: number;
}

function decided(config: Config, snapshot: Snapshot): Decided {
  const nobody = new Proposals(undefined, undefined, start);
  const steps = decideNodes(snapshot, config, emptyMemory(), [], start, start, nobody);
  for (let [took, longest] = [0, 0]; ;) {
    const { answer: next, took: breath } = timeOf(() => steps.next());
    [took, longest] = [took + breath, Math.max(longest, breath)];
    if (next.done === true) return { tier: next.value, took, longest };
  }
}

export async function nodes(): Promise<Report> {
  const figures: Figure[] = [
    ...clusterAutoscalers(),
    { name: 'mixed pods: mean excess over the least, in percent', value: meanExcess(), unit: '' },
  ];
  const config = await configOf(sized);
  const snapshot = snapshotOf(diverse(pods, seed));
  const runs = Array.from({ length: 3 }, () => decided(config, snapshot));
  const times = runs.map(({ took }) => took).sort((one, other) => one - other);
  const { tier } = runs[0] ?? decided(config, snapshot);
  const ordered = tier.decisions.reduce((sum, { current, desired }) => sum + ((desired ?? 0) - (current ?? 0)), 0);
  figures.push(
    { name: 'Karpenter’s mix: pods', value: pods, unit: '' },
    { name: 'Karpenter’s mix: groups', value: groupCount, unit: '' },
    { name: 'Karpenter’s mix: nodes ordered', value: ordered, unit: '' },
    { name: 'Karpenter’s mix: first decision', value: runs[0]?.took ?? Number.NaN, unit: 'ms' },
    { name: 'Karpenter’s mix: median of three', value: times[1] ?? Number.NaN, unit: 'ms' },
    {
      name: 'Karpenter’s mix: pods a second',
      value: (1000 * pods) / (times[1] ?? Number.NaN),
      unit: '',
      least: 20_000,
    },
    {
      name: 'Karpenter’s mix: longest breath',
      value: Math.max(...runs.map(({ longest }) => longest)),
      unit: 'ms',
      bar: 100,
    },
  );
  return { bench: 'nodes', node: process.versions.node, figures };
}
