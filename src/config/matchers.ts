// Alertmanager's matchers, only as far as to say what is wrong with one and where.
import { RE2JS } from 're2js';
import { messageOf } from '../model/errors.ts';

export interface MatcherMistake {
  /** counts characters within the text */
  readonly offset: number;
  readonly message: string;
}

const matcher = /^(\s*)([a-zA-Z_:][\w:]*)(\s*)(=~|!~|!=|=)(\s*)("(?:[^"\\]|\\.)*"|[^",\s{}]*)(\s*)$/;

/** `severity="page"`, `{team=~"pay|core",env!="test"}`; null where it is right. */
export function matcherMistake(text: string): MatcherMistake | null {
  const open = /^\s*\{/.exec(text)?.[0].length ?? 0;
  const close = open > 0 ? text.lastIndexOf('}') : text.length;
  if (open > 0 && close < open) return { offset: text.length, message: 'the closing brace is missing' };
  let offset = open;
  for (const part of splitAtCommas(text.slice(open, close))) {
    const mistake = mistakeIn(part);
    if (mistake !== null) return { ...mistake, offset: offset + mistake.offset };
    offset += part.length + 1;
  }
  return null;
}

function splitAtCommas(text: string): string[] {
  const parts = text.match(/(?:"(?:[^"\\]|\\.)*"?|[^",])+/g) ?? [text];
  return [...parts];
}

function mistakeIn(part: string): MatcherMistake | null {
  const found = matcher.exec(part);
  if (found === null)
    return { offset: part.length - part.trimStart().length, message: `"${part.trim()}" is no matcher: ${why(part)}` };
  const [, indent = '', name = '', gap = '', operator = '', space = '', written = ''] = found;
  const place = indent.length + name.length + gap.length + operator.length + space.length;
  if (!operator.endsWith('~')) return null;
  const pattern = written.startsWith('"') ? written.slice(1, -1).replace(/\\(["\\])/g, '$1') : written;
  try {
    RE2JS.compile(`^(?:${pattern})$`);
    return null;
  } catch (error) {
    return {
      offset: place,
      message: `the regular expression ${written} cannot be read: ${messageOf(error).replace('error parsing regexp: ', '')}`,
    };
  }
}

function why(part: string): string {
  if ((part.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1) return 'the closing double quote is missing';
  if (/==/.test(part)) return 'equal is written with one =';
  if (!/[=~]/.test(part)) return 'a label, an operator and a value are expected';
  if (/'/.test(part)) return 'the value stands in double quotes';
  return 'the label has letters, digits and _ only, the value stands in double quotes';
}
