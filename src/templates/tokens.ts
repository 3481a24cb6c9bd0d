// Cuts a template into its texts and the words within its actions.
import { unquoted } from './quote.ts';
import { TemplateError } from './template-error.ts';

export type Token =
  | { readonly kind: 'text'; readonly offset: number; readonly text: string }
  | {
      readonly kind: 'word' | 'field' | 'variable' | 'number' | 'dot' | 'mark' | 'close';
      readonly offset: number;
      readonly text: string;
      readonly spaced: boolean;
    }
  | { readonly kind: 'string'; readonly offset: number; readonly text: string; readonly spaced: boolean }
  | {
      readonly kind: 'character';
      readonly offset: number;
      readonly text: string;
      readonly code: number;
      readonly spaced: boolean;
    };

const spaces = ' \t\r\n';

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimsLeft = false;
  while (at <= text.length) {
    const open = text.indexOf('{{', at);
    const end = open < 0 ? text.length : open;
    const trimsRight = open >= 0 && text[open + 2] === '-' && spaces.includes(text[open + 3] ?? '.');
    let literal = text.slice(at, end);
    if (trimsLeft) literal = literal.replace(/^[ \t\r\n]+/, '');
    if (trimsRight) literal = withoutTrailingSpace(literal);
    if (literal !== '') tokens.push({ kind: 'text', offset: at, text: literal });
    if (open < 0) break;
    const start = open + (trimsRight ? 4 : 2);
    const action = text.startsWith('/*', start) ? comment(text, start, open) : words(text, start, open, tokens);
    at = action.end;
    trimsLeft = action.trims;
  }
  return tokens;
}

/** A regular expression for the end of a text would look at each run of spaces within it again and again. */
function withoutTrailingSpace(text: string): string {
  let end = text.length;
  while (end > 0 && spaces.includes(text[end - 1] ?? '.')) end -= 1;
  return text.slice(0, end);
}

interface ActionEnd {
  readonly end: number;
  readonly trims: boolean;
}

/** `}}`, or ` -}}` that takes the space after it away. */
function closing(text: string, at: number): ActionEnd | null {
  if (text.startsWith('}}', at)) return { end: at + 2, trims: false };
  if (spaces.includes(text[at] ?? '.') && text.startsWith('-}}', at + 1)) return { end: at + 4, trims: true };
  return null;
}

function comment(text: string, start: number, open: number): ActionEnd {
  const end = text.indexOf('*/', start + 2);
  if (end < 0) throw new TemplateError(open, 'a comment is not closed', 'end it with */}}');
  const close = closing(text, end + 2);
  if (close === null) throw new TemplateError(end, 'a comment ends before its }}', 'write nothing between */ and }}');
  return close;
}

const patterns = {
  space: /[ \t\r\n]+/y,
  raw: /`[^`]*`/y,
  string: /"(?:[^"\\\n]|\\[^\n])*"/y,
  character: /'(?:[^'\\\n]|\\[^\n])*'/y,
  number: /[+-]?(?:\.?[0-9])[\w.]*(?:(?<=[eEpP])[+-]\w*)?/y,
  variable: /\$[\p{L}\p{Nd}_]*/uy,
  field: /\.[\p{L}_][\p{L}\p{Nd}_]*/uy,
  word: /[\p{L}_][\p{L}\p{Nd}_]*/uy,
  mark: /:=|[=|(),]/y,
};

/** What may follow a name without a space. */
const endsName = new Set([' ', '\t', '\r', '\n', '.', ',', '|', ':', ')', '(', '']);

function words(text: string, start: number, open: number, tokens: Token[]): ActionEnd {
  let at = start;
  let spaced = false;
  const first = tokens.length;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  const refuse = (message: string, mend: string): never => {
    throw new TemplateError(at, message, mend);
  };
  for (;;) {
    const close = closing(text, at);
    if (close !== null) {
      if (tokens.length === first) throw new TemplateError(open, 'an action says nothing', 'take the {{ }} out');
      tokens.push({ kind: 'close', offset: at, text: '}}', spaced });
      return close;
    }
    if (at >= text.length) throw new TemplateError(open, 'an action is not closed', 'end it with }}');
    const space = take(patterns.space);
    if (space !== null) {
      // the space before -}} belongs to it
      at += text.startsWith('-}}', at + space.length) ? space.length - 1 : space.length;
      spaced = true;
      continue;
    }
    const offset = at;
    const character = text[at] ?? '';
    if (character === '"' || character === '`') {
      const found = take(character === '"' ? patterns.string : patterns.raw);
      if (found === null) return refuse('a string is not closed', `end it with ${character}`);
      const value = character === '`' ? found.slice(1, -1).replaceAll('\r', '') : unquoted(found.slice(1, -1), '"');
      if (value === null) return refuse(`the string ${found} has an escape that is none`, 'write \\\\ for a backslash');
      at += found.length;
      tokens.push({ kind: 'string', offset, text: value, spaced });
    } else if (character === "'") {
      const found = take(patterns.character);
      const value = found === null ? null : unquoted(found.slice(1, -1), "'");
      const points = Array.from(value ?? '');
      if (found === null || points.length !== 1)
        return refuse('a character in single quotes must be one', 'write a text in double quotes');
      at += found.length;
      tokens.push({ kind: 'character', offset, text: found, code: points[0]?.codePointAt(0) ?? 0, spaced });
    } else if (/[0-9]/.test(character) || (/[+\-.]/.test(character) && /^[+-]?\.?[0-9]/.test(text.slice(at, at + 3)))) {
      const found = take(patterns.number) ?? character;
      at += found.length;
      tokens.push({ kind: 'number', offset, text: found, spaced });
    } else {
      const token = name(take, character, offset, spaced);
      if (token === null)
        return refuse(`${JSON.stringify(character)} has no meaning within an action`, 'write texts in double quotes');
      at += token.text.length;
      if (token.kind !== 'mark' && token.kind !== 'dot' && !endsName.has(text[at] ?? '') && closing(text, at) === null)
        return refuse(`${JSON.stringify(text[at])} stands right behind ${token.text}`, 'put a space between them');
      tokens.push(token);
    }
    spaced = false;
  }
}

function name(
  take: (pattern: RegExp) => string | null,
  character: string,
  offset: number,
  spaced: boolean,
): Token | null {
  if (character === '$') return { kind: 'variable', offset, text: take(patterns.variable) ?? '$', spaced };
  if (character === '.') {
    const field = take(patterns.field);
    return field === null ? { kind: 'dot', offset, text: '.', spaced } : { kind: 'field', offset, text: field, spaced };
  }
  const word = take(patterns.word);
  if (word !== null) return { kind: 'word', offset, text: word, spaced };
  const mark = take(patterns.mark);
  return mark === null ? null : { kind: 'mark', offset, text: mark, spaced };
}
