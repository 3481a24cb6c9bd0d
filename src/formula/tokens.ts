// Cuts the text of a formula into numbers, names and signs, or says which character does not belong.

export interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly from: number;
}

/** A mistake with its place. Never leaves this room: parseFormula turns it into its error result. */
export class FormulaRefusal extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const blank = /\s+/y;
const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const name = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const sign = /\?\?|[<>=!]=|[-+*/()?:,<>]/y;

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (form: RegExp): string | null => {
    form.lastIndex = at;
    return form.exec(text)?.[0] ?? null;
  };
  while (at < text.length) {
    const space = take(blank);
    if (space !== null) {
      at += space.length;
      continue;
    }
    const token = tokenAt(at, take(number), take(name), take(sign));
    if (token === null) throw foreign(text, at);
    if (token.kind === 'number') checkNumber(text, token);
    tokens.push(token);
    at += token.text.length;
  }
  return [...tokens, { kind: 'end', text: '', from: text.length }];
}

function tokenAt(from: number, digits: string | null, word: string | null, mark: string | null): Token | null {
  if (digits !== null) return { kind: 'number', text: digits, from };
  if (word !== null) return { kind: 'name', text: word, from };
  return mark === null ? null : { kind: 'sign', text: mark, from };
}

function checkNumber(text: string, token: Token): void {
  const end = token.from + token.text.length;
  const run = /^[\w.]+/.exec(text.slice(end, end + 20))?.[0];
  if (run !== undefined)
    throw new FormulaRefusal(token.from, `"${token.text}${run}" is no number; units and durations do not exist here`);
  if (!Number.isFinite(Number(token.text)))
    throw new FormulaRefusal(token.from, `the number ${token.text} is too large`);
}

const promql = 'PromQL belongs into a metric of its own with use: formula, whose name the formula then reads';
const logic = 'comparisons answer 1 or 0: write min(a, b) for "and", max(a, b) for "or", a == 0 for "not"';
const hints: Readonly<Record<string, string>> = {
  '=': 'equality is written ==',
  '&': logic,
  '|': logic,
  '!': logic,
  '^': 'there are no powers: multiply',
  '%': 'there are no percents and no remainders: 70 % of a is 0.7 * a',
  '{': promql,
  '[': promql,
  '"': promql,
  "'": promql,
  '`': promql,
};

function foreign(text: string, at: number): FormulaRefusal {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  // what a Chinese keyboard writes for ( ) , ? : + and the like
  const narrow = character.normalize('NFKC');
  const hint =
    narrow !== character && /^[-+*/()?:,<>=\w]$/.test(narrow) ? `write ${narrow}, half-width` : hints[character];
  return new FormulaRefusal(
    at,
    `"${character}" does not belong into a formula${hint === undefined ? '' : `; ${hint}`}`,
  );
}
