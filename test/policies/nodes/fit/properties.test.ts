// The engine against a second reading of the rules: same answers, nothing left over after an undo, no dependence on order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelSelector, Pod, PodAffinityTerm, PodSpec } from '../../../../src/model/kubernetes.ts';
import type { KubernetesFacts } from '../../../../src/model/snapshot.ts';
import { Simulation } from '../../../../src/policies/nodes/fit/simulation.ts';
import type { Room } from '../../../../src/policies/nodes/room.ts';
import { naivelyFits, type NaiveNode, type Resident } from './naive.ts';
import { aRoom, hostname, zone } from './rooms.ts';

const namespaces = { shop: { team: 'a' }, bank: { team: 'b' } };
const facts: KubernetesFacts = {
  namespaces: Object.entries(namespaces).map(([name, labels]) => ({ metadata: { name, labels } })),
};

const app = fc.constantFrom('a', 'b', 'c');
const key = fc.constantFrom(zone, hostname);
const selector: fc.Arbitrary<LabelSelector | undefined> = fc.oneof(
  { weight: 6, arbitrary: app.map((one) => ({ matchLabels: { app: one } })) },
  {
    weight: 2,
    arbitrary: app.map((one) => ({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: [one] }] })),
  },
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const term: fc.Arbitrary<PodAffinityTerm> = fc
  .record({
    topologyKey: key,
    labelSelector: selector,
    where: fc.constantFrom(
      {},
      {},
      { namespaces: ['bank'] },
      { namespaceSelector: {} },
      { namespaceSelector: { matchLabels: { team: 'b' } } },
    ),
  })
  .map(({ topologyKey, labelSelector, where }) => ({ topologyKey, ...(labelSelector && { labelSelector }), ...where }));
const some = <Kind>(one: fc.Arbitrary<Kind>, weight: number): fc.Arbitrary<Kind[]> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant([] as Kind[]) },
    { weight, arbitrary: fc.array(one, { minLength: 1, maxLength: 2 }) },
  );
const rules = (terms: readonly PodAffinityTerm[]) => ({ requiredDuringSchedulingIgnoredDuringExecution: terms });

const spec: fc.Arbitrary<PodSpec> = fc
  .record({
    cpu: fc.constantFrom(0, 500, 1500),
    gpu: fc.constantFrom(0, 0, 0, 1),
    port: fc.constantFrom(0, 0, 0, 80, 443),
    tolerates: fc.boolean(),
    disk: fc.constantFrom(undefined, undefined, 'ssd'),
    zones: fc.constantFrom(undefined, undefined, ['a'], ['a', 'b']),
    together: some(term, 2),
    apart: some(term, 3),
    spread: some(
      fc.record({
        topologyKey: key,
        maxSkew: fc.constantFrom(1, 2),
        labelSelector: selector,
        minDomains: fc.constantFrom(undefined, 2, 3),
        nodeAffinityPolicy: fc.constantFrom(undefined, 'Ignore'),
      }),
      4,
    ),
  })
  .map(({ cpu, gpu, port, tolerates, disk, zones, together, apart, spread }) => ({
    containers: [
      {
        name: 'main',
        resources: { requests: { cpu: `${cpu}m`, ...(gpu > 0 && { 'example.com/gpu': '1' }) } },
        ...(port > 0 && { ports: [{ hostPort: port, protocol: 'TCP' }] }),
      },
    ],
    ...(tolerates && { tolerations: [{ key: 'dedicated', operator: 'Exists' }] }),
    ...(disk !== undefined && { nodeSelector: { disk } }),
    affinity: {
      ...(zones !== undefined && {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'In', values: zones }] }],
          },
        },
      }),
      podAffinity: rules(together),
      podAntiAffinity: rules(apart),
    },
    topologySpreadConstraints: spread.map(({ labelSelector, minDomains, nodeAffinityPolicy, ...rest }) => ({
      ...rest,
      whenUnsatisfiable: 'DoNotSchedule',
      ...(labelSelector && { labelSelector }),
      ...(minDomains !== undefined && { minDomains }),
      ...(nodeAffinityPolicy !== undefined && { nodeAffinityPolicy }),
    })),
  }));
const resident: fc.Arbitrary<Resident> = fc
  .record({ namespace: fc.constantFrom('shop', 'shop', 'bank'), app, spec })
  .map(({ namespace, app: one, spec: own }) => ({ namespace, labels: { app: one }, spec: own }));
