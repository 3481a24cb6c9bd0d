// Usage beside requests: who stays because it is busy, who may leave because it idles, and that what nobody knows lets nobody go.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../../src/model/kubernetes.ts';
import type { PrometheusAnswer, Snapshot } from '../../../src/model/snapshot.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { questionsOf } from '../../../src/targets/questions.ts';
import { aConfig, aNode, aNodePolicy, at, longAgo, noon, podsOf } from '../../builders.ts';
import { begins, group, pool, tick, unneeded, workers } from './worlds.ts';

const holds = { cpu: { query: 'cpu', holdAbove: 0.6 }, memory: { query: 'memory', holdAbove: 0.8 } };
const letGo = { requestsBelow: 0.8, cpuBelow: 0.2, memoryBelow: 0.4 };
const policyOf = (usage: object | undefined, shrink: object = {}) =>
  aNodePolicy({
    nodeGroups: [{ name: group, min: 0, max: 20 }],
    shrink: { atOnce: { empty: 20, drained: 20 }, ...(usage === undefined ? {} : { usage }), ...shrink },
  });

type Shares = Readonly<Record<string, number | string>>;
const byLabel = (shares: Shares, label = 'node'): PrometheusAnswer => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: Object.entries(shares).map(([node, value]) => ({
      metric: { [label]: node },
      value: [noon / 1000, String(value)],
    })),
  },
});

interface World {
  readonly pods: readonly Pod[];
  readonly cpu?: Shares | PrometheusAnswer | null;
  readonly memory?: Shares;
  readonly nodes?: readonly Node[];
  readonly label?: string;
}

const isAnswer = (one: object): one is PrometheusAnswer => 'status' in one;
function world(count: number, { pods, cpu = {}, memory, nodes = workers(count), label }: World): Snapshot {
  const built = pool(count, nodes).pods(...pods);
  if (cpu !== null) built.answering('cpu', isAnswer(cpu) ? cpu : byLabel(cpu, label));
  const calm = Object.fromEntries(nodes.map(({ metadata }) => [metadata.name, 0.1]));
  return built.answering('memory', byLabel(memory ?? calm)).build();
}

const whyKept = (decision: { kept: readonly { node: string; reason: string; by: string | null }[] }, node: string) => {
  const kept = decision.kept.find((one) => one.node === node);
  return kept === undefined ? null : [kept.reason, kept.by];
};

/** w-1 is full of requests, w-2 has little. */
const small = [...podsOf('web', { 'w-1': 3 }, { cpu: '1' }), ...podsOf('api', { 'w-2': 1 }, { cpu: '500m' })];

