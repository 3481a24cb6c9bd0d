// Labels and annotations as they are sent in: texts by their names. Every name is one, also __proto__; null is no text, and says nothing.
import { z } from 'zod';
import type { LabelSet } from '../../alerts/alert.ts';

const isObject = (sent: unknown): sent is object => typeof sent === 'object' && sent !== null && !Array.isArray(sent);

/** Undefined: all of them are texts, or nothing. */
const noText = (sent: object): string | undefined =>
  Object.entries(sent).find(([, value]) => typeof value !== 'string' && value !== null)?.[0];

type SentSet = Readonly<Record<string, string | null>>;

const isSentSet = (sent: unknown): sent is SentSet => isObject(sent) && noText(sent) === undefined;

const isWhole = (sent: SentSet): sent is LabelSet => !Object.values(sent).includes(null);

const textsOf = (sent: SentSet): LabelSet =>
  Object.fromEntries(
    Object.entries(sent).flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]])),
  );

/** Taken as it is where it can be: a copy that is made by assignment would lose __proto__. */
export const labelSet = z
  .custom<SentSet>(isSentSet, {
    error: ({ input }) =>
      isObject(input)
        ? `the value of ${JSON.stringify(noText(input))} is no text`
        : 'texts by their names are expected',
  })
  .transform((sent): LabelSet => (isWhole(sent) ? sent : textsOf(sent)));
