// Numbers at the edge of what Kubernetes can write, requests of nothing, and a fallback over time: no overflow, no NaN.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyTargetMemory, type Memory, type TargetMemory } from '../../../src/model/memory.ts';
import { answered, aPod, at, podsOf } from '../../builders.ts';
import { series } from '../properties/simulate.ts';
import { decideOne, key, run, steady, world } from './shop.ts';

const quick = { behavior: { scaleDown: { stabilizationWindow: '0s' } } };
const known = (target: Partial<TargetMemory> = {}): Memory => ({
  ...steady(),
  targets: { [key]: { ...emptyTargetMemory, firstSeen: at(-86_400), ...target } },
});
const largest = '9223372036854775807';

describe('numbers at the edge', () => {
  const amounts = ['1n', '1', '100', '1Ei', largest];
  const values = ['0', '5e-324', '1', largest, '9007199254740993', '1e308', '-1e308', '-1'];
  const targets = ['averageValue', 'value'] as const;
  const all = targets.flatMap((kind) => amounts.flatMap((amount) => values.map((value) => ({ kind, amount, value }))));

  it.each(all)('$value against $kind $amount is a whole number within the bounds', ({ kind, amount, value }) => {
    const metrics = [{ name: 'm', query: 'm', target: { [kind]: amount } }];
    const policy = { ...quick, metrics, replicas: { min: 1, max: 2_147_483_647 } };
    const { desired } = decideOne(world(4).answering('m', answered(value)).build(), policy, known()).decision;
    expect(Number.isInteger(desired)).toBe(true);
    expect(desired).toBeGreaterThanOrEqual(1);
    // the rates of one step: 4 pods or twofold
    expect(desired).toBeLessThanOrEqual(8);
  });

  it('saturates at what a replica count can be', () => {
    const behavior = { scaleUp: { policies: [{ type: 'Pods', value: 2_147_483_647, period: '15s' }] } };
    const policy = { behavior, replicas: { min: 1, max: 2_147_483_647 } };
    const { decision } = decideOne(world(4).answering('requests', answered('1e308')).build(), policy, known());
    expect(decision).toMatchObject({ desired: 2_147_483_647, metrics: [{ proposal: 2_147_483_647 }] });
  });

  it('of usage and requests stay whole', () => {
    const usage = fc.constantFrom(0, 1e-9, 0.1, 1.1, 9007199254740993, 1e300);
    const request = fc.constantFrom('1n', '100m', '1', '1Ei', largest);
    const metrics = [{ name: 'cpu', resource: 'cpu', target: { utilization: 60 } }];
    fc.assert(
      fc.property(usage, usage, request, request, (one, other, small, large) => {
        const pods = [small, large].map((cpu, index) =>
          aPod(`web-${index + 1}`)
            .labelled({ app: 'web' })
            .requesting({ cpu })
            .ready(),
        );
        const answer = series([{ namespace: 'shop', pod: 'web-1' }, one], [{ namespace: 'shop', pod: 'web-2' }, other]);
        const snapshot = world(2)
          .pods(...pods)
          .answering('usage of cpu', answer)
          .build();
        const { desired } = decideOne(snapshot, { ...quick, metrics }, known()).decision;
        expect(Number.isInteger(desired)).toBe(true);
        expect(desired).toBeGreaterThanOrEqual(1);
        expect(desired).toBeLessThanOrEqual(6);
      }),
      { numRuns: 60 },
    );
  });

  it('a tenth and its multiples are exact', () => {
    const metrics = [{ name: 'cpu', resource: 'cpu', target: { averageValue: '1100m' } }];
    const answer = series(...[1, 2, 3].map((index) => [{ namespace: 'shop', pod: `web-${index}` }, 1.1] as const));
    const { decision } = decideOne(world(3).answering('usage of cpu', answer).build(), { metrics });
    expect(decision).toMatchObject({ desired: 3, metrics: [{ value: 1.1 }] });
  });

  it('a request of nothing is a mistake, whatever is used', () => {
    const metrics = [{ name: 'cpu', resource: 'cpu', target: { utilization: 60 } }];
    for (const used of [0, 0.5]) {
      const answer = series(...[1, 2].map((index) => [{ namespace: 'shop', pod: `web-${index}` }, used] as const));
      const snapshot = world(2)
        .pods(...podsOf('web', { 'n-1': 2 }, { cpu: '0' }))
        .answering('usage of cpu', answer);
      expect(decideOne(snapshot.build(), { ...quick, metrics }, known()).decision).toMatchObject({
        reason: 'MetricUnknown',
        desired: 2,
        metrics: [{ state: 'failed' }],
      });
    }
  });
});

