// What must make no difference: the order of things, one query for many or one each, a recording in between, and who rehearses.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecording, writeRecording } from '../../../src/collectors/recording.ts';
import type { Config, PodPolicy } from '../../../src/model/config.ts';
import type { Memory } from '../../../src/model/memory.ts';
import type { Plan } from '../../../src/model/plan.ts';
import type { PrometheusAnswer, Snapshot } from '../../../src/model/snapshot.ts';
import { instantOf, type QueryText } from '../../../src/model/units.ts';
import { decide } from '../../../src/policies/decide.ts';
import { memoryText, parseMemory } from '../../../src/state/memory-text.ts';
import { fillTemplate } from '../../../src/targets/template.ts';
import { aConfig, aDeployment, aPod, aPodPolicy, aSnapshot, answered, at, deepFreeze, noon } from '../../builders.ts';
import { load, series, simulate, steady, web } from './simulate.ts';

const numbersOf = ({ pods }: Plan) =>
  pods.map(({ target, current, desired, action, reason, until }) => ({
    target,
    current,
    desired,
    action,
    reason,
    until,
  }));

const quick = { scaleDown: { stabilizationWindow: '0s' } };
const rates = [
  { type: 'Pods', value: 3, period: '30s' },
  { type: 'Percent', value: 40, period: '1m' },
];
const input = (name: string) => ({ name, query: name, use: 'formula' });
const metrics = [
  { name: 'cpu', resource: 'cpu', target: { utilization: 60 } },
  { name: 'each', query: 'each', by: 'pod', target: { averageValue: 9 } },
  { name: 'a', query: 'a', target: { averageValue: 100 } },
  input('b'),
  { name: 'load', formula: 'b * 2 + a', target: { value: 500 } },
];

const shuffled = <Value>(given: readonly Value[], keys: readonly number[]): Value[] =>
  given
    .map((value, index) => ({ value, key: keys[index % keys.length] ?? 0, index }))
    .sort((one, other) => one.key - other.key || other.index - one.index)
    .map(({ value }) => value);
const shuffledAnswer = (answer: PrometheusAnswer, keys: readonly number[]): PrometheusAnswer =>
  answer.data?.resultType === 'vector'
    ? { ...answer, data: { resultType: 'vector', result: shuffled(answer.data.result, keys) } }
    : answer;
const keys = fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 7, maxLength: 7 });

describe('the order', () => {
  const given = fc.record({
    replicas: fc.integer({ min: 1, max: 25 }),
    usage: fc.array(fc.double({ min: 0, max: 0.3, noNaN: true }), { minLength: 25, maxLength: 25 }),
    pending: fc.integer({ min: 0, max: 3 }),
    a: load,
    b: load,
    keys,
  });

  it('of pods, series, metrics, rates and policies makes no difference', () => {
    fc.assert(
      fc.property(given, ({ replicas, usage, pending, a, b, keys: order }) => {
        const ready = web(replicas).build();
        const pods = [
          ...(ready.kubernetes.pods ?? []),
          ...Array.from({ length: pending }, (_, index) =>
            aPod(`web-new-${index}`).labelled({ app: 'web' }).requesting({ cpu: '100m' }).unschedulable().build(),
          ),
        ];
        const perPod = pods.flatMap(({ metadata: { name: pod } }, index) =>
          ['app', 'sidecar'].map(
            (container) => [{ namespace: 'shop', pod, container }, usage[index % usage.length] ?? 0] as const,
          ),
        );
        const snapshot: Snapshot = {
          ...ready,
          kubernetes: { ...ready.kubernetes, pods },
          prometheus: {
            queries: {
              'usage of cpu': series(...perPod),
              each: series(...perPod.map(([labels, value]) => [labels, value * 100] as const)),
              a: answered(a),
              b: answered(b),
            },
          },
        };
        const turned: Snapshot = {
          ...snapshot,
          kubernetes: { ...snapshot.kubernetes, pods: shuffled(pods, order) },
          prometheus: {
            queries: Object.fromEntries(
              Object.entries(snapshot.prometheus.queries ?? {}).map(([query, answer]) => [
                query,
                shuffledAnswer(answer, order),
              ]),
            ),
          },
        };
        const other = aPodPolicy('other');
        const behavior = { scaleUp: { policies: rates }, ...quick };
        const policy = aPodPolicy('web', { metrics, behavior });
        const back: PodPolicy = {
          ...policy,
          spec: {
            ...policy.spec,
            metrics: shuffled(policy.spec.metrics, order),
            behavior: {
              ...policy.spec.behavior,
              scaleUp: {
                ...policy.spec.behavior.scaleUp,
                policies: policy.spec.behavior.scaleUp.policies.toReversed(),
              },
            },
          },
        };
        const plan = (world: Snapshot, policies: PodPolicy[]) =>
          numbersOf(decide(world, aConfig(policies), steady(), noon).plan).filter(
            ({ target }) => target.name === 'web',
          );
        expect(plan(turned, [other, back])).toEqual(plan(snapshot, [policy, other]));
      }),
      { numRuns: 60 },
    );
  });
});

