// What the renderers speak with: the sentences of one language, the times of one zone, numbers as people read them.
import type { Facts } from '../../model/reason.ts';
import { fillText, type Texts } from '../../model/texts.ts';
import { instantOf, type Instant } from '../../model/units.ts';
import type { Times } from './times.ts';

export interface Voice {
  readonly texts: Texts;
  readonly times: Times;
  readonly say: (code: string, facts?: Facts) => string;
}

export const voiceOf = (texts: Texts, times: Times): Voice => ({
  texts,
  times,
  say: (code, facts) => fillText(texts, `cli.explain.${code}`, facts),
});

/** Whole as they are, others with four digits; never 1e+7. */
export const number = (value: number): string =>
  Number.isInteger(value) || Math.abs(value) >= 10_000
    ? String(Math.round(value))
    : String(Number(value.toPrecision(4)));

/** Known words are translated, those of later versions are shown as they are. */
export const wordOf = ({ texts, say }: Voice, code: string, otherwise: string): string =>
  texts.sentences[`cli.explain.${code}`] === undefined ? otherwise : say(code);

export const instantIn = (text: string): Instant => instantOf(text) ?? (0 as Instant);