describe('a node of which little is requested', () => {
  it.each<[string, Omit<World, 'pods'>, readonly [string, string] | null]>([
    ['leaves where it uses little as well', { cpu: { 'w-2': 0.6 } }, null],
    ['stays where it is busy', { cpu: { 'w-2': 0.61 } }, ['UsageTooHigh', 'cpu 61 % > 60 %']],
    ['stays for its memory', { cpu: { 'w-2': 0 }, memory: { 'w-2': 0.9 } }, ['UsageTooHigh', 'memory 90 % > 80 %']],
    ['stays without a series', { cpu: { 'w-1': 0 } }, ['UsageUnknown', 'cpu: no series with node="w-2"']],
    ['stays with a NaN', { cpu: { 'w-2': 'NaN' } }, ['UsageUnknown', 'cpu: NaN is no share']],
    ['stays with an infinite one', { cpu: { 'w-2': '+Inf' } }, ['UsageUnknown', 'cpu: +Inf is no share']],
    ['stays with less than nothing', { cpu: { 'w-2': -1 } }, ['UsageUnknown', 'cpu: -1 is no share']],
    ['stays where nobody has asked', { cpu: null }, ['UsageUnknown', 'cpu: Prometheus was not asked']],
    [
      'stays by half an answer',
      { cpu: { ...byLabel({ 'w-2': 0 }), warnings: ['one store is away'] } },
      ['UsageUnknown', 'cpu: a partial answer: one store is away'],
    ],
    [
      'is told busy before it is told unknown',
      { cpu: null, memory: { 'w-2': 0.81 } },
      ['UsageTooHigh', 'memory 81 % > 80 %'],
    ],
    ['is known by its address and the port of an exporter', { cpu: { '10.0.0.2:9100': 0.1 } }, null],
  ])('%s', (_, given, why) => {
    const { decision, memory } = tick(world(2, { pods: small, ...given }), {
      policy: policyOf(holds),
      memory: unneeded(2),
    });
    expect(whyKept(decision, 'w-2')).toEqual(why);
    expect(begins(decision)).toEqual(why === null ? ['w-2'] : []);
    // As with requests: who is needed meanwhile begins its time anew.
    expect(memory.nodes['w-2']?.unneededSince ?? null).toBe(why === null ? at(-3600) : null);
  });

  it('is known by an address of IPv6, and by a label of another name', () => {
    const nodes = workers(2).map((node) => ({
      ...node,
      status: { ...node.status, addresses: [{ type: 'InternalIP', address: `fd00::${node.metadata.name.slice(2)}` }] },
    }));
    const { decision } = tick(
      world(2, { pods: small, nodes, cpu: byLabel({ '[fd00::2]:9100': 0.1, '[fd00::1]:9100': 0.9 }, 'instance') }),
      { policy: policyOf({ cpu: holds.cpu, label: 'instance' }), memory: unneeded(2) },
    );
    expect(begins(decision)).toEqual(['w-2']);
  });

  it('stays where two series speak for it', () => {
    const { decision } = tick(world(2, { pods: small, cpu: { '10.0.0.2:9100': 0.1, '10.0.0.2': 0.1 } }), {
      policy: policyOf(holds),
      memory: unneeded(2),
    });
    expect(whyKept(decision, 'w-2')).toEqual(['UsageUnknown', 'cpu: 2 series for one node']);
  });

  const [age = ''] = policyOf(holds).spec.shrink.usage?.cpu?.ages ?? [];
  it.each<[string, PrometheusAnswer, string | null]>([
    ['fresh', byLabel({ 'w-2': 119, 'w-1': 900 }), null],
    ['old', byLabel({ 'w-2': 121 }), 'cpu: its samples are older than 120 s'],
    ['of no known age', byLabel({ 'w-1': 1 }), 'cpu: the age of its samples is unknown'],
    ['of the age of all, and fresh', byLabel({ '': 1 }, 'job'), null],
    ['of the age of all, and old', byLabel({ '': 121 }, 'job'), 'cpu: its samples are older than 120 s'],
  ])('is judged by samples that are %s', (_, ages, by) => {
    const snapshot = world(2, { pods: small, cpu: { 'w-2': 0.1 } });
    const queries = { ...snapshot.prometheus.queries, [age]: ages };
    const { decision } = tick(
      { ...snapshot, prometheus: { queries } },
      { policy: policyOf(holds), memory: unneeded(2) },
    );
    expect(whyKept(decision, 'w-2')).toEqual(by === null ? null : ['UsageUnknown', by]);
  });

  it('is asked about in one query for all nodes, shared by policies, with its age', () => {
    const policies = [policyOf(holds), policyOf({ cpu: holds.cpu })];
    expect(questionsOf(aConfig([], policies), [])).toEqual([
      'cpu',
      'time() - max by (node) (timestamp(cpu))',
      'memory',
      'time() - max by (node) (timestamp(memory))',
    ]);
    const [usual] = questionsOf(aConfig([], [policyOf({ cpu: { holdAbove: 0.5 }, label: 'instance' })]), []);
    expect(usual).toContain('sum by (instance) (machine_cpu_cores)');
  });

  it('of unknown use is told after ten minutes', () => {
    const given = { policy: policyOf(holds), memory: unneeded(2) };
    const first = tick(world(2, { pods: small, cpu: { 'w-1': 0 } }), given);
    const later = (seconds: number) =>
      tick(world(2, { pods: small, cpu: { 'w-1': 0 } }), { ...given, memory: first.memory, now: at(seconds) }).plan;
    const names = (seconds: number) => later(seconds).alerts.map(({ labels }) => labels['alertname']);
    expect(names(599)).not.toContain('SpringtideUsageUnknown');
    expect(names(601)).toContain('SpringtideUsageUnknown');
    const texts = later(601).alerts.flatMap(({ annotations }) => Object.values(annotations));
    expect(texts.join(' ')).toContain('of w-2 for example: cpu: no series with node="w-2"');
    expect(texts.join(' ')).not.toMatch(/\{\w+\}/);
  });

  it('that does not answer is judged without its use', () => {
    const nodes = [aNode('w-1').build(), aNode('w-2').notReady(longAgo).build()];
    const { decision, memory } = tick(world(2, { pods: small, nodes, cpu: null }), {
      policy: policyOf(holds, { unready: { after: '20m', action: 'remove' } }),
      memory: unneeded(2),
    });
    expect(whyKept(decision, 'w-2')?.[0]).toBe('RecentGrowth');
    expect(memory.nodes['w-2']?.unneededSince).toBe(at(-3600));
  });

  it('leaves in a replay of what was recorded as it did then', () => {
    const snapshot = world(2, { pods: small, cpu: { 'w-2': 0.3, 'w-1': 0.9 } });
    const given = { policy: policyOf({ ...holds, letGo }), memory: unneeded(2) };
    const replayed = tick(JSON.parse(JSON.stringify(snapshot)) as Snapshot, given);
    expect(replayed).toEqual(tick(snapshot, given));
  });
});

