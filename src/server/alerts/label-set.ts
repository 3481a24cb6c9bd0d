// Labels and annotations as they are sent in: texts by their names. Every name is one, also __proto__.
import { z } from 'zod';
import type { LabelSet } from '../../alerts/alert.ts';

const isObject = (sent: unknown): sent is object => typeof sent === 'object' && sent !== null && !Array.isArray(sent);

/** Undefined: all of them are texts. */
const noText = (sent: object): string | undefined =>
  Object.entries(sent).find(([, value]) => typeof value !== 'string')?.[0];

const isLabelSet = (sent: unknown): sent is LabelSet => isObject(sent) && noText(sent) === undefined;

/** Taken as it is: a copy that is made by assignment would lose __proto__. */
export const labelSet = z.custom<LabelSet>(isLabelSet, {
  error: ({ input }) =>
    isObject(input) ? `the value of ${JSON.stringify(noText(input))} is no text` : 'texts by their names are expected',
});
