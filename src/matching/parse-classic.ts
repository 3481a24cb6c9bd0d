// Matchers as Alertmanager read them before UTF-8 names: lenient, quotes are optional, an unknown escape stands for itself.
import { MatcherError } from './matcher-error.ts';
import type { Matcher, MatchOperator } from './matchers.ts';

const shape = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*(.*?)[\t\n\f\r ]*$/s;

export interface Placed extends Matcher {
  /** where its value stands in the text */
  readonly valueAt: number;
}

/** A brace at either end is taken off, whether or not there is one at the other. */
export function parseClassic(text: string): Placed[] {
  const start = text.startsWith('{') ? 1 : 0;
  const inner = text.slice(start).replace(/\}$/, '');
  let offset = start;
  return splitAtCommas(inner).map((part) => {
    const matcher = readPart(part, offset);
    offset += part.length + 1;
    return matcher;
  });
}

function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let escaped = false;
  for (const character of text) {
    if (character === ',' && !quoted) {
      parts.push(part);
      part = '';
      continue;
    }
    if (character === '"') {
      if (!escaped) quoted = !quoted;
      escaped = false;
    } else if (character === '\\') escaped = !escaped;
    // A comma within quotes leaves a backslash before it pending, as it always did.
    else if (character !== ',') escaped = false;
    part += character;
  }
  return part.trim() === '' ? parts : [...parts, part];
}

function readPart(text: string, offset: number): Placed {
  const found = shape.exec(text);
  const start = offset + text.length - text.trimStart().length;
  if (found === null) throw new MatcherError(text.trim(), start, 'a label name, an operator and a value are expected');
  const [, name = '', operator = '', raw = ''] = found;
  const valueAt = offset + text.trimEnd().length - raw.length;
  const refuse = (why: string): MatcherError => new MatcherError(text.trim(), valueAt, why);
  return { name, operator: operator as MatchOperator, value: unescaped(raw, refuse), valueAt };
}

function unescaped(raw: string, refuse: (why: string) => MatcherError): string {
  const isQuoted = raw.startsWith('"');
  const body = isQuoted ? raw.slice(1) : raw;
  let value = '';
  for (let index = 0; index < body.length; index += 1) {
    const character = body.charAt(index);
    const isLast = index === body.length - 1;
    if (character === '\\' && !isLast) {
      index += 1;
      value += meaningOf(body.charAt(index));
    } else if (character === '"') {
      if (!isQuoted || !isLast) throw refuse('a double quote inside the value needs a backslash');
      return value;
    } else value += character;
  }
  if (isQuoted) throw refuse('the closing double quote is missing');
  return value;
}

function meaningOf(character: string): string {
  if (character === 'n') return '\n';
  return character === '"' || character === '\\' ? character : `\\${character}`;
}