const rooms: fc.Arbitrary<readonly Room[]> = fc
  .array(
    fc.record({
      where: fc.constantFrom('a', 'b', 'c', undefined),
      disk: fc.constantFrom<Readonly<Record<string, string>>>({}, { disk: 'ssd' }),
      tainted: fc.boolean(),
      gpus: fc.constantFrom(0, 1),
      pods: fc.constantFrom(3000, 110_000),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((drafts) =>
    drafts.map(({ where, disk, tainted, gpus, pods }, index) =>
      aRoom(`n${index}`, {
        ...(where !== undefined && { zone: where }),
        labels: disk,
        taints: tainted ? [{ key: 'dedicated', effect: 'NoSchedule' }] : [],
        capacity: { pods, 'example.com/gpu': gpus * 1000 },
      }),
    ),
  );

const podOf = ({ namespace, labels, spec: own }: Resident, index: number): Pod => ({
  metadata: { name: `p${index}`, namespace, labels },
  spec: own,
});

interface Cluster {
  readonly rooms: readonly Room[];
  readonly placed: readonly { readonly pod: Resident; readonly on: number }[];
  readonly newcomers: readonly Resident[];
}
const cluster: fc.Arbitrary<Cluster> = fc.record({
  rooms,
  placed: fc.array(fc.record({ pod: resident, on: fc.nat(4) }), { maxLength: 8 }),
  newcomers: fc.array(resident, { minLength: 1, maxLength: 6 }),
});

function build({ rooms: all, placed }: Cluster): { simulation: Simulation; nodes: NaiveNode[] } {
  const simulation = new Simulation(facts);
  const nodes = all.map((room, index) => ({
    room,
    pods: placed.filter(({ on }) => on % all.length === index).map(({ pod }) => pod),
  }));
  for (const { room, pods } of nodes) simulation.addRoom(room, pods.map(podOf));
  return { simulation, nodes };
}

const answers = (simulation: Simulation, { newcomers, rooms: all }: Cluster): readonly string[] =>
  newcomers.flatMap((pod, index) => {
    const needs = simulation.needsOf(podOf(pod, index));
    return all
      .filter(({ name }) => simulation.has(name))
      .map(({ name }) => `${index} ${name} ${simulation.misfit(needs, name)?.rule ?? 'fits'}`);
  });

describe('the fit engine', () => {
  it('agrees with a second reading of the rules, while pods come, nodes leave and all is undone', () => {
    fc.assert(
      fc.property(cluster, fc.nat(4), (drawn, leaving) => {
        const { simulation, nodes } = build(drawn);
        let all: NaiveNode[] = nodes;
        const agree = (pod: Resident, index: number): string | null => {
          const needs = simulation.needsOf(podOf(pod, index));
          for (const node of all) {
            const fits = simulation.misfit(needs, node.room.name) === null;
            expect({ pod, on: node.room.name, fits }).toEqual({
              pod,
              on: node.room.name,
              fits: naivelyFits(pod, node, all, namespaces),
            });
          }
          const found = simulation.placeAnywhere(needs);
          expect(found).toBe(all.find((node) => naivelyFits(pod, node, all, namespaces))?.room.name ?? null);
          return found;
        };
        const start = simulation.checkpoint();
        drawn.newcomers.forEach((pod, index) => {
          if (index === 3) {
            const gone = `n${leaving % drawn.rooms.length}`;
            simulation.removeRoom(gone);
            all = all.filter(({ room }) => room.name !== gone);
          }
          const found = agree(pod, index);
          all = all.map((node) => (node.room.name === found ? { ...node, pods: [...node.pods, pod] } : node));
        });
        simulation.rollBack(start);
        expect(answers(simulation, drawn)).toEqual(answers(build(drawn).simulation, drawn));
        all = nodes;
        drawn.newcomers.slice(0, 1).forEach(agree);
      }),
      { numRuns: 120 },
    );
  });

  it('gives a single pod the same answer in whatever order pods and nodes were added, or came and left', () => {
    fc.assert(
      fc.property(cluster, (drawn) => {
        const one = build(drawn).simulation;
        const other = build({ ...drawn, placed: drawn.placed.toReversed() }).simulation;
        expect(answers(other, drawn)).toEqual(answers(one, drawn));
        const late = new Simulation(facts);
        for (const room of drawn.rooms) late.addRoom(room, []);
        answers(late, drawn);
        drawn.placed.forEach(({ pod, on }, index) => {
          late.take(late.needsOf(podOf(pod, index)), `n${on % drawn.rooms.length}`);
        });
        expect(answers(late, drawn)).toEqual(answers(one, drawn));
        drawn.placed.forEach(({ pod, on }, index) => {
          late.leave(late.needsOf(podOf(pod, index)), `n${on % drawn.rooms.length}`);
        });
        expect(answers(late, drawn)).toEqual(answers(build({ ...drawn, placed: [] }).simulation, drawn));
      }),
      { numRuns: 80 },
    );
  });

  it('places many as it would place one after the other', () => {
    fc.assert(
      fc.property(cluster, fc.integer({ min: 1, max: 12 }), (drawn, count) => {
        const [pod] = drawn.newcomers;
        if (pod === undefined) return;
        const many = build(drawn).simulation;
        const single = build(drawn).simulation;
        let placed = 0;
        while (placed < count && single.placeAnywhere(single.needsOf(podOf(pod, 0))) !== null) placed += 1;
        expect(many.placeMany(many.needsOf(podOf(pod, 0)), count)).toBe(placed);
      }),
      { numRuns: 80 },
    );
  });
});
