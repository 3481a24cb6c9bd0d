// Letters whose case does not count, as RE2 has it: of what folds to one of ASCII there are two characters beside its own two.

/** How a value is compared with texts of an expression: as it stands, or with its letters made small. */
export type Letters = 'exact' | 'small';

const folding = /[A-Z\u017f\u212a]/g;
const foreign: Readonly<Record<string, string>> = { '\u017f': 's', '\u212a': 'k' };
const isPlain = /^[^A-Z\u0080-\uffff]*$/;

/** One character for each, so that places stay what they were: toLowerCase is not like that. */
const smallLetters = (value: string): string =>
  isPlain.test(value) ? value : value.replace(folding, (letter) => foreign[letter] ?? letter.toLowerCase());

export const readAs = (letters: Letters, value: string): string => (letters === 'exact' ? value : smallLetters(value));

const flag = '(?i)';

/** The flag is understood where it stands before all the rest. */
export function lettersOf(pattern: string): { readonly letters: Letters; readonly rest: string } {
  return pattern.startsWith(flag)
    ? { letters: 'small', rest: pattern.slice(flag.length) }
    : { letters: 'exact', rest: pattern };
}
