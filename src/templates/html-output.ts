// HTML output: follows the markup that the template itself writes, and escapes each value for the place it lands in.
import { escapedFor } from './html-places.ts';
import type { Place } from './html-places.ts';
import type { Output } from './execute.ts';
import { beginsTag } from './tags.ts';

/** Where the literal text has come to. */
type State =
  | { readonly at: 'text' | 'comment' | 'beforeName' | 'afterName' | 'beforeValue' }
  | { readonly at: 'tagName' | 'attributeName'; readonly name: string }
  | { readonly at: 'value'; readonly name: string; readonly quote: string; readonly before: string }
  | { readonly at: 'raw'; readonly element: string };

const rawElements = new Set(['script', 'style', 'textarea', 'title']);
/** Their text is text, and ends with their own tag only. */
const textElements = new Set(['textarea', 'title']);
const beginsDoctype = /^<!doctype/i;

/** Of a value's text only this much matters: whether there is any, and whether a query has begun. */
const soFar = (before: string, more: string): string =>
  before === '?' || /[?#]/.test(more) ? '?' : before === '' && more === '' ? '' : 'x';

export function htmlOutput(): Output {
  const parts: string[] = [];
  let length = 0;
  let state: State = { at: 'text' };
  let element = '';
  let attribute = '';

  const emit = (text: string): void => {
    parts.push(text);
    length += text.length;
  };

  /** Where a `<` of the literal text begins no tag: left as it is, what stands behind it might make it one. */
  let lone: number[] = [];

  function emitLiteral(text: string): void {
    let from = 0;
    for (const at of lone) {
      emit(`${text.slice(from, at)}&lt;`);
      from = at + 1;
    }
    emit(text.slice(from));
    lone = [];
  }

  /** Reads on from `from`; says where it stopped. */
  function step(text: string, from: number): number {
    const character = text[from] ?? '';
    switch (state.at) {
      case 'text': {
        const open = text.indexOf('<', from);
        if (open < 0) return text.length;
        if (text.startsWith('<!--', open)) {
          state = { at: 'comment' };
          return open + 4;
        }
        const ahead = text.slice(open, open + 9);
        if (beginsTag.test(ahead)) state = { at: 'tagName', name: '' };
        else if (!beginsDoctype.test(ahead)) lone.push(open);
        return open + 1;
      }
      case 'comment': {
        const close = text.indexOf('-->', from);
        if (close < 0) return text.length;
        state = { at: 'text' };
        return close + 3;
      }
      case 'raw': {
        const close = text.toLowerCase().indexOf(`</${state.element}`, from);
        if (textElements.has(state.element))
          lone.push(...placesOf('<', text.slice(0, close < 0 ? undefined : close), from));
        if (close < 0) return text.length;
        state = { at: 'tagName', name: '' };
        return close + 1;
      }
      case 'tagName':
        if (/[^\s/>]/.test(character) || (character === '/' && state.name === ''))
          state = { at: 'tagName', name: state.name + character };
        else {
          element = state.name.toLowerCase();
          state = { at: 'beforeName' };
          return from;
        }
        return from + 1;
      case 'beforeName':
        if (character === '>') endTag();
        else if (/[^\s/]/.test(character)) state = { at: 'attributeName', name: character };
        return from + 1;
      case 'attributeName':
        if (/[\s/>=]/.test(character)) {
          attribute = state.name.toLowerCase();
          state = { at: 'afterName' };
          return from;
        }
        state = { at: 'attributeName', name: state.name + character };
        return from + 1;
      case 'afterName':
        if (character === '=') state = { at: 'beforeValue' };
        else if (!/\s/.test(character)) {
          state = { at: 'beforeName' };
          return from;
        }
        return from + 1;
      case 'beforeValue':
        if (/\s/.test(character)) return from + 1;
        if (character === '>') {
          endTag();
          return from + 1;
        }
        if (character === '"' || character === "'") {
          state = { at: 'value', name: attribute, quote: character, before: '' };
          return from + 1;
        }
        state = { at: 'value', name: attribute, quote: '', before: '' };
        return from;
      case 'value': {
        const { name, quote, before } = state;
        const end = quote === '' ? text.slice(from).search(/[\s>]/) : text.indexOf(quote, from) - from;
        if (end < 0) {
          state = { at: 'value', name, quote, before: soFar(before, text.slice(from)) };
          return text.length;
        }
        state = { at: 'beforeName' };
        return from + end + quote.length;
      }
    }
  }

  function endTag(): void {
    state = rawElements.has(element) ? { at: 'raw', element } : { at: 'text' };
  }

  function place(): Place {
    switch (state.at) {
      case 'text':
        return { in: 'text' };
      case 'comment':
        return { in: 'comment' };
      case 'raw':
        return { in: state.element === 'script' ? 'script' : state.element === 'style' ? 'style' : 'plainText' };
      case 'tagName':
      case 'beforeName':
      case 'attributeName':
      case 'afterName':
        return { in: 'name' };
      case 'beforeValue':
        state = { at: 'value', name: attribute, quote: '', before: '' };
        return { in: 'attribute', name: attribute, quoted: false, before: '' };
      case 'value':
        return { in: 'attribute', name: state.name, quoted: state.quote !== '', before: state.before };
    }
  }

  return {
    literal(text) {
      for (let at = 0; at < text.length;) at = step(text, at);
      emitLiteral(text);
    },
    value(value) {
      const here = place();
      const text = escapedFor(value, here);
      if (state.at === 'value') state = { ...state, before: soFar(state.before, text === '' ? '' : 'x') };
      emit(text);
    },
    length: () => length,
    text: () => parts.join(''),
  };
}

function placesOf(character: string, text: string, from: number): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(character, from); at >= 0; at = text.indexOf(character, at + 1)) places.push(at);
  return places;
}
