// Windows and periods as sentences have them. There are few, and thousands of targets a tick say theirs.
import type { Milliseconds } from '../../model/units.ts';

const texts = new Map<Milliseconds, string>();
const mostTexts = 1_000;

export function inSeconds(span: Milliseconds): string {
  let text = texts.get(span);
  if (text === undefined) {
    if (texts.size >= mostTexts) texts.clear();
    texts.set(span, (text = `${span / 1000} s`));
  }
  return text;
}