describe('one query for many', () => {
  const names = ['web', 'api', 'pay.v2'];
  const namespaces = ['shop', 'bank'];
  const text = 'sum(rate(http_requests_total{namespace="{{namespace}}",app="{{name}}"}[1m]))';
  const every = namespaces.flatMap((namespace) => names.map((name) => ({ namespace, name })));
  const objects = every.map(({ namespace, name }) => {
    const built = aDeployment(namespace, name).replicas(5).build();
    return { ...built, metadata: { ...built.metadata, labels: { tier: 'front' } } };
  });
  const metric = { name: 'requests', query: text, target: { averageValue: 100 } };
  const targets = { kind: 'Deployment', namespaces, selector: { matchLabels: { tier: 'front' } } };
  const templated = aConfig([aPodPolicy('all', { targets, metrics: [metric], behavior: quick })]);
  const [compiled] = templated.podPolicies;
  const source = compiled?.spec.metrics[0]?.source;
  const grouped = source?.kind === 'query' ? source.question.grouped : null;
  const written = 'sum by (ns, app) (rate(http_requests_total[1m]))';
  const split = aConfig([
    aPodPolicy('all', {
      targets,
      metrics: [{ ...metric, query: written, split: { ns: 'namespace', app: 'name' } }],
      behavior: quick,
    }),
  ]);

  it('gives the plan of single ones with the same numbers', () => {
    const values = fc.array(fc.oneof({ weight: 4, arbitrary: load }, fc.constantFrom('NaN', null)), {
      minLength: every.length,
      maxLength: every.length,
    });
    expect(grouped).not.toBeNull();
    fc.assert(
      fc.property(values, keys, (given, order) => {
        const world = () => aSnapshot().kubernetes({ deployments: objects, pods: [] });
        const rows = (namespaceLabel: string, nameLabel: string): PrometheusAnswer => {
          const known = every.flatMap(({ namespace, name }, index) => {
            const value = given[index] ?? null;
            return value === null ? [] : [[{ [namespaceLabel]: namespace, [nameLabel]: name }, value] as const];
          });
          return shuffledAnswer(series(...known), order);
        };
        let single = world();
        for (const [index, one] of every.entries())
          single = single.answering(fillTemplate(text as QueryText, one), answered(given[index] ?? null));
        const labels = Object.fromEntries(Object.entries(grouped?.split ?? {}).map(([label, part]) => [part, label]));
        const batched = world().answering(
          grouped?.query ?? '',
          rows(labels['namespace'] ?? 'namespace', labels['name'] ?? 'name'),
        );
        const bySplit = world().answering(written, rows('ns', 'app'));
        const numbers = (snapshot: ReturnType<typeof world>, config: Config) =>
          numbersOf(decide(snapshot.build(), config, steady(), noon).plan);
        const expected = numbers(single, templated);
        expect(expected).toHaveLength(every.length);
        expect(numbers(batched, templated)).toEqual(expected);
        expect(numbers(bySplit, split)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a recording', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'springtide-replay-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('replays to the same plan and memory, and nothing that was given is written to', async () => {
    const spec = {
      replicas: { min: 0, whenActive: 2, max: 40 },
      zero: { after: '1m' },
      metrics: [
        { name: 'a', query: 'a', target: { averageValue: 100 }, activation: 5 },
        input('b'),
        { name: 'load', formula: 'a + (b ?? last)', target: { averageValue: 120 } },
      ],
      behavior: { scaleDown: { stabilizationWindow: '30s' } },
      flapBudget: { changes: 2, per: '5m' },
      fallback: { after: '30s', replicas: 7 },
      schedule: [
        { name: 'sale', from: '2026-11-20T12:01:00Z', until: '2026-11-20T12:03:00Z', min: 6, readyBefore: '30s' },
      ],
    };
    const config = deepFreeze(aConfig([aPodPolicy('web', spec)]));
    const value = fc.option(load, { freq: 5 });
    const given = fc.record({
      as: fc.array(value, { minLength: 20, maxLength: 20 }),
      bs: fc.array(value, { minLength: 20, maxLength: 20 }),
      status: fc.array(fc.constantFrom('succeeded', 'succeeded', 'failed', 'refused'), { minLength: 5, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ as, bs, status }) => {
        const course = simulate({
          config,
          start: 4,
          ticks: as.length,
          world: (tick, replicas) =>
            deepFreeze(
              web(replicas)
                .answering('a', answered(as[tick] ?? null))
                .answering('b', answered(bs[tick] ?? null))
                .build(),
            ),
          memory: deepFreeze(steady()),
          status: (tick) => status[tick % status.length] ?? 'succeeded',
        });
        let memory: Memory = steady();
        for (const [tick, { snapshot, plan, memory: after }] of course.entries()) {
          // every fifth tick goes through a file, the others through the same text
          const file = path.join(directory, 'tick.json');
          if (tick % 5 === 0) await writeRecording(file, { snapshot, memory });
          const read = tick % 5 === 0 ? (await readRecording(file)).recording : { snapshot, memory };
          const world = JSON.parse(JSON.stringify(read.snapshot)) as Snapshot;
          const remembered = parseMemory(JSON.stringify(read.memory), 'tick.json');
          const again = decide(world, config, deepFreeze(remembered), instantOf(plan.time) ?? at(tick * 15));
          expect(again.plan).toEqual(plan);
          memory = parseMemory(memoryText(after), 'memory');
          expect(memory).toEqual(after);
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('a dry run', () => {
  it('decides the numbers that acting would, where the world follows somebody who does', () => {
    const given = fc.record({
      values: fc.array(fc.option(load, { freq: 9 }), { minLength: 20, maxLength: 50 }),
      down: fc.constantFrom('0s', '1m', '5m'),
      start: fc.integer({ min: 1, max: 50 }),
      flapBudget: fc.constantFrom(undefined, { changes: 1, per: '3m' }),
    });
    fc.assert(
      fc.property(given, ({ values, down, start, flapBudget }) => {
        const spec = {
          behavior: { scaleUp: { policies: rates }, scaleDown: { stabilizationWindow: down, policies: rates } },
          ...(flapBudget !== undefined && { flapBudget }),
        };
        const world = (tick: number, replicas: number) =>
          web(replicas)
            .answering('requests', answered(values[tick] ?? null))
            .build();
        const ticks = values.length;
        const acts = simulate({ config: aConfig([aPodPolicy('web', spec)]), start, ticks, world });
        const rehearsed = simulate({
          config: aConfig([aPodPolicy('web', { ...spec, mode: 'dryRun' })]),
          start,
          ticks,
          world,
          follows: (tick) => Number(acts[tick]?.decision.desired),
        });
        expect(rehearsed.map(({ plan }) => numbersOf(plan))).toEqual(acts.map(({ plan }) => numbersOf(plan)));
        expect(rehearsed.every(({ decision }) => decision.mode === 'dryRun')).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
