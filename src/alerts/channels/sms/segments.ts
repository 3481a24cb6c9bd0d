// What an SMS weighs: GSM-7 or UCS-2, its units, and in how many parts it travels and is billed.
import { gsm7Units } from './gsm7.ts';

export interface SmsWeight {
  readonly encoding: 'GSM-7' | 'UCS-2';
  readonly units: number;
  readonly segments: number;
}

/** As it is billed where it goes. */
export type WeighSms = (text: string) => SmsWeight;

type Coding = 'auto' | 'ucs2';

export const weighSms = (text: string, coding: Coding = 'auto'): SmsWeight => {
  const { encoding, units, parts } = splitSms(text, coding);
  return { encoding, units, segments: parts.length };
};

export interface SmsParts {
  readonly encoding: SmsWeight['encoding'];
  readonly units: number;
  readonly parts: readonly string[];
}

/** A part never splits an escape pair or a surrogate pair: what does not fit moves to the next one whole. */
export function splitSms(text: string, coding: Coding = 'auto'): SmsParts {
  const characters = Array.from(text);
  const gsm = coding === 'auto' && characters.every((character) => gsm7Units(character) > 0);
  const [single, most] = gsm ? [160, 153] : [70, 67];
  const unitsOf = (character: string): number => (gsm ? gsm7Units(character) : character.length);
  const units = characters.reduce((sum, character) => sum + unitsOf(character), 0);
  const encoding = gsm ? 'GSM-7' : 'UCS-2';
  if (units <= single) return { encoding, units, parts: [text] };
  const parts: string[] = [];
  let begun = '';
  let used = 0;
  for (const character of characters) {
    const wanted = unitsOf(character);
    if (used + wanted > most) {
      parts.push(begun);
      begun = '';
      used = 0;
    }
    begun += character;
    used += wanted;
  }
  return { encoding, units, parts: [...parts, begun] };
}

/** What the mainland's vendors take at most. */
export const mainlandLongest = 500;

/** Every character counts one, the sign and its brackets too; up to 70 is one message, beyond that 67 each. */
export const mainlandSegments = (characters: number): number => (characters <= 70 ? 1 : Math.ceil(characters / 67));

export const signed = (text: string, sign: string): string => `【${sign}】${text}`;

export function weighMainland(text: string, sign: string): SmsWeight {
  const units = signed(text, sign).length;
  return { encoding: 'UCS-2', units, segments: mainlandSegments(units) };
}

/** In the currency of the price; to a hundredth of its hundredth, as vendors price. */
export const costOf = (segments: number, perSegment: number): number =>
  Math.round(segments * perSegment * 10_000) / 10_000;
