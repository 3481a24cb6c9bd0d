// Groups of rules on a clock: slots, reloads, restarts, a Prometheus that is away.
import { describe, expect, it } from 'vitest';
import type { PushedAlert } from '../../../src/alerts/ingest.ts';
import { createRuleEvaluator, type RuleEvaluator } from '../../../src/alerts/rules/evaluator.ts';
import type { RuleMemory } from '../../../src/alerts/rules/memory.ts';
import { slotAfter, slotBefore, slotsOf } from '../../../src/alerts/rules/slots.ts';
import type { RuleAnswer } from '../../../src/alerts/rules/state.ts';
import type { AlertingRule, RuleGroup } from '../../../src/model/rule.ts';
import { minutes, seconds, type Instant, type Milliseconds } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { ruleOf, surroundings } from './timeline.ts';

const start = Date.parse('2026-11-21T08:00:00Z') as Instant;
const yes: RuleAnswer = { kind: 'vector', samples: [{ labels: { job: 'a' }, value: 1 }] };
const no: RuleAnswer = { kind: 'vector', samples: [] };
const error: RuleAnswer = { kind: 'error', message: 'connect ECONNREFUSED' };

const group = (rules: readonly AlertingRule[], more: Partial<RuleGroup> = {}): RuleGroup => ({
  file: 'rules/shop.yaml',
  name: 'shop',
  interval: null,
  queryOffset: 0 as Milliseconds,
  limit: 0,
  rules,
  ...more,
});

interface Asked {
  readonly expression: string;
  readonly at: Instant;
}

class Bench {
  readonly clock: VirtualClock;
  readonly asked: Asked[] = [];
  readonly told: (PushedAlert & { readonly ended: boolean })[] = [];
  readonly saved: RuleMemory[][] = [];
  answers: Readonly<Record<string, RuleAnswer>> = {};
  groups: readonly RuleGroup[];
  hold: Promise<void> | null = null;
  surroundings = surroundings;
  looks = 0;
  evaluator: RuleEvaluator;