describe('a fallback', () => {
  const policy = (behavior: string | undefined, unknown: unknown = 'hold') => ({
    behavior: { scaleDown: { stabilizationWindow: '0s' } },
    fallback: { after: '1m', replicas: 6, ...(behavior !== undefined && { behavior }) },
    metrics: [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, unknown }],
  });
  const blind = Array<null>(8).fill(null);

  it.each([
    [undefined, 4, 6],
    [undefined, 9, 9],
    ['static', 4, 6],
    ['static', 9, 6],
    ['currentReplicas', 4, 4],
    ['currentReplicas', 9, 9],
    ['currentReplicasIfHigher', 9, 9],
    ['currentReplicasIfLower', 4, 4],
    ['currentReplicasIfLower', 9, 6],
  ])('%s from %i stands in after its time: %i', (behavior, start, stands) => {
    const { desired, decisions } = run(blind, start, policy(behavior), known());
    expect(desired).toEqual([...Array<number>(4).fill(start), ...Array<number>(4).fill(stands)]);
    expect(decisions[3]).toMatchObject({ reason: 'MetricUnknown', action: 'hold' });
    expect(decisions[4]).toMatchObject({ reason: 'FallbackReplicas', metrics: [{ standIn: 'fallback' }] });
    if (stands !== start) expect(decisions[4]?.steps[0]).toMatchObject({ step: 'fallback', to: stands });
  });

  it('stands in at once where the metric says so', () => {
    expect(run(blind, 4, policy(undefined, 'fallback'), known()).desired[0]).toBe(6);
  });

  it('counts anew after every good answer', () => {
    const values = [null, null, null, 400, null, null, null, null, null];
    const { desired } = run(values, 4, policy(undefined), known());
    expect(desired).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 6]);
  });

  it('is never more than max, and moves at the rates', () => {
    const { desired } = run(blind, 2, { ...policy('static'), replicas: { min: 1, max: 5 } }, known());
    expect(desired.slice(4)).toEqual([5, 5, 5, 5]);
  });

  it('takes part in the largest proposal where another metric is known', () => {
    const two = {
      ...policy('static'),
      metrics: [
        { name: 'requests', query: 'requests', target: { averageValue: 100 } },
        { name: 'queue', query: 'queue', target: { averageValue: 10 } },
      ],
    };
    const also = (value: number) => (same: ReturnType<typeof world>) => same.answering('queue', value);
    expect(run(blind, 4, two, known(), also(80)).desired.slice(3)).toEqual([8, 8, 8, 8, 8]);
    expect(run(blind, 4, two, known(), also(10)).desired.slice(3)).toEqual([4, 6, 6, 6, 6]);
  });
});

describe('treatAs', () => {
  const metrics = [{ name: 'requests', query: 'requests', target: { averageValue: 100 }, unknown: { treatAs: 0 } }];
  const failing = { source: 'prometheus', what: 'requests', code: 'Timeout', message: '5 s' } as const;
  it.each([
    ['an empty answer', world(4).answering('requests', answered(null)), 1],
    ['NaN', world(4).answering('requests', answered('NaN')), 1],
    ['a partial answer', world(4).answering('requests', answered(300, ['a store is missing'])), 1],
    ['an error', world(4).answering('requests', { status: 'error', error: 'timeout' }), 4],
    ['a failed query', world(4).failing(failing), 4],
    ['several series', world(4).answering('requests', series([{ a: '1' }, 1], [{ a: '2' }, 1])), 4],
  ])('%s', (_, snapshot, desired) => {
    expect(decideOne(snapshot.build(), { ...quick, metrics }, known()).decision.desired).toBe(desired);
  });
});
