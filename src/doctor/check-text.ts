// A check for people: one line, and beneath what is not well how to mend it.
import { fillText, type Texts } from '../model/texts.ts';
import type { Check } from './diagnose.ts';

export const sentenceOf = (texts: Texts, { code, facts }: Check): string =>
  fillText(texts, `cli.doctor.${code}`, facts);

export const mendOf = (texts: Texts, { code, facts }: Check): string =>
  fillText(texts, `cli.doctor.${code}.mend`, facts);

export function checkText(texts: Texts, check: Check): string {
  const mark = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' }[check.state];
  const line = `${mark}  ${sentenceOf(texts, check)}`;
  return check.state === 'ok' ? line : `${line}\n      ${mendOf(texts, check)}`;
}
