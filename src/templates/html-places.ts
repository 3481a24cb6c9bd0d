// How a value is written where it stands in HTML. What a place cannot hold safely becomes ZgotmplZ, as in Go.
import { htmlEscaped, jsEscaped } from './escape.ts';
import { printed } from './printf.ts';
import { withoutTags } from './tags.ts';
import type { Value } from './value.ts';

export type Place =
  | { readonly in: 'text' | 'plainText' | 'comment' | 'script' | 'style' | 'name' }
  | { readonly in: 'attribute'; readonly name: string; readonly quoted: boolean; readonly before: string };

const refused = 'ZgotmplZ';

export function escapedFor(value: Value, place: Place): string {
  const text = value === null ? '' : printed(value);
  const safe = value !== null && typeof value === 'object' && value.kind === 'safe' ? value.as : null;
  switch (place.in) {
    case 'text':
      return safe === 'html' ? text : inText(text);
    case 'plainText':
      return safe === 'html' ? normalized(text) : inText(text);
    case 'comment':
      return '';
    case 'script':
      return inScript(text);
    case 'style':
      return inStyle(text);
    case 'name':
      return /^[a-z0-9]+$/i.test(text) && !/^(?:on|style|src|href)/i.test(text) ? text : refused;
    case 'attribute': {
      const escaped = safe === 'html' && isPlain(bareName(place.name)) ? normalized(withoutTags(text)) : null;
      const written = escaped ?? inText(inAttribute(text, safe === 'url', place.name, place.before));
      return place.quoted ? written : unquotedAttribute(written);
    }
  }
}

const inText = (text: string): string => htmlEscaped(text).replaceAll('+', '&#43;');

/** What is HTML already keeps its references: `&amp;` is no `&amp;amp;`. */
const normalized = (text: string): string =>
  text
    .split('&')
    .map((part) => inText(part))
    .join('&');

const unquotedAttribute = (escaped: string): string =>
  escaped === '' ? refused : escaped.replace(/[\t\n\v\f\r =`]/g, (character) => `&#${character.charCodeAt(0)};`);

/** Nothing but letters and digits stays: it can be the inside of a string, and never be code. */
const inScript = (text: string): string =>
  jsEscaped(text).replace(/[^\w\\ ]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const inStyle = (text: string): string =>
  /^[\w\s#.%,+-]*$/.test(text) && !/expression|moz-binding|--/i.test(text) ? text : refused;

const bareName = (name: string): string => name.replace(/^data-/, '').replace(/^[^:]*:/, '');
const isPlain = (bare: string): boolean => !/^(?:on|style$|srcdoc$)/.test(bare) && !isUrlAttribute(bare);

function inAttribute(text: string, trusted: boolean, name: string, before: string): string {
  const bare = bareName(name);
  if (bare.startsWith('on')) return inScript(text);
  if (bare === 'style') return inStyle(text);
  if (bare === 'srcdoc') return htmlEscaped(text);
  if (!isUrlAttribute(bare)) return text;
  if (/[?#]/.test(before)) return percentEncoded(text, /[A-Za-z0-9\-._~]/);
  if (before === '' && !trusted && hasForeignScheme(text)) return `#${refused}`;
  return percentEncoded(text, /[A-Za-z0-9\-._~!#$&*+,/:;=?@[\]]/);
}

const isUrlAttribute = (name: string): boolean =>
  /^(?:action|archive|background|cite|classid|codebase|data|formaction|href|icon|longdesc|manifest|poster|profile|src|srcset|usemap|xmlns)$/.test(
    name,
  ) || /src|uri|url/.test(name);

function hasForeignScheme(text: string): boolean {
  const scheme = /^([^/?#]*?):/.exec(text)?.[1];
  return scheme !== undefined && !/^(?:https?|mailto)$/i.test(scheme);
}

function percentEncoded(text: string, kept: RegExp): string {
  const bytes = new TextEncoder();
  return Array.from(text)
    .map((character, index, all) => {
      if (kept.test(character)) return character;
      const isEscape =
        character === '%' && kept.test('/') && /^[0-9a-f]{2}$/i.test(all.slice(index + 1, index + 3).join(''));
      if (isEscape) return character;
      return [...bytes.encode(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    })
    .join('');
}
