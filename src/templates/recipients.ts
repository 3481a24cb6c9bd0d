// Names and addresses in one line, as `to` of email_configs has them, taken apart; templates in it stay whole.
import { functionsOf } from './functions.ts';
import type { Node, Parsed } from './nodes.ts';
import { parse } from './parse.ts';
import { TemplateError } from './template-error.ts';

export const isTemplate = (to: string): boolean => to.includes('{{');

/** Each of them once. */
export const splitRecipients = (to: string): string[] => splitAt(to, partingCommas(outerTexts(to)));

/** What templates have come to: braces in it are nobody's template. */
export const splitAddresses = (text: string): string[] => splitAt(text, partingCommas([{ text, at: 0 }]));

function splitAt(to: string, commas: readonly number[]): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const comma of [...commas, to.length]) {
    parts.push(to.slice(from, comma).trim());
    from = comma + 1;
  }
  return [...new Set(parts)].filter((part) => part !== '');
}

interface Outer {
  readonly text: string;
  readonly at: number;
}

/** Not those in quotes. */
function partingCommas(texts: readonly Outer[]): readonly number[] {
  // where one quote is too many it is somebody's mistake, and none of them holds anything together
  const isBalanced = texts.flatMap(({ text }) => text.match(/"/g) ?? []).length % 2 === 0;
  const commas: number[] = [];
  let quoted = false;
  for (const { text, at } of texts)
    for (const { 0: mark, index } of text.matchAll(/[",]/g)) {
      if (mark === '"') quoted = isBalanced && !quoted;
      else if (!quoted) commas.push(at + index);
    }
  return commas;
}

/** Of a template, what stands outside of every action and branch; nothing where its parts do not stand for themselves. */
function outerTexts(to: string): readonly Outer[] {
  if (!isTemplate(to)) return [{ text: to, at: 0 }];
  const read = parsedOrNull(to);
  if (read === null || read.defined.length > 0 || read.main.nodes.some(setsVariable)) return [];
  return read.main.nodes.flatMap((node) =>
    // `-}}` takes the space away that it begins with
    node.kind === 'text' ? [{ text: node.text, at: to.indexOf(node.text, node.offset) }] : [],
  );
}

const setsVariable = (node: Node): boolean => node.kind === 'action' && node.pipe.variables.length > 0;

const functions: ReadonlySet<string> = new Set(functionsOf.alertmanager.keys());

function parsedOrNull(to: string): Parsed | null {
  try {
    return parse(to, { functions, variables: [] });
  } catch (error) {
    if (error instanceof TemplateError) return null;
    throw error;
  }
}
