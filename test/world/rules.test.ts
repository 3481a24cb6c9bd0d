// Rule files on the embedded world: asked of its Prometheus, told by mail, over a restart and an outage.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuleGroup } from '../../src/model/rule.ts';
import { minutes, type Milliseconds, type QueryText } from '../../src/model/units.ts';
import type { TickReport } from '../../src/model/report.ts';
import { Rig } from './rig.ts';

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
