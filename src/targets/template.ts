// Queries that are written once for many targets: {{namespace}} and {{name}} within the strings of a PromQL text.
import type { QueryText } from '../model/units.ts';

const placeholder = /\{\{\s*(namespace|name)\s*\}\}/g;
/** A comment, or a string with what tells that it is a regular expression. */
const piece = /#[^\n]*|((?:[=!]~\s*)?)("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|`[^`]*`)/g;

/** Placeholders in comments are none. */
export function hasPlaceholders(query: string): boolean {
  return Array.from(query.matchAll(piece)).some(([, , literal]) => literal !== undefined && reads(literal));
}

export function fillTemplate(
  template: QueryText,
  target: { readonly namespace: string; readonly name: string },
): QueryText {
  return template.replace(piece, (whole: string, operator: string, literal: string | undefined) => {
    if (literal === undefined || !reads(literal)) return whole;
    const value = (key: string): string => {
      const text = key === 'namespace' ? target.namespace : target.name;
      return operator === '' ? text : literally(text);
    };
    const quote = literal.slice(0, 1);
    const body = literal.slice(1, -1);
    // between backquotes nothing can be escaped: the string is written with others
    const filled =
      quote === '`'
        ? JSON.stringify(body.replace(placeholder, (_, key: string) => value(key)))
        : `${quote}${body.replace(placeholder, (_, key: string) => escaped(value(key), quote))}${quote}`;
    return `${operator}${filled}`;
  }) as QueryText;
}

const reads = (literal: string): boolean => literal.search(placeholder) !== -1;

/** In a regular expression the dot of a name is a dot. */
const literally = (text: string): string => text.replaceAll('.', '[.]').replace(/[\\+*?()|{}^$]|\[(?!\.\])/g, '\\$&');

/** As it is written within that quote: the other quote needs, and has, no escape. */
function escaped(text: string, quote: string): string {
  const double = JSON.stringify(text).slice(1, -1);
  if (quote === '"') return double;
  return double.replace(/\\.|'/g, (part) => (part === '\\"' ? '"' : part === "'" ? "\\'" : part));
}
