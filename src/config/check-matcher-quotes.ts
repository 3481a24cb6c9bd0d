// A matcher whose value keeps its single quotes: Alertmanager reads severity='page' so, and nearly nobody means it.
import { MatcherError, parseMatchers } from '../matching/matchers.ts';
import type { ProblemPath } from './problem.ts';
import type { Finding } from './source.ts';

export function quoteFindings(text: unknown, path: ProblemPath): Finding[] {
  if (typeof text !== 'string' || !text.includes("'")) return [];
  return valuesOf(text)
    .filter((value) => /^'.*'$/s.test(value))
    .map((value): Finding => ({
      code: 'QuotesInMatcher',
      severity: 'warning',
      path,
      message: `the quotes of ${value} belong to the value: no alert without them matches`,
      mend: `write double quotes: "${value.slice(1, -1)}"`,
    }));
}

function valuesOf(text: string): readonly string[] {
  try {
    return parseMatchers(text).map(({ value }) => value);
  } catch (error) {
    if (error instanceof MatcherError) return [];
    throw error;
  }
}
