// alertmanager: texts of matchers as each parser reads them, and what a matcher says of a value.
import {
  compileMatcher,
  MatcherError,
  parseMatcher,
  parseMatchers,
  type Matcher,
  type MatchOperator,
} from '../../../../src/matching/matchers.ts';
import { wholeAdapter } from '../vector.ts';

interface Written {
  readonly op: string;
  readonly name: string;
  readonly value: string;
}

/** Expected as a list, or not expected to be read at all. */
const reading = (read: (text: string) => readonly Matcher[]) =>
  wholeAdapter<{ whole: { readonly input: string; readonly expected?: readonly Written[] } }>(
    ({ input, expected }) => ({
      expected: { matchers: expected?.map(({ op, name, value }) => ({ op, name, value })) ?? 'refused' },
      got: { matchers: readOrRefused(read, input) },
    }),
  );

function readOrRefused(read: (text: string) => readonly Matcher[], input: string): readonly Written[] | 'refused' {
  try {
    return read(input).map(({ operator, name, value }) => ({ op: operator, name, value }));
  } catch (error) {
    if (error instanceof MatcherError) return 'refused';
    throw error;
  }
}

export const utf8ListCase = reading((text) => parseMatchers(text, 'utf8'));
export const utf8SingleCase = reading((text) => [parseMatcher(text, 'utf8')]);
export const classicListCase = reading((text) => parseMatchers(text, 'classic'));

export const valueMatchCase = wholeAdapter<{
  whole: { readonly op: MatchOperator; readonly pattern: string; readonly value: string; readonly match: boolean };
}>(({ op: operator, pattern, value, match }) => ({
  expected: { match },
  got: { match: compileMatcher({ name: 'label', operator, value: pattern }).matches({ label: value }) },
}));
