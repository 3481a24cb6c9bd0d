// A first look at the characters: strings that are not closed and brackets that do not match, at the place where they begin; `5.`.
import { Refusal } from './refusal.ts';

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Refused here, before the grammar spends time on what nobody writes. */
const maximumNesting = 200;

/** Says it better than a grammar can: a forgotten bracket is reported where it was opened, not at the end of the text. */
export function checkBrackets(text: string): void {
  const open: { readonly bracket: string; readonly at: number }[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '#') {
      at = endOfLine(text, at);
    } else if (character === '"' || character === "'" || character === '`') {
      at = endOfString(text, at);
    } else if (isStrangeBlank(character)) {
      throw new Refusal(at, strangeBlank(character));
    } else if (character in closing) {
      if (open.push({ bracket: character, at }) > maximumNesting)
        throw new Refusal(at, `brackets are nested deeper than ${String(maximumNesting)} levels`);
    } else if (character === ')' || character === ']' || character === '}') {
      const last = open.pop();
      if (last === undefined) throw new Refusal(at, `"${character}" closes nothing`);
      const wanted = closing[last.bracket] ?? '';
      if (wanted !== character)
        throw new Refusal(
          at,
          `"${character}" stands where "${wanted}" must close the "${last.bracket}" at ${String(last.at)}`,
        );
    }
  }
  const left = open.pop();
  if (left !== undefined) throw new Refusal(left.at, `"${left.bracket}" is not closed`);
}

/** Prometheus knows the blank, the tab and the ends of lines; others come from a web page or a keyboard for Chinese, and look alike. */
const isStrangeBlank = (character: string): boolean => /[^\S \t\r\n]/.test(character);

function strangeBlank(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return `a blank that PromQL does not know (U+${code}): write a plain one`;
}

/** Where nothing is read: strings and comments. */
const left = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|${'`[^`]*`'}|#.*`;
const barePoint = new RegExp(String.raw`${left}|(?<![\w.:])(\d[\d_]*)\.(e[+-]?\d+)?(?![\w.])`, 'gi');
const formerFunction = new RegExp(String.raw`${left}|(?<![\w.:])(holt_winters)(?=\s*\()`, 'g');

/** `5.` is a number that the grammar does not know: written `5 `, so that every place stays where it is. */
export const withoutBarePoints = (text: string): string =>
  text.replace(barePoint, (all: string, digits?: string, exponent = '') =>
    digits === undefined ? all : `${digits}${exponent} `,
  );

/** For the grammar alone, which has forgotten the name: a function that is called by one of the same length. */
export const withoutFormerFunctions = (text: string): string =>
  text.replace(formerFunction, (all: string, name?: string) => (name === undefined ? all : 'day_of_month'));

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function endOfString(text: string, from: number): number {
  const quote = text[from] ?? '';
  for (let at = from + 1; at < text.length; at++) {
    const character = text[at];
    if (character === quote) return at;
    if (quote === '`') continue;
    if (character === '\\') at++;
    else if (character === '\n') break;
  }
  throw new Refusal(from, `the string ${text.slice(from, from + 20)} is not closed`);
}
