// JSON read where it stands: what is wanted is parsed, what is not is stepped over and never becomes an object.

/** What is kept of a value: all of it, of an object these members, of an array this of each element. */
export type Kept = 'whole' | { readonly members: ReadonlyMap<string, Kept> } | { readonly each: Kept };

/** Written like the object that is to come out: `true` is all of it, an array of one is a list of such. */
export type Wish = true | readonly [Wish] | { readonly [key: string]: Wish };

/** Thrown for text that is no JSON, in words that fit behind a colon. */
export class BrokenText extends Error {}

const quote = 34;
const comma = 44;
const colon = 58;
const backslash = 92;
const openBrace = 123;
const openBracket = 91;
const closeBrace = 125;
const closeBracket = 93;

const isList = (wish: Exclude<Wish, true>): wish is readonly [Wish] => Array.isArray(wish);

export function keptOf(wish: Wish): Kept {
  if (wish === true) return 'whole';
  if (isList(wish)) return { each: keptOf(wish[0]) };
  return { members: new Map(Object.entries(wish).map(([key, value]) => [key, keptOf(value)])) };
}

/** Goes through a text once, from its front to its end. */
export class JsonReader {
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = 0;
    this.#space();
  }

  /** The keys of the object that begins here, one by one: after each its value must be read or stepped over. */
  *members(): Generator<string, undefined> {
    if (this.#code() !== openBrace) throw new BrokenText('it is no JSON object');
    for (let more = this.#enter(closeBrace); more; more = this.#goOn(closeBrace)) yield this.#key();
    return undefined;
  }

  /** Of the array that begins here what is kept of each element; anything but an array is stepped over. */
  *elements(kept: Kept): Generator<unknown, undefined> {
    if (this.#code() !== openBracket) this.skip();
    else for (let more = this.#enter(closeBracket); more; more = this.#goOn(closeBracket)) yield this.read(kept);
    return undefined;
  }

  /** The same as a parse with all that is not kept left out; a value of another kind than expected is read whole. */
  read(kept: Kept): unknown {
    const first = this.#code();
    if (kept !== 'whole' && 'members' in kept && first === openBrace) {
      const object: Record<string, unknown> = {};
      for (let more = this.#enter(closeBrace); more; more = this.#goOn(closeBrace)) {
        const key = this.#key();
        const wanted = kept.members.get(key);
        if (wanted === undefined) this.skip();
        else object[key] = this.read(wanted);
      }
      return object;
    }
    if (kept !== 'whole' && 'each' in kept && first === openBracket) {
      const list: unknown[] = [];
      for (let more = this.#enter(closeBracket); more; more = this.#goOn(closeBracket)) list.push(this.read(kept.each));
      return list;
    }
    const start = this.#at;
    this.skip();
    return parse(this.#text.slice(start, this.#at));
  }

  skip(): void {
    const text = this.#text;
    const first = this.#code();
    if (first === quote) this.#at = endOfString(text, this.#at);
    else if (first === openBrace || first === openBracket) this.#at = endOfNest(text, this.#at);
    else this.#at = endOfWord(text, this.#at);
  }

  /** Into the object or array that begins here: is there anything in it? */
  #enter(closing: number): boolean {
    this.#at += 1;
    this.#space();
    if (this.#code() !== closing) return true;
    this.#at += 1;
    return false;
  }

  /** Behind a value: does another one follow? */
  #goOn(closing: number): boolean {
    this.#space();
    const code = this.#code();
    if (code !== comma && code !== closing)
      throw new BrokenText(this.#at >= this.#text.length ? 'it ends in the middle' : 'a comma is missing');
    this.#at += 1;
    this.#space();
    return code === comma;
  }

  #key(): string {
    const start = this.#at;
    if (this.#code() !== quote) throw new BrokenText('the name of a field is missing');
    this.#at = endOfString(this.#text, start);
    const raw = this.#text.slice(start + 1, this.#at - 1);
    const key = raw.includes('\\') ? String(parse(this.#text.slice(start, this.#at))) : raw;
    this.#space();
    if (this.#code() !== colon) throw new BrokenText('a colon is missing');
    this.#at += 1;
    this.#space();
    return key;
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #space(): void {
    while (this.#text.charCodeAt(this.#at) <= 32) this.#at += 1;
  }
}

/** Makes a copy, never a part of the text: whoever keeps a few letters must not keep the page that they stood in. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new BrokenText('an object in it is broken', { cause });
  }
}

/** One past the bracket that closes the one at `at`. */
function endOfNest(text: string, at: number): number {
  let depth = 0;
  for (let here = at; here < text.length; here++) {
    const code = text.charCodeAt(here);
    if (code === quote) here = endOfString(text, here) - 1;
    else if (code === openBrace || code === openBracket) depth++;
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return here + 1;
  }
  throw new BrokenText('it ends in the middle');
}

function endOfString(text: string, at: number): number {
  for (let here = at + 1; here < text.length; here++) {
    const code = text.charCodeAt(here);
    if (code === quote) return here + 1;
    if (code === backslash) here++;
  }
  throw new BrokenText('it ends in the middle');
}

function endOfWord(text: string, at: number): number {
  let end = at;
  while (end < text.length && !/[\s,}\]]/.test(text.charAt(end))) end++;
  if (end === at) throw new BrokenText('a value is missing');
  return end;
}
