// Which rules are told as failing: those that fail again and again, a group at a time.
import { expect, it } from 'vitest';
import { failingRules, seriesLeftOut } from '../../../src/alerts/rules/failing.ts';
import type { RuleHealth } from '../../../src/alerts/rules/rule-run.ts';

const rule = (group: string, alert: string, failures: number): RuleHealth => ({
  file: 'rules/shop.yaml',
  group,
  alert,
  state: failures === 0 ? 'good' : 'failing',
  failures,
  lastError: failures === 0 ? null : `no ${alert}`,
  lastEvaluation: null,
  took: null,
  pending: 0,
  firing: 0,
  learns: null,
});

it('a group is failing when a rule of it has failed five times in a row', () => {
  expect(failingRules([rule('g', 'A', 4), rule('g', 'B', 5), rule('g', 'C', 9), rule('h', 'D', 0)])).toEqual([
    { group: 'rules/shop.yaml g', count: 2, why: 'B: no B' },
  ]);
  expect(failingRules([rule('g', 'A', 0)])).toEqual([]);
});

it('a rule that learns has series left out', () => {
  const learns = { known: 90, learning: 10, leftOut: 0 };
  expect(seriesLeftOut([rule('g', 'A', 0), { ...rule('g', 'B', 0), learns }])).toEqual([]);
  expect(seriesLeftOut([{ ...rule('g', 'B', 0), learns: { ...learns, leftOut: 7 } }])).toEqual([
    { group: 'rules/shop.yaml g', alert: 'B', count: 7 },
  ]);
});
