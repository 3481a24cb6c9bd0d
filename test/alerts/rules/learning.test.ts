// Rules that learn: their past is read in the background, what is unusual or will cross fires, a gap begins and ends nothing.
import { describe, expect, it } from 'vitest';
import type { RangeQuery } from '../../../src/clients/prometheus/client.ts';
import type { PushedAlert } from '../../../src/alerts/ingest.ts';
import { createRuleEvaluator, type RuleEvaluator } from '../../../src/alerts/rules/evaluator.ts';
import type { RuleMemory } from '../../../src/alerts/rules/memory.ts';
import type { RuleAnswer, RuleSample } from '../../../src/alerts/rules/state.ts';
import type { AlertingRule, Learning, RuleGroup } from '../../../src/model/rule.ts';
import { minutes, type Instant, type Milliseconds } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { ruleOf, surroundings } from './timeline.ts';

const start = Date.parse('2026-11-21T08:00:00Z') as Instant;
const interval = minutes(10);
const aDay = 24 * minutes(60);

/** Trembles by itself, the same at the same instant. */
const tremble = (at: Instant): number => Math.sin(at / 7e6) + Math.sin(at / 3.1e6);

const unusual: Learning = { kind: 'anomaly', sensitivity: 0.5, series: 3 };
const full: Learning = {
  kind: 'forecast',
  within: minutes(6 * 60),
  side: 'below',
  limit: 0,
  confidence: 0.9,
  series: 3,
};
const texts = {
  anomaly:
    '{{ $labels.host }}: {{ $value | printf "%.0f" }}, not {{ $usual.Low | printf "%.0f" }} to {{ $usual.High | printf "%.0f" }}',
  forecast:
    'in {{ $forecast.In | humanizeDuration }}, {{ with $forecast.At | toTime }}{{ .Year }}{{ end }}, {{ $forecast.Value | printf "%.0f" }}, {{ $forecast.Probability | humanizePercentage }}',
};

const learningRule = (learns: Learning, more: Partial<AlertingRule> = {}): AlertingRule => ({
  ...ruleOf({ alert: 'A', expr: 'load', annotations: { summary: texts[learns.kind] } }),
  learns,
  ...more,
});

type Value = (at: Instant) => number | null;

class Bench {
  readonly clock: VirtualClock;
  readonly told: string[] = [];
  readonly texts: string[] = [];
  readonly saved: RuleMemory[][] = [];
  readonly asked: RangeQuery[] = [];
  readonly logged: string[] = [];
  groups: readonly RuleGroup[];
  hosts: Record<string, Value>;
  error: string | null = null;
  /** of the past */
  refused: string | null = null;
  hold: Promise<void> | null = null;
  evaluator: RuleEvaluator;

  constructor(rule: AlertingRule, hosts: Record<string, Value>, remembered: readonly RuleMemory[] = [], at = start) {
    this.clock = new VirtualClock(at);
    this.hosts = hosts;
    this.groups = this.groupsOf(rule);
    const log = (_: object, message: string): void => void this.logged.push(message);
    this.evaluator = createRuleEvaluator({
      clock: this.clock,
      groups: () => this.groups,
      surroundings: () => surroundings,
      remembered,
      query: (_, now) => Promise.resolve(this.answer(now)),
      range: async (range) => {
        this.asked.push(range);
        await this.hold;
        if (this.refused !== null) throw new Error(this.refused);
        const count = Math.round((range.end - range.start) / range.step) + 1;
        const instants = Array.from({ length: count }, (_, index) => range.start + index * range.step);
        return Object.entries(this.hosts).map(([host, value]) => ({
          labels: { host },
          points: instants.flatMap((seconds) => {
            const found = value((seconds * 1000) as Instant);
            return found === null ? [] : [[seconds, found] as const];
          }),
        }));
      },
      save: (memories) => Promise.resolve(void this.saved.push([...memories])),
      tell: (alerts) => {
        for (const alert of alerts) this.tell(alert);
        return Promise.resolve();
      },
      log: { info: log, warn: log, error: log },
    });
  }

  groupsOf(rule: AlertingRule): readonly RuleGroup[] {
    return [
      { file: 'rules/shop.yaml', name: 'shop', interval, queryOffset: 0 as Milliseconds, limit: 0, rules: [rule] },
    ];
  }

  answer(now: Instant): RuleAnswer {
    if (this.error !== null) return { kind: 'error', message: this.error };
    const samples = Object.entries(this.hosts).flatMap(([host, valueOf]): RuleSample[] => {
      const value = valueOf(now);
      return value === null ? [] : [{ labels: { host }, value }];
    });
    return { kind: 'vector', samples };
  }

