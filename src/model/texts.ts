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

/** The sentence with its places filled. A code without a sentence shows itself and its facts: nothing is swallowed. */
export function fillText(texts: Texts, code: string, facts: Facts = {}): string {
  const sentence = texts.sentences[code];
  if (sentence === undefined)
    return [code, ...Object.entries(facts).map(([name, value]) => `${name}=${plain(value)}`)].join(' ');
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = facts[name];
    return value === undefined ? place : plain(value);
  });
}
