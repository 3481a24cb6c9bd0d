// Which rules are told as failing: those that fail again and again, a group at a time.
import { expect, it } from 'vitest';
import { failingRules } from '../../../src/alerts/rules/failing.ts';
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
});

it('a group is failing when a rule of it has failed five times in a row', () => {
  expect(failingRules([rule('g', 'A', 4), rule('g', 'B', 5), rule('g', 'C', 9), rule('h', 'D', 0)])).toEqual([
    { group: 'rules/shop.yaml g', count: 2, why: 'B: no B' },
  ]);
  expect(failingRules([rule('g', 'A', 0)])).toEqual([]);
});
