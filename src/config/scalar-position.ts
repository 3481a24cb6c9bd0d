// Where a character of a YAML scalar's value stands in the file: quotes, escapes, folding and indentation between them.
import type { Scalar } from 'yaml';

/** The values of \x41, \u0041 and \U00000041 are one character; so is every other escape. */
const escape = /^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S])/;

/**
 * Folding changes white space only. So the n-th character of the value that is no white space is the n-th such character
 * of the written text, in every style.
 */
export function positionInScalar(text: string, scalar: Scalar, offset: number): number {
  const [start, end] = scalar.range ?? [0, 0];
  const value = String(scalar.value);
  if (scalar.type === 'PLAIN' && !text.slice(start, end).includes('\n')) return Math.min(start + offset, end);
  const wanted = value.slice(0, offset).replace(/\s/g, '').length;
  const after = /\s/.test(value[offset] ?? ' ');
  const places = writtenCharacters(text, scalar, start, end);
  const place = after ? places[wanted - 1] : places[wanted];
  if (place === undefined) return Math.max(start, end - 1);
  return after ? place + 1 : place;
}

/** Places of the characters that stand for something other than white space. */
function writtenCharacters(text: string, scalar: Scalar, start: number, end: number): number[] {
  const places: number[] = [];
  const quote = scalar.type === 'QUOTE_DOUBLE' ? '"' : scalar.type === 'QUOTE_SINGLE' ? "'" : null;
  const block = scalar.type === 'BLOCK_FOLDED' || scalar.type === 'BLOCK_LITERAL';
  let at = quote === null ? start : start + 1;
  // the header of a block scalar: "|", ">-", "|2 # comment"
  if (block) at = text.indexOf('\n', start) + 1;
  const stop = quote === null ? end : end - 1;
  while (at < stop) {
    const written = text.slice(at, at + 10);
    const escaped =
      quote === '"' ? escape.exec(written)?.[0] : quote === "'" && written.startsWith("''") ? "''" : undefined;
    const length = escaped?.length ?? 1;
    const blank = escaped === undefined ? /\s/.test(text[at] ?? '') : /^\\[nrt_ NLPv\n]$/.test(escaped);
    if (!blank) places.push(at);
    at += length;
  }
  return places;
}