  constructor(groups: readonly RuleGroup[], remembered: readonly RuleMemory[] = [], at = start) {
    this.clock = new VirtualClock(at);
    this.groups = groups;
    this.evaluator = createRuleEvaluator({
      clock: this.clock,
      groups: () => this.groups,
      surroundings: () => {
        this.looks += 1;
        return this.surroundings;
      },
      remembered,
      query: async (expression, at) => {
        this.asked.push({ expression, at });
        await this.hold;
        return this.answers[expression] ?? no;
      },
      save: (memories) => Promise.resolve(void this.saved.push([...memories])),
      tell: (alerts) => {
        const now = this.clock.now();
        this.told.push(...alerts.map((alert) => ({ ...alert, ended: Date.parse(alert.endsAt ?? '') <= now })));
        return Promise.resolve();
      },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
  }

  async pass(span: Milliseconds): Promise<void> {
    for (let left = span as number; left > 0; left -= 10_000) {
      this.clock.advance(Math.min(left, 10_000) as Milliseconds);
      await this.evaluator.settle();
    }
  }

  names(): string[] {
    return this.told.splice(0).map(({ labels, ended }) => `${labels['alertname']}${ended ? ' ended' : ''}`);
  }

  /** What a ledger would give to the next process. */
  memory(): RuleMemory[] {
    return [...new Map(this.saved.flat().map((memory) => [memory.rule, memory])).values()].map(
      (memory) => JSON.parse(JSON.stringify(memory)) as RuleMemory,
    );
  }
}

const a = ruleOf({ alert: 'A', expr: 'a' });
const waiting = ruleOf({ alert: 'W', expr: 'w', for: '15m' });

describe('slots', () => {
  it('are an interval apart, at the same place after every start', () => {
    const slots = slotsOf({ file: 'f', name: 'g' }, minutes(1));
    const first = slotAfter(slots, start);
    expect(first - start).toBeGreaterThan(0);
    expect(first - start).toBeLessThanOrEqual(60_000);
    expect(slotBefore(slots, first)).toBe(first);
    expect(slotAfter(slots, first)).toBe(first + 60_000);
    expect(slotAfter(slots, (first - 1) as Instant)).toBe(first);
  });

  it('are spread over the interval', () => {
    const offsets = Array.from({ length: 200 }, (_, index) => slotsOf({ file: 'f', name: `g${index}` }, minutes(1)));
    const quarters = [0, 1, 2, 3].map((quarter) =>
      offsets.filter(({ offset }) => Math.floor(offset / 15_000) === quarter),
    );
    for (const quarter of quarters) expect(quarter.length).toBeGreaterThan(25);
  });
});

describe('rule groups', () => {
  it('are asked at their own intervals, rule by rule, about the slot', async () => {
    const bench = new Bench([
      group([a, ruleOf({ alert: 'B', expr: 'b' })]),
      group([ruleOf({ alert: 'C', expr: 'c' })], { name: 'quick', interval: seconds(10), queryOffset: seconds(30) }),
    ]);
    await bench.pass(minutes(10));
    const of = (expression: string): Asked[] => bench.asked.filter((one) => one.expression === expression);
    expect([of('a').length, of('b').length, of('c').length]).toEqual([10, 10, 60]);
    expect(of('a').map(({ at }) => at)).toEqual(of('b').map(({ at }) => at));
    const slots = slotsOf({ file: 'rules/shop.yaml', name: 'quick' }, seconds(10));
    expect(of('c')[0]?.at).toBe(slotAfter(slots, start) - 30_000);
    await bench.evaluator.stop();
    bench.clock.advance(minutes(10));
    expect(bench.asked).toHaveLength(80);
  });

  it('tell what fires, again and again, and its end', async () => {
    const bench = new Bench([group([a])]);
    bench.answers = { a: yes };
    await bench.pass(minutes(1));
    expect(bench.names()).toEqual(['A']);
    await bench.pass(minutes(4));
    expect(bench.names()).toEqual(['A', 'A']);
    bench.answers = {};
    await bench.pass(minutes(1));
    expect(bench.names()).toEqual(['A ended']);
    expect(bench.evaluator.health()).toMatchObject([{ alert: 'A', state: 'good', failures: 0, firing: 0 }]);
  });

  it('miss slots while Prometheus is slow, and what they announced does not end', async () => {
    const bench = new Bench([group([a])]);
    bench.answers = { a: yes };
    await bench.pass(minutes(1));
    bench.names();
    let release = (): void => undefined;
    bench.hold = new Promise((resolve) => {
      release = resolve;
    });
    bench.clock.advance(minutes(10));
    expect(bench.asked).toHaveLength(2);
    expect(bench.names()).toEqual(['A', 'A', 'A', 'A', 'A']);
    bench.hold = null;
    release();
    await bench.pass(minutes(1));
    expect(bench.asked).toHaveLength(3);
  });

  it('count failures, and what they announced does not end by them', async () => {
    const bench = new Bench([group([a])]);
    bench.answers = { a: yes };
    await bench.pass(minutes(1));
    bench.answers = { a: error };
    await bench.pass(minutes(6));
    expect(bench.evaluator.health()).toMatchObject([
      { state: 'failing', failures: 6, lastError: 'connect ECONNREFUSED', firing: 1 },
    ]);
    expect(bench.names()).toEqual(['A', 'A', 'A', 'A']);
  });

  it('ask what their templates ask', async () => {
    const annotations = {
      summary:
        '{{ range query "up" }}{{ .Labels.job }}={{ .Value }} {{ with query (printf "n(%s)" .Labels.job) }}{{ . | first | value }}{{ end }}{{ end }}',
      broken: '{{ query "bad" }}',
    };
    const bench = new Bench([group([ruleOf({ alert: 'A', expr: 'a', annotations })])]);
    bench.answers = { a: yes, up: yes, 'n(a)': { kind: 'vector', samples: [{ labels: {}, value: 7 }] }, bad: error };
    await bench.pass(minutes(1));
    expect(bench.told[0]?.annotations).toMatchObject({
      summary: 'a=1 7',
      broken: expect.stringMatching(/^<error expanding template: .*ECONNREFUSED.*>$/) as string,
    });
    expect(bench.asked.map(({ expression }) => expression).sort()).toEqual(['a', 'bad', 'n(a)', 'up']);
  });
});

describe('a reload', () => {
  it('keeps what is pending, evaluates what is new, ends what is taken out', async () => {
    const bench = new Bench([group([a, waiting])]);
    bench.answers = { a: yes, w: yes };
    await bench.pass(minutes(10));
    bench.names();
    bench.groups = [group([waiting])];
    bench.evaluator.refresh();
    await bench.evaluator.settle();
    expect(bench.names()).toEqual(['A ended']);
    await bench.pass(minutes(6));
    expect(bench.names()).toEqual(['W']);
    bench.groups = [];
    bench.evaluator.refresh();
    await bench.evaluator.settle();
    expect(bench.names()).toEqual(['W ended']);
    expect(bench.memory().every(({ alerts }) => alerts.length === 0)).toBe(true);
    await bench.pass(minutes(5));
    expect(bench.names()).toEqual([]);
  });

  it('of the same groups goes on as it was, but for labels that are on every alert', async () => {
    const templated = ruleOf({ alert: 'T', expr: 'a', labels: { at: '{{ $externalLabels.site }}' } });
    const same = group([templated]);
    const bench = new Bench([same]);
    bench.answers = { a: yes };
    const sites = (): Set<unknown> =>
      new Set(bench.told.splice(0).map(({ labels, ended }) => (ended ? 'ended' : labels['at'])));
    await bench.pass(minutes(2));
    bench.groups = [same];
    bench.evaluator.refresh();
    expect([sites(), bench.asked.length]).toEqual([new Set([undefined]), 2]);
    bench.groups = [same];
    bench.surroundings = { ...surroundings, externalLabels: { site: 'sh' } };
    bench.evaluator.refresh();
    await bench.pass(minutes(2));
    expect([sites(), bench.asked.length, bench.looks]).toEqual([new Set(['sh', 'ended']), 4, 3]);
  });

  it('takes over another interval', async () => {
    const bench = new Bench([group([a])]);
    await bench.pass(minutes(2));
    bench.groups = [group([a], { interval: seconds(10) })];
    bench.evaluator.refresh();
    await bench.pass(minutes(2));
    expect(bench.asked).toHaveLength(14);
  });
});

describe('a restart', () => {
  const running = async (answers: Record<string, RuleAnswer>): Promise<Bench> => {
    const bench = new Bench([group([a, waiting])]);
    bench.answers = answers;
    await bench.pass(minutes(10));
    await bench.evaluator.stop();
    return bench;
  };
  const later = (by: Milliseconds): Instant => (start + minutes(10) + by) as Instant;

  it('goes on waiting where it was', async () => {
    const before = await running({ w: yes });
    const bench = new Bench([group([a, waiting])], before.memory(), later(minutes(20)));
    bench.answers = { w: yes };
    await bench.pass(minutes(10));
    expect(bench.names()).toEqual([]);
    await bench.pass(minutes(2));
    expect(bench.names()).toEqual(['W']);
  });

  it('speaks at once of what was announced, and tells an end that came meanwhile', async () => {
    const before = await running({ a: yes });
    const bench = new Bench([group([a, waiting])], before.memory(), later(minutes(20)));
    await bench.evaluator.settle();
    expect(bench.names()).toEqual(['A']);
    await bench.pass(minutes(1));
    expect(bench.names()).toEqual(['A ended']);
  });

  it('holds what was announced while Prometheus is away', async () => {
    const before = await running({ a: yes });
    const bench = new Bench([group([a, waiting])], before.memory(), later(minutes(2)));
    bench.answers = { a: error, w: error };
    await bench.pass(minutes(4));
    expect(bench.names()).toEqual(['A', 'A', 'A']);
    bench.answers = { a: yes };
    await bench.pass(minutes(2));
    expect(new Set(bench.names())).toEqual(new Set(['A']));
    expect(bench.memory().flatMap(({ alerts }) => alerts)).toMatchObject([
      { state: 'firing', firedAt: before.memory()[0]?.alerts[0]?.activeAt },
    ]);
  });

  it('forgets what is too old, and what of rules that do not come back', async () => {
    const before = await running({ a: yes });
    const bench = new Bench([], before.memory(), later(minutes(90)));
    await bench.evaluator.settle();
    expect(bench.names()).toEqual([]);
    expect(bench.memory()).toMatchObject([{ alerts: [] }]);
  });

  it('waits for a rule file that is refused at first', async () => {
    const before = await running({ a: yes });
    const bench = new Bench([], before.memory(), later(minutes(2)));
    await bench.pass(minutes(5));
    expect(bench.saved).toEqual([]);
    bench.groups = [group([a, waiting])];
    bench.evaluator.refresh();
    await bench.evaluator.settle();
    expect(bench.names()).toEqual(['A']);
  });
});
