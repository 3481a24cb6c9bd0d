// The grammar goes on after a mistake; this finds the first place where it had to, and words it for people.
import type { SyntaxNode } from '@lezer/common';
import { aggregationNames, functionSignatures, renamedFunctions } from './functions.ts';
import { nearestName } from './nearest.ts';
import { Refusal } from './refusal.ts';

/** Of the grammar's tree, so that nothing behind it can exhaust the stack: some 1,000 operands in a row. */
const maximumDepth = 1000;

export function refuseSyntaxErrors(text: string, top: SyntaxNode): void {
  let first: SyntaxNode | null = null;
  let depth = 0;
  top.cursor().iterate(
    (node) => {
      if (++depth > maximumDepth)
        throw new Refusal(node.from, 'the expression has too many operands or is nested too deeply');
      if (!node.type.isError || (first !== null && first.from <= node.from)) return;
      first = node.node;
    },
    () => {
      depth--;
    },
  );
  if (first !== null) throw describe(text, first);
}

function describe(text: string, error: SyntaxNode): Refusal {
  const offset = skipBlanks(text, error.from);
  const found = tokenAt(text, offset);
  const before = /([a-zA-Z_:][\w:]*)\s*$/.exec(text.slice(0, offset))?.[1];
  if (found === '(' && before !== undefined) return unknownFunction(before, text.lastIndexOf(before, offset));
  if (found === '') return new Refusal(text.length, `the query ends too early${afterWord(before)}`);
  return new Refusal(offset, `unexpected ${JSON.stringify(found)}${hint(text, error, offset, found)}`);
}

/** Also names what `name` was probably meant to be. */
export function unknownFunction(name: string, offset: number): Refusal {
  const renamed = renamedFunctions.get(name);
  if (renamed !== undefined) return new Refusal(offset, `unknown function "${name}": it is called ${renamed} today`);
  const near = nearestName(name, [...functionSignatures.keys(), ...aggregationNames]);
  return new Refusal(offset, `unknown function "${name}"${near === null ? '' : `; did you mean "${near}"?`}`);
}

function hint(text: string, error: SyntaxNode, offset: number, found: string): string {
  const around = enclosing(error);
  if (around === 'LabelMatchers') {
    if (found.startsWith('=')) return ': a label matcher has one of = != =~ !~';
    if (/[=~]\s*$/.test(text.slice(0, offset)) && /^\w/.test(found))
      return `: a label value is quoted, ${JSON.stringify(found)}`;
    if (found === ',') return ' in the label matchers';
    return ' in the label matchers: label="value", separated by commas';
  }
  if (around === 'GroupingLabels') return ': labels stand in parentheses, separated by commas';
  if (/^(and|or|unless|by|without|on|ignoring|group_left|group_right|bool|offset)$/i.test(found))
    return ': the word cannot stand here';
  if (/^[\w:]/.test(found)) return ': an operator or a comma is missing before it';
  return '';
}

function enclosing(error: SyntaxNode): string | null {
  for (let node: SyntaxNode | null = error; node !== null; node = node.parent)
    if (node.name === 'LabelMatchers' || node.name === 'GroupingLabels') return node.name;
  return null;
}

const afterWord = (word: string | undefined): string => (word === undefined ? '' : ` after "${word}"`);

function skipBlanks(text: string, from: number): number {
  const blanks = /^(?:\s|#.*)*/.exec(text.slice(from));
  return from + (blanks?.[0].length ?? 0);
}

function tokenAt(text: string, offset: number): string {
  const token = /^(?:[\w:.]+|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[=!<>~]+|[\s\S])/u.exec(text.slice(offset));
  return token?.[0] ?? '';
}