describe('a node of which much is requested', () => {
  /** Three nodes of 4 cores: w-1 asks for 2.4, the others for one each. */
  const pods = [
    ...podsOf('web', { 'w-1': 2 }, { cpu: '1200m' }),
    ...podsOf('api', { 'w-2': 1, 'w-3': 1 }, { cpu: '1' }),
  ];
  const calm = { 'w-1': 0.1, 'w-2': 0.3, 'w-3': 0.3 };
  const only = { utilizationBelow: 0.2 };
  const judged = (cpu: Shares, usage: object = { ...holds, letGo }, memory = unneeded(3)) =>
    tick(world(3, { pods, cpu }), { policy: policyOf(usage, only), memory }).decision;

  it('leaves where it idles and the policy says so', () => {
    expect(begins(judged(calm))).toContain('w-1');
    expect(whyKept(judged(calm, holds), 'w-1')).toEqual(['NotUnderutilized', '60 % > 20 %']);
    expect(whyKept(judged(calm, { ...holds, letGo: { ...letGo, requestsBelow: 0.5 } }), 'w-1')?.[0]).toBe(
      'NotUnderutilized',
    );
  });

  it.each<[string, Shares, string]>([
    ['where it uses more than little', { ...calm, 'w-1': 0.21 }, 'NotUnderutilized'],
    ['where nobody knows what it uses', { 'w-2': 0.3, 'w-3': 0.3 }, 'UsageUnknown'],
    ['where the others would become busy', { 'w-1': 0.2, 'w-2': 0.41, 'w-3': 0.41 }, 'UsageNoRoom'],
    ['where nobody knows what the others use', { 'w-1': 0.1 }, 'UsageNoRoom'],
  ])('stays %s', (_, cpu, reason) => {
    const decision = judged(cpu);
    expect(whyKept(decision, 'w-1')?.[0]).toBe(reason);
    expect(begins(decision)).not.toContain('w-1');
  });

  it('gives its pods to the one that stays calm, although another has room first', () => {
    const decision = judged({ 'w-1': 0.2, 'w-2': 0.59, 'w-3': 0.3 });
    expect(begins(decision)).toContain('w-1');
  });

  it('does not pack what idles onto one node together', () => {
    // Each of the first two would leave the third at 60 %; both together at 80 %.
    const crowd = podsOf('web', { 'w-1': 1, 'w-2': 1, 'w-3': 1 }, { cpu: '1200m' });
    const { decision } = tick(world(3, { pods: crowd, cpu: { 'w-1': 0.2, 'w-2': 0.2, 'w-3': 0.4 } }), {
      policy: policyOf({ ...holds, letGo }, { utilizationBelow: 0.2 }),
      memory: unneeded(3),
    });
    expect(begins(decision)).toEqual(['w-1']);
    expect(whyKept(decision, 'w-2')?.[0]).toBe('UsageNoRoom');
  });

  it('waits until the last removal shows in what the others use, and keeps its time', () => {
    const after = judged(calm, { ...holds, letGo }, unneeded(3, { lastShrink: at(-599) }));
    expect(after.kept.find(({ node }) => node === 'w-1')).toEqual({
      node: 'w-1',
      reason: 'UsageSettling',
      by: null,
      since: rfc3339(at(-3600)),
      until: rfc3339(at(1)),
    });
    expect(begins(judged(calm, { ...holds, letGo }, unneeded(3, { lastShrink: at(-600) })))).toContain('w-1');
    const nodes = [
      ...workers(3),
      aNode('w-4')
        .leaving({ startedAt: at(-1) })
        .build(),
    ];
    const cpu = { ...calm, 'w-4': 0.1 };
    const { decision } = tick(world(4, { pods, nodes, cpu }), {
      policy: policyOf({ ...holds, letGo }, only),
      memory: unneeded(3),
    });
    expect(whyKept(decision, 'w-1')).toEqual(['UsageSettling', 'w-4']);
  });

  it('stays for an extended resource, of which its cpu says nothing', () => {
    const gpu = { cpu: '4', memory: '16Gi', pods: 110, 'nvidia.com/gpu': '4' };
    const nodes = [aNode('w-1').withRoom(gpu).build(), ...workers(3).slice(1)];
    const trained = podsOf('web', { 'w-1': 1 }, { cpu: '100m', 'nvidia.com/gpu': '3' });
    const { decision } = tick(world(3, { pods: trained, nodes, cpu: calm }), {
      policy: policyOf({ ...holds, letGo }),
      memory: unneeded(3),
    });
    expect(whyKept(decision, 'w-1')).toEqual(['NotUnderutilized', '75 % > 50 %']);
  });
});