  tell({ labels, annotations, endsAt }: PushedAlert): void {
    const hasEnded = Date.parse(endsAt ?? '') <= this.clock.now();
    this.told.push(`${labels['host']}${hasEnded ? ' ended' : ''}`);
    this.texts.push(annotations?.['summary'] ?? '');
  }

  /** With the pasts that are read meanwhile. */
  async pass(span: number): Promise<void> {
    for (let left = span; left > 0; left -= interval) {
      this.clock.advance(Math.min(left, interval) as Milliseconds);
      await this.evaluator.settle();
    }
  }

  /** Each word once, in the order in which it is first told. */
  words(): string[] {
    return [...new Set(this.told.splice(0))];
  }

  health() {
    const [health] = this.evaluator.health();
    if (health === undefined) throw new Error('there is no rule');
    return health;
  }
}

const steady: Value = (at) => 100 + tremble(at);

describe('a rule for anomalies', () => {
  it('knows the past of each series, and fires while one is unlike it', async () => {
    const bench = new Bench(learningRule(unusual), { a: steady, b: steady });
    await bench.pass(3 * interval);
    expect(bench.health()).toMatchObject({ state: 'good', learns: { known: 2, learning: 0, leftOut: 0 } });
    expect(bench.asked[0]).toMatchObject({ query: 'load', step: 600 });
    expect((bench.asked.at(-1)?.end ?? 0) - (bench.asked[0]?.start ?? 0)).toBe((14 * aDay) / 1000);
    expect(bench.words()).toEqual([]);
    bench.hosts['b'] = () => 900;
    await bench.pass(2 * interval);
    expect(bench.words()).toEqual(['b']);
    expect(bench.texts.at(-1)).toMatch(/^b: 900, not 9\d to 1\d\d$/);
    bench.hosts['b'] = steady;
    await bench.pass(2 * aDay);
    expect(bench.words().at(-1)).toBe('b ended');
    expect(bench.health().firing).toBe(0);
    await bench.evaluator.stop();
  });

  it('waits for `for`, and is kept by keep_firing_for', async () => {
    const keepFiringFor = minutes(3 * 24 * 60);
    const bench = new Bench(learningRule(unusual, { for: minutes(20), keepFiringFor }), { a: steady });
    await bench.pass(interval);
    bench.hosts['a'] = () => 900;
    await bench.pass(2 * interval);
    expect([bench.words(), bench.health().pending]).toEqual([[], 1]);
    await bench.pass(interval);
    expect(bench.words()).toEqual(['a']);
    bench.hosts['a'] = steady;
    await bench.pass(2 * aDay);
    expect(bench.words()).toEqual(['a']);
    await bench.evaluator.stop();
  });

  it('says nothing while it learns, and learns from what it sees where the past cannot be read', async () => {
    const bench = new Bench(learningRule(unusual), { a: steady });
    bench.refused = 'bad gateway';
    await bench.pass(interval);
    bench.hosts['a'] = (at) => (at > start + 4 * interval ? steady(at) : 900);
    await bench.pass(4 * interval);
    expect(bench.words()).toEqual([]);
    expect(bench.health()).toMatchObject({ state: 'good', learns: { known: 0, learning: 1 } });
    expect(bench.logged.filter((line) => line.includes('cannot be read'))).not.toEqual([]);
    bench.refused = null;
    await bench.pass(7 * interval);
    expect(bench.health()).toMatchObject({ learns: { known: 1, learning: 0 } });
    await bench.evaluator.stop();
  });

  it('neither begins nor ends by a gap: an error, a missing series, values that are no numbers', async () => {
    const bench = new Bench(learningRule(unusual), { a: steady, b: steady });
    await bench.pass(interval);
    bench.hosts['b'] = () => 900;
    await bench.pass(interval);
    expect(bench.words()).toEqual(['b']);
    bench.error = 'connect ECONNREFUSED';
    await bench.pass(3 * interval);
    expect(bench.words()).toEqual(['b']);
    bench.error = null;
    bench.hosts = { a: () => Number.NaN, b: () => Infinity };
    expect(bench.health().firing).toBe(1);
    await bench.evaluator.stop();
  });

  it('takes an active series that is missing for ten minutes as gone', async () => {
    const quick: RuleGroup[] = [];
    const bench = new Bench(learningRule(unusual), { a: steady });
    await bench.pass(interval);
    quick.push({ ...(bench.groups[0] as RuleGroup), interval: minutes(2) });
    bench.groups = quick;
    bench.evaluator.refresh();
    bench.hosts['a'] = () => 900;
    for (let step = 0; step < 2; step++) await bench.pass(minutes(2));
    expect(bench.words()).toEqual(['a']);
    bench.hosts['a'] = () => null;
    for (let step = 0; step < 4; step++) await bench.pass(minutes(2));
    expect(bench.words()).toEqual(['a']);
    for (let step = 0; step < 2; step++) await bench.pass(minutes(2));
    expect(bench.words()).toEqual(['a ended']);
    await bench.evaluator.stop();
  });

  it('learns no more series than it may, and counts the others; what is gone makes place', async () => {
    const hosts = { a: steady, b: steady, c: steady, d: steady, e: steady };
    const bench = new Bench(learningRule(unusual), hosts);
    await bench.pass(interval);
    expect(bench.health().learns).toEqual({ known: 3, learning: 0, leftOut: 2 });
    bench.hosts = { c: steady, d: steady, e: steady };
    await bench.pass(3 * interval);
    expect(bench.health().learns).toMatchObject({ leftOut: 0 });
    await bench.evaluator.stop();
  });

  it('goes on over a restart: what was told stays told while the past is read, and its end is told', async () => {
    const burst: Value = (at) => (at > start + 1.5 * interval && at < start + 8 * interval ? 900 : steady(at));
    const bench = new Bench(learningRule(unusual), { a: burst });
    await bench.pass(4 * interval);
    expect(bench.words()).toEqual(['a']);
    const memory = JSON.parse(JSON.stringify(bench.saved.flat())) as RuleMemory[];
    await bench.evaluator.stop();

    const next = new Bench(learningRule(unusual), { a: burst }, memory, bench.clock.now());
    let read: () => void = () => undefined;
    next.hold = new Promise((resolve) => (read = resolve));
    next.clock.advance(minutes(5));
    next.clock.advance(minutes(5));
    await new Promise((resolve) => setImmediate(resolve));
    expect([next.words(), next.health().firing]).toEqual([['a'], 0]);
    read();
    await next.pass(aDay);
    expect(next.words()).toContain('a ended');
    await next.evaluator.stop();
  });

  it('begins anew with another question, not with other words', async () => {
    const bench = new Bench(learningRule(unusual), { a: steady });
    await bench.pass(interval);
    const count = bench.asked.length;
    bench.groups = bench.groupsOf(learningRule(unusual, { annotations: { summary: 'other words' } }));
    bench.evaluator.refresh();
    await bench.pass(interval);
    expect(bench.asked).toHaveLength(count);
    bench.groups = bench.groupsOf(learningRule({ ...unusual, sensitivity: 0.9 }));
    bench.evaluator.refresh();
    await bench.pass(interval);
    expect(bench.asked).toHaveLength(2 * count);
    await bench.evaluator.stop();
  });
});

