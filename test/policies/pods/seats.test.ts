// Seats are found by the order of the last time: whatever comes, in whatever order, each name has its own.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrometheusSample, Snapshot } from '../../../src/model/snapshot.ts';
import type { Instant } from '../../../src/model/units.ts';
import { Answers } from '../../../src/policies/pods/answers.ts';
import { Recurring } from '../../../src/policies/pods/recurring.ts';
import { ResourceSamples } from '../../../src/policies/pods/resource-samples.ts';
import { Order, Seats } from '../../../src/policies/pods/seats.ts';
import { Shares } from '../../../src/policies/pods/shares.ts';
import { aSnapshot } from '../../builders.ts';

const seatsOf = (order: Order, names: readonly string[]): number[] => {
  order.begin(names.length);
  return names.map((name) => order.next('shop', name));
};

describe('the order of answers', () => {
  it('gives each name its own seat, however the answers change', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(names, { maxLength: 8 }), (ticks) => {
        const seats = new Seats();
        const order = new Order(seats);
        for (const tick of ticks) expect(seatsOf(order, tick)).toEqual(tick.map((name) => seats.seatOf('shop', name)));
      }),
    );
  });

  it('tells the same name of two namespaces apart', () => {
    const order = new Order(new Seats());
    order.begin(2);
    expect(order.next('shop', 'web')).not.toBe(order.next('bank', 'web'));
  });
});

describe('an answer for many', () => {
  it('gives each target the samples that a look through all of them finds', () => {
    const labels = fc.record({ ns: fc.constantFrom('shop', 'bank'), app: fc.constantFrom('web', 'api', 'db') });
    const values = fc.constantFrom('1', '2.5', 'NaN', '', ' ');
    const answers = fc.array(fc.tuple(labels, values), { maxLength: 10 });
    fc.assert(
      fc.property(fc.array(answers, { maxLength: 5 }), (ticks) => {
        const order = new Order(new Seats());
        for (const tick of ticks) {
          const samples = tick.map(([metric, value]) => ({ metric, value: [0, value] as const }));
          const shares = new Shares(samples, { ns: 'namespace', app: 'name' }, order);
          for (const namespace of ['shop', 'bank'])
            for (const name of ['web', 'api', 'db', 'gone']) {
              const own = samples.filter(({ metric }) => metric.ns === namespace && metric.app === name);
              const target = { kind: 'Deployment', namespace, name };
              expect(shares.of(target)).toEqual(own);
              const text = own.length === 1 ? (own[0]?.value[1].trim() ?? '') : '';
              const number = shares.numberOf(target, order.seats.seatOf(namespace, name));
              expect(number).toBe(text === '' ? Number.NaN : Number(text));
            }
        }
      }),
    );
  });
});

describe('what pods use', () => {
  it('is the sum of their series, whoever was asked for before', () => {
    const pods = ['a', 'b', 'c', 'd'] as const;
    const one = fc.record({
      pod: fc.constantFrom(...pods),
      container: fc.constantFrom('app', 'proxy'),
      value: fc.constantFrom('0.1', '0.25', '0', 'NaN', '+Inf'),
    });
    const tick = fc.record({ series: fc.array(one, { maxLength: 10 }), asked: fc.subarray([...pods]) });
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 5 }), fc.constantFrom('app', null), (ticks, container) => {
        const recurring = new Recurring([]);
        for (const { series, asked } of ticks) {
          recurring.tidy();
          const result = series.map(({ value, ...metric }): PrometheusSample => ({
            metric: { namespace: 'shop', ...metric },
            value: [0, value],
          }));
          const snapshot = aSnapshot().build();
          const prometheus: Snapshot['prometheus'] = {
            queries: { usage: { status: 'success', data: { resultType: 'vector', result } } },
          };
          const answers = new Answers({ ...snapshot, prometheus }, recurring);
          const samples = new ResourceSamples(answers, 0 as Instant).of('usage', 'shop', container);
          for (const pod of asked) {
            const own = series.filter(
              (each) => each.pod === pod && (container === null || each.container === container),
            );
            const numbers = own.map(({ value }) => Number(value) * 1000).filter(Number.isFinite);
            const [first, ...others] = numbers;
            expect(samples.get(pod)?.value).toBe(others.reduce((sum, each) => (sum ?? 0) + each, first));
          }
        }
      }),
    );
  });
});

describe('what ticks have in common', () => {
  it('forgets the names of pods that are gone, and keeps the seats of those that are there', () => {
    const recurring = new Recurring([]);
    const tick = (from: number): void => {
      recurring.tidy();
      const order = recurring.order(recurring.pods, 'usage');
      seatsOf(
        order,
        Array.from({ length: 1_000 }, (_, index) => `web-${from + index}`),
      );
    };
    tick(0);
    const before = recurring.pods;
    tick(0);
    expect(recurring.pods).toBe(before);
    let most = 0;
    for (let from = 0; from < 20_000; from += 500) {
      tick(from);
      most = Math.max(most, recurring.pods.size);
    }
    expect(most).toBeLessThanOrEqual(3_250);
  });
});