describe('whatever nodes use', () => {
  const names = ['w-1', 'w-2', 'w-3', 'w-4', 'w-5'];
  const share = fc.oneof(
    { weight: 4, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom('NaN', '+Inf', 'x', -1, null) },
  );
  const shares = fc.array(share, { minLength: names.length, maxLength: names.length });
  const cluster = fc.record({
    cpu: shares,
    memory: shares,
    requested: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: names.length, maxLength: names.length }),
  });
  const told = (given: readonly (number | string | null)[]): Shares =>
    Object.fromEntries(given.flatMap((value, index) => (value === null ? [] : [[names[index] ?? '', value] as const])));
  const isKnown = (value: number | string | null | undefined): value is number =>
    typeof value === 'number' && value >= 0;

  it('who leaves is known to be calm, could leave by its requests, and makes nobody busy whom it was let go to', () => {
    fc.assert(
      fc.property(cluster, fc.boolean(), ({ cpu, memory, requested }, mayGo) => {
        const pods = podsOf('web', Object.fromEntries(names.map((name, index) => [name, requested[index] ?? 0])), {
          cpu: '1',
        });
        const spare = aNode('w-9').withRoom({ cpu: '64', memory: '256Gi', pods: 500 }).annotated({
          'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true',
        });
        const snapshot = world(6, {
          pods,
          nodes: [...workers(5), spare.build()],
          cpu: { ...told(cpu), 'w-9': 0 },
          memory: { ...told(memory), 'w-9': 0 },
        });
        const usage = { ...holds, ...(mayGo ? { letGo } : {}) };
        const before = unneeded(9);
        const out = begins(tick(snapshot, { policy: policyOf(usage), memory: before }).decision);
        const without = begins(tick(snapshot, { policy: policyOf(undefined), memory: before }).decision);
        for (const name of out) {
          const index = names.indexOf(name);
          expect([isKnown(cpu[index]), isKnown(memory[index])]).toEqual([true, true]);
          expect(Number(cpu[index])).toBeLessThanOrEqual(0.6);
          expect(Number(memory[index])).toBeLessThanOrEqual(0.8);
        }
        // There is room for all: what use holds makes no place for others.
        if (!mayGo) expect(without).toEqual(expect.arrayContaining(out));
        for (const name of out.filter((one) => !without.includes(one))) {
          expect(Number(cpu[names.indexOf(name)])).toBeLessThanOrEqual(0.2);
          expect(Number(memory[names.indexOf(name)])).toBeLessThanOrEqual(0.4);
        }
      }),
      { numRuns: 40 },
    );
  });
});
