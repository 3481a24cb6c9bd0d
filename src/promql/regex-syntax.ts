// Reads regular expressions in RE2's syntax: finds what RE2 refuses, and says whether the empty text matches.

export type RegexReading =
  | { readonly kind: 'ok'; readonly matchesEmpty: boolean }
  /** `offset` is counted within the pattern. */
  | { readonly kind: 'error'; readonly offset: number; readonly message: string };

class RegexError extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const maximumRepeat = 1000;
const maximumDepth = 200;
const posixClasses = /^\[:\^?(alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;

export function readRegex(pattern: string): RegexReading {
  const reader = new RegexReader(pattern);
  try {
    return { kind: 'ok', matchesEmpty: reader.whole() };
  } catch (error) {
    if (error instanceof RegexError) return { kind: 'error', offset: error.offset, message: error.message };
    throw error;
  }
}

/** Every method consumes what it names and returns whether that can match the empty text when it is the whole text. */
class RegexReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  readonly #groupNames = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  whole(): boolean {
    const empty = this.#alternatives();
    if (this.#at < this.#text.length) throw new RegexError(this.#at, 'unexpected ) in the regular expression');
    return empty;
  }

  #alternatives(): boolean {
    let empty = this.#sequence();
    while (this.#take('|')) {
      const next = this.#sequence();
      empty ||= next;
    }
    return empty;
  }

  #sequence(): boolean {
    let empty = true;
    while (this.#at < this.#text.length && !this.#sees('|') && !this.#sees(')')) {
      const flags = /^\(\?(?:[imsU]+(?:-[imsU]+)?|-[imsU]+)?\)/.exec(this.#text.slice(this.#at, this.#at + 24));
      if (flags !== null) {
        this.#at += flags[0].length;
        continue;
      }
      const next = this.#repeated();
      empty &&= next;
    }
    return empty;
  }

  #repeated(): boolean {
    const from = this.#at;
    let empty = this.#atom();
    let repeats = 0;
    for (;;) {
      const operator = this.#repetition();
      if (operator === null) return empty;
      // a second repetition without a group is an error for RE2, not a possessive operator
      if (++repeats > 1) throw new RegexError(from, 'repeats a repetition; put the first one in a group');
      if (operator === 'optional') empty = true;
      this.#take('?');
    }
  }

  #repetition(): 'optional' | 'needed' | null {
    if (this.#take('*') || this.#take('?')) return 'optional';
    if (this.#take('+')) return 'needed';
    const counts = /^\{(\d+)(,(\d*))?\}/.exec(this.#text.slice(this.#at, this.#at + 24));
    if (counts === null) return null;
    const least = Number(counts[1]);
    const most = counts[2] === undefined ? least : counts[3] === '' ? least : Number(counts[3]);
    if (least > maximumRepeat || most > maximumRepeat || most < least)
      throw new RegexError(this.#at, `the repetition ${counts[0]} is out of range (at most ${String(maximumRepeat)})`);
    this.#at += counts[0].length;
    return least === 0 ? 'optional' : 'needed';
  }

  #atom(): boolean {
    const from = this.#at;
    const character = this.#text[this.#at++] ?? '';
    switch (character) {
      case '(':
        return this.#group(from);
      case '[':
        this.#class(from);
        return false;
      case '\\':
        return this.#escape(from, false);
      case '^':
      case '$':
        return true;
      case '*':
      case '+':
      case '?':
        throw new RegexError(from, `nothing stands before ${character} that it could repeat`);
      case '{':
        this.#at = from;
        if (this.#repetition() !== null) throw new RegexError(from, 'nothing stands before { that it could repeat');
        this.#at = from + 1;
        return false;
      default:
        if (/[\ud800-\udbff]/.test(character)) this.#at++;
        return false;
    }
  }

  #group(from: number): boolean {
    if (this.#depth++ > maximumDepth) throw new RegexError(from, 'groups are nested too deeply');
    if (this.#take('?')) {
      const rest = this.#text.slice(this.#at);
      if (/^(<?[=!])/.test(rest)) throw new RegexError(from, 'lookaround is not known to RE2');
      const named = /^P?<([^>]*)>/.exec(rest);
      const flags = /^[imsU]*(-[imsU]+)?:/.exec(rest);
      if (named !== null) this.#groupName(named[1] ?? '', from);
      else if (flags === null) throw new RegexError(from, 'is not a kind of group that RE2 knows');
      this.#at += (named ?? flags)?.[0].length ?? 0;
    }
    const empty = this.#alternatives();
    if (!this.#take(')')) throw new RegexError(from, 'the group is not closed');
    this.#depth--;
    return empty;
  }

  #groupName(name: string, from: number): void {
    if (!/^\w+$/.test(name) || this.#groupNames.has(name))
      throw new RegexError(from, `"${name}" cannot be the name of a group, or stands twice`);
    this.#groupNames.add(name);
  }

  #class(from: number): void {
    this.#take('^');
    let first = true;
    while (first || !this.#sees(']')) {
      if (this.#at >= this.#text.length) throw new RegexError(from, 'the character class is not closed');
      first = false;
      const posix = this.#sees('[') ? posixClasses.exec(this.#text.slice(this.#at, this.#at + 14)) : null;
      if (posix !== null) {
        this.#at += posix[0].length;
        continue;
      }
      if (/^\[:\^?[a-z]+:\]/.test(this.#text.slice(this.#at, this.#at + 16)))
        throw new RegexError(this.#at, 'names a character class that RE2 does not know');
      this.#range();
    }
    this.#at++;
  }

  #range(): void {
    const from = this.#at;
    const low = this.#classCharacter();
    if (low === null || !this.#sees('-') || this.#text[this.#at + 1] === ']' || this.#at + 1 >= this.#text.length)
      return;
    this.#at++;
    const high = this.#classCharacter();
    if (high === null || high < low)
      throw new RegexError(from, `the range ${this.#text.slice(from, this.#at)} is empty or has no ends`);
  }

  /** The code point of a single character; null for a class such as \d. */
  #classCharacter(): number | null {
    const from = this.#at;
    const code = this.#text.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    if (code !== 0x5c) return code;
    this.#escape(from, true);
    const escaped = this.#text.slice(from + 1, this.#at);
    if (/^[dDwWsSpP]/.test(escaped)) return null;
    if (/^x/.test(escaped)) return parseInt(escaped.replace(/^x\{?/, ''), 16);
    if (/^[0-7]/.test(escaped)) return parseInt(escaped, 8);
    const control = 'abtnvfr'.indexOf(escaped);
    return control > 0 || escaped === 'a'
      ? ([7, 8, 9, 10, 11, 12, 13][control] ?? null)
      : (escaped.codePointAt(0) ?? null);
  }

  #escape(from: number, inClass: boolean): boolean {
    const rest = this.#text.slice(this.#at);
    const literal = inClass ? null : /^Q([\s\S]*?)(\\E|$)/.exec(rest);
    if (literal !== null) {
      this.#at += literal[0].length;
      return literal[1] === '';
    }
    if (!inClass && /^[AzBb]/.test(rest)) {
      this.#at++;
      return rest[0] !== 'b';
    }
    const known =
      /^(?:[dDwWsSaftnrv]|x[0-9a-fA-F]{2}|x\{[0-9a-fA-F]{1,6}\}|[pP](?:[A-Z]|\{\^?\w+\})|0[0-7]{0,2}|[1-7][0-7]{1,2}|[^0-9A-Za-z\u{80}-\u{10ffff}])/u.exec(
        rest,
      );
    if (known === null) {
      const reason = /^[1-9k]/.test(rest) ? 'references back, which RE2 does not know' : 'is not an escape of RE2';
      throw new RegexError(from, `\\${rest.slice(0, 1)} ${reason}`);
    }
    this.#at += known[0].length;
    return false;
  }

  #sees(character: string): boolean {
    return this.#text[this.#at] === character;
  }

  #take(character: string): boolean {
    if (!this.#sees(character)) return false;
    this.#at++;
    return true;
  }
}
