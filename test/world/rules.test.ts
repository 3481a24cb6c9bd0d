// Rule files on the embedded world: asked of its Prometheus, told by mail, over a restart and an outage.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuleGroup } from '../../src/model/rule.ts';
import { minutes, seconds, type Instant, type Milliseconds, type QueryText } from '../../src/model/units.ts';
import type { TickReport } from '../../src/model/report.ts';
import { Rig, start } from './rig.ts';

const none = 0 as Milliseconds;
const group: RuleGroup = {
  file: 'rules/shop.yaml',
  name: 'shop',
  interval: null,
  queryOffset: none,
  limit: 0,
  rules: [
    {
      alert: 'HighDemand',
      expr: 'demand > 1000' as QueryText,
      for: minutes(2),
      keepFiringFor: none,
      labels: { severity: 'warning' },
      annotations: { summary: 'demand is {{ $value }}' },
    },
  ],
};

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
  rig.config = { ...rig.config, rules: [group] };
});
afterEach(() => rig.lower());

const mails = (): string[] =>
  rig.subjects.filter((subject) => subject.includes('HighDemand') || subject.includes('demand is'));
const firing = (): number => rig.springtide.rules.health()[0]?.firing ?? 0;
const alertsOf = (report: TickReport | undefined): (string | undefined)[] =>
  (report?.plan.alerts ?? []).map(({ labels }) => labels['alertname']);

describe('a rule', () => {
  it('is told when it has been true for so long, and its end', async () => {
    await rig.steps(8);
    expect(rig.springtide.rules.health()).toMatchObject([{ state: 'good', firing: 0 }]);
    rig.demand = 1200;
    await rig.steps(8);
    expect([firing(), mails()]).toEqual([0, []]);
    await rig.steps(10);
    expect(firing()).toBe(1);
    expect(mails()).toHaveLength(1);
    rig.demand = 500;
    await rig.steps(12);
    expect(firing()).toBe(0);
    expect(mails()).toHaveLength(2);
  });

  it('goes on over a restart: nothing is told twice, its end is told', async () => {
    rig.demand = 1200;
    await rig.steps(18);
    expect(mails()).toHaveLength(1);
    await rig.kill();
    rig.clock.advance(minutes(10));
    await rig.boot();
    await rig.steps(12);
    expect([firing(), mails().length]).toEqual([1, 1]);
    rig.demand = 500;
    await rig.steps(12);
    expect([firing(), mails().length]).toEqual([0, 2]);
  });

  it('ends nothing while Prometheus is away, and that is told', async () => {
    rig.demand = 1200;
    await rig.steps(18);
    expect(mails()).toHaveLength(1);
    rig.world.prometheus.faults.switchOn({ kind: 'unavailable' });
    const reports = await rig.steps(40);
    expect([firing(), mails().length]).toEqual([1, 1]);
    expect(alertsOf(reports.at(-1))).toContain('SpringtideRuleFailing');
  });
});

describe('a rule that learns', () => {
  const interval = minutes(2);
  const hotNews: RuleGroup = {
    ...group,
    interval,
    rules: [
      {
        alert: 'HighDemand',
        expr: 'sum(readers)' as QueryText,
        learns: { kind: 'anomaly', sensitivity: 0.5, series: 1 },
        for: none,
        keepFiringFor: none,
        labels: { severity: 'warning' },
        annotations: { summary: '{{ $value | humanize }} readers, usual is up to {{ $usual.High | printf "%.0f" }}' },
      },
    ],
  };
  /** A day has its wave, and nobody is quite like the one before. */
  const usual = (at: number): number => 300 + 100 * Math.sin(at / 13.75e6) + 3 * Math.sin(at / 71_000);
  const burst = [start + minutes(8), start + minutes(17)] as const;
  const readersAt = (at: number): number => usual(at) * (at > burst[0] && at < burst[1] ? 4 : 1);

  async function pass(length: Milliseconds): Promise<void> {
    const { interval: tick } = rig.config.daemon;
    for (let passed = 0; passed < length; passed += tick) {
      const now = (rig.clock.now() + tick) as Instant;
      rig.world.prometheus.write('readers', {}, readersAt(now), now);
      await rig.step();
    }
  }
  const subjects = (): string[] => rig.subjects.filter((subject) => subject.includes('readers'));
  const learns = (): unknown => rig.springtide.rules.health()[0]?.learns;

  it('tells of hot news at once, out of the past that Prometheus knows, and takes it back, over a restart too', async () => {
    for (let at = (start - minutes(3 * 24 * 60)) as Instant; at < start; at = (at + interval) as Instant)
      rig.world.prometheus.write('readers', {}, readersAt(at), at);
    rig.config = { ...rig.config, rules: [hotNews], daemon: { ...rig.config.daemon, interval: seconds(30) } };
    await pass(minutes(6));
    expect([learns(), firing(), subjects()]).toEqual([{ known: 1, learning: 0, leftOut: 0 }, 0, []]);
    await pass(minutes(6));
    expect(firing()).toBe(1);
    expect(subjects()).toHaveLength(1);
    expect(subjects()[0]).toMatch(/1\.\d+k readers, usual is up to \d{3}$/);
    await rig.kill();
    await rig.boot();
    await pass(minutes(3));
    expect([learns(), firing(), subjects().length]).toEqual([{ known: 1, learning: 0, leftOut: 0 }, 1, 1]);
    await pass(minutes(14));
    expect(firing()).toBe(0);
    expect(subjects()).toHaveLength(2);
  });
});