describe('a rule for forecasts', () => {
  const draining: Value = (at) => 100 - ((at - start) / aDay) * 100;

  it('fires before a limit is crossed, and says when', async () => {
    const bench = new Bench(learningRule(full), { a: draining, b: steady });
    await bench.pass(17 * minutes(60));
    expect(bench.words()).toEqual([]);
    expect(bench.health()).toMatchObject({ learns: { known: 2, learning: 0 } });
    await bench.pass(2 * minutes(60));
    expect(bench.words()).toEqual(['a']);
    expect(bench.texts[0]).toMatch(/^in [56]h \d+m \d+s, 2026, -?\d, \d+(\.\d+)?%$/);
    const grown: Value = () => 100;
    bench.hosts['a'] = grown;
    await bench.pass(minutes(60));
    expect(bench.words()).toEqual(['a ended']);
    await bench.evaluator.stop();
  });

  it('learns for half a day and the span where Prometheus has no past', async () => {
    const bench = new Bench(learningRule(full), { a: (at) => (at < start ? null : draining(at)) });
    await bench.pass(17 * minutes(60));
    expect(bench.health()).toMatchObject({ learns: { known: 0, learning: 1 } });
    await bench.pass(2 * minutes(60));
    expect(bench.health()).toMatchObject({ learns: { known: 1, learning: 0 } });
    await bench.evaluator.stop();
  });
});

it('a rule that learns, without anybody to ask for its past, takes the answer for what is active', async () => {
  const clock = new VirtualClock(start);
  const told: string[] = [];
  const evaluator = createRuleEvaluator({
    clock,
    groups: () => [
      {
        file: 'f',
        name: 'g',
        interval,
        queryOffset: 0 as Milliseconds,
        limit: 0,
        rules: [learningRule(unusual, { annotations: { summary: '{{ $value }} of {{ $usual.High }}' } })],
      },
    ],
    surroundings: () => surroundings,
    remembered: [],
    query: () => Promise.resolve({ kind: 'vector', samples: [{ labels: {}, value: 7 }] }),
    save: () => Promise.resolve(),
    tell: (alerts) => {
      told.push(...alerts.map(({ annotations }) => annotations?.['summary'] ?? ''));
      return Promise.resolve();
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  clock.advance(interval);
  await evaluator.settle();
  expect(told).toEqual(['7 of NaN']);
  await evaluator.stop();
});
