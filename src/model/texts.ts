// Operator texts: a catalogue is a flat map from code to sentence; a sentence has {placeholders}.
import type { Facts } from './reason.ts';

export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];

export interface Texts {
  readonly language: Language;
  readonly sentences: Readonly<Record<string, string>>;
}

/** By the digits behind the point, one to four: the texts of numbers with four digits in all, found by all their digits. */
const fourDigits = Array.from({ length: 4 }, () => new Array<string | undefined>(10_001));

/** How many digits behind the point make four in all; 0: there are other ways to write it. */
function digitsBehind(value: number): number {
  if (value >= 1_000 || value < 0.1) return 0;
  return value >= 100 ? 1 : value >= 10 ? 2 : value >= 1 ? 3 : 4;
}

/** At most four significant digits. Thousands of sentences a tick have such a number, and few of these are different. */
function rounded(value: number): string {
  const behind = digitsBehind(value);
  const scale = 10 ** behind;
  const digits = value * scale;
  const nearest = Math.round(digits);
  // A half is told from nearly a half by digits that the product has lost.
  const isHalf = Math.abs(Math.abs(digits - nearest) - 0.5) < 1e-6;
  const texts = fourDigits[behind - 1];
  if (isHalf || texts === undefined) return String(Number(value.toPrecision(4)));
  return (texts[nearest] ??= String(nearest / scale));
}

/** Whole numbers as they are, others with at most four significant digits. */
const plain = (value: string | number): string =>
  typeof value === 'string' ? value : Number.isInteger(value) ? String(value) : rounded(value);

/** A part of a sentence with its places filled, and how it goes on with what stands in the next place. */
interface Filled {
  readonly text: string;
  /** null: nothing has come next yet */
  next: Map<string | number, Filled> | null;
}

/** A sentence cut at its places: text, name, text, name … text. */
interface Sentence {
  readonly parts: readonly string[];
  readonly head: Filled;
  readonly tail: Filled;
}

const filled = (text: string): Filled => ({ text, next: null });

/**
 * Thousands of sentences a tick differ in one number: what stands before it and after it is put together once. Where
 * sentences differ in more, most of them are not kept.
 */
const sentences = new Map<string, Sentence>();
const mostKept = 20_000;
let [kept, missed] = [0, 0];

function sentenceOf(text: string): Sentence {
  let known = sentences.get(text);
  if (known === undefined) {
    if (kept >= mostKept) forgetAll();
    const parts = text.split(/\{(\w+)\}/);
    sentences.set(text, (known = { parts, head: filled(parts[0] ?? ''), tail: filled(parts.at(-1) ?? '') }));
    kept += 1;
  }
  return known;
}

function forgetAll(): void {
  sentences.clear();
  [kept, missed] = [0, 0];
}

/** A number with a fraction, or a large one, hardly comes again. */
const recurs = (value: string | number): boolean =>
  typeof value === 'string' || (Number.isInteger(value) && value < 1_000);

/** null: there are too many different ones. */
function keep(from: Filled, value: string | number, text: string): Filled | null {
  if (kept >= mostKept) {
    missed += 1;
    return null;
  }
  kept += 1;
  const next = filled(text);
  (from.next ??= new Map<string | number, Filled>()).set(value, next);
  return next;
}

/** Facts that are only looked up where a sentence has a place for them. */
export type More = (name: string) => string | number | undefined;

const nothing: More = () => undefined;

/** The sentence with its places filled, from `facts` before `more`. A code without a sentence shows itself and its facts: nothing is swallowed. */
export function fillText(texts: Texts, code: string, facts: Facts = {}, more: More = nothing): string {
  const sentence = texts.sentences[code];
  if (sentence === undefined)
    return [code, ...Object.entries(facts).map(([name, value]) => `${name}=${plain(value)}`)].join(' ');
  if (missed >= mostKept) forgetAll();
  const { parts, head, tail } = sentenceOf(sentence);
  let [before, first] = [head, 1];
  for (; first < parts.length; first += 2) {
    const value = valueOf(facts, more, parts[first]);
    if (!recurs(value)) break;
    const next = before.next?.get(value) ?? keep(before, value, before.text + plain(value) + (parts[first + 1] ?? ''));
    if (next === null) break;
    before = next;
  }
  if (first >= parts.length) return before.text;
  let [after, last] = [tail, parts.length - 2];
  for (; last > first; last -= 2) {
    const value = valueOf(facts, more, parts[last]);
    if (!recurs(value)) break;
    const next = after.next?.get(value) ?? keep(after, value, (parts[last - 1] ?? '') + plain(value) + after.text);
    if (next === null) break;
    after = next;
  }
  let text = before.text + plain(valueOf(facts, more, parts[first]));
  for (let place = first + 2; place <= last; place += 2)
    text += (parts[place - 1] ?? '') + plain(valueOf(facts, more, parts[place]));
  return text + after.text;
}

const valueOf = (facts: Facts, more: More, name = ''): string | number => facts[name] ?? more(name) ?? `{${name}}`;
