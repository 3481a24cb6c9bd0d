// Operator texts: a catalogue is a flat map from code to sentence; a sentence has {placeholders}.
import type { Facts } from './reason.ts';

export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];

export interface Texts {
  readonly language: Language;
  readonly sentences: Readonly<Record<string, string>>;
}

/** Whole numbers as they are, others with at most four significant digits. */
const plain = (value: string | number): string =>
  typeof value === 'string' ? value : String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));

/** A sentence cut at its places: text, name, text, name … text. */
const pieces = new Map<string, readonly string[]>();
const mostPieces = 5_000;

function piecesOf(sentence: string): readonly string[] {
  let known = pieces.get(sentence);
  if (known === undefined) {
    if (pieces.size >= mostPieces) pieces.clear();
    pieces.set(sentence, (known = sentence.split(/\{(\w+)\}/)));
  }
  return known;
}

/** Facts that are only looked up where a sentence has a place for them. */
export type More = (name: string) => string | number | undefined;

const nothing: More = () => undefined;

/** The sentence with its places filled, from `facts` before `more`. A code without a sentence shows itself and its facts: nothing is swallowed. */
export function fillText(texts: Texts, code: string, facts: Facts = {}, more: More = nothing): string {
  const sentence = texts.sentences[code];
  if (sentence === undefined)
    return [code, ...Object.entries(facts).map(([name, value]) => `${name}=${plain(value)}`)].join(' ');
  const parts = piecesOf(sentence);
  let filled = parts[0] ?? '';
  for (let index = 1; index < parts.length; index += 2) {
    const name = parts[index] ?? '';
    const value = facts[name] ?? more(name);
    filled += (value === undefined ? `{${name}}` : plain(value)) + (parts[index + 1] ?? '');
  }
  return filled;
}
