// Rules that nobody can rely on, wholly or in part: for springtide's own alerts.
import type { LoopFacts } from '../../model/snapshot.ts';
import type { RuleHealth } from './rule-run.ts';

/** One bad answer is no news. */
const inARow = 5;

export function failingRules(health: readonly RuleHealth[]): NonNullable<LoopFacts['failingRules']> {
  const groups = new Map<string, RuleHealth[]>();
  for (const rule of health)
    if (rule.failures >= inARow) {
      const group = `${rule.file} ${rule.group}`;
      groups.set(group, [...(groups.get(group) ?? []), rule]);
    }
  return [...groups].map(([group, rules]) => ({
    group,
    count: rules.length,
    why: rules
      .slice(0, 1)
      .map(({ alert, lastError }) => `${alert}: ${lastError ?? ''}`)
      .join(),
  }));
}

/** Of rules that learn: series that there is no place for. */
export const seriesLeftOut = (health: readonly RuleHealth[]): NonNullable<LoopFacts['seriesLeftOut']> =>
  health.flatMap(({ file, group, alert, learns }) =>
    learns === null || learns.leftOut === 0 ? [] : [{ group: `${file} ${group}`, alert, count: learns.leftOut }],
  );
