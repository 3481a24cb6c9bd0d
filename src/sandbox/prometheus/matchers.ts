// Label matchers made ready to run: regular expressions are anchored, in RE2's syntax, and remember their answers.
import { RE2JS } from 're2js';
import type { LabelMatcher } from '../../promql/ast.ts';

export interface ReadyMatcher {
  readonly label: string;
  readonly matches: (value: string) => boolean;
}

/** A matcher sees few distinct values many times; more than this many are not worth remembering. */
const remembered = 10_000;

export function readyMatcher({ label, operator, value }: LabelMatcher): ReadyMatcher {
  switch (operator) {
    case '=':
      return { label, matches: (seen) => seen === value };
    case '!=':
      return { label, matches: (seen) => seen !== value };
    case '=~':
      return { label, matches: regex(value) };
    case '!~': {
      const same = regex(value);
      return { label, matches: (seen) => !same(seen) };
    }
  }
}

function regex(pattern: string): (value: string) => boolean {
  if (/^[\w|:/ -]*$/.test(pattern)) {
    const alternatives = new Set(pattern.split('|'));
    return (value) => alternatives.has(value);
  }
  const compiled = anchored(pattern);
  const answers = new Map<string, boolean>();
  return (value) => {
    let answer = answers.get(value);
    if (answer === undefined) {
      answer = compiled.matcher(value).find();
      if (answers.size < remembered) answers.set(value, answer);
    }
    return answer;
  };
}

/** As Prometheus: the whole value must match, and a dot matches line ends too. */
export const anchored = (pattern: string): RE2JS => RE2JS.compile(`^(?s:${pattern})$`);
