// Names and addresses in one line, as `to` of email_configs has them, taken apart; templates in it stay whole.
import { functionsOf } from './functions.ts';
import type { Node, Parsed, TextNode } from './nodes.ts';
import { parse } from './parse.ts';
import { TemplateError } from './template-error.ts';

/** Each of them once. */
export function splitRecipients(to: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const comma of [...partingCommas(to), to.length]) {
    parts.push(to.slice(from, comma).trim());
    from = comma + 1;
  }
  return [...new Set(parts)].filter((part) => part !== '');
}

/** Not those in quotes, nor those within an action, or a branch, of a template. */
function partingCommas(to: string): readonly number[] {
  const texts = outerTexts(to);
  // where one quote is too many it is somebody's mistake, and none of them holds anything together
  const isBalanced = texts.flatMap(({ text }) => text.match(/"/g) ?? []).length % 2 === 0;
  const commas: number[] = [];
  let quoted = false;
  for (const { text, offset } of texts) {
    // `-}}` takes the space away that it begins with
    let at = to.indexOf(text, offset);
    for (const character of text) {
      if (character === '"') quoted = isBalanced && !quoted;
      if (character === ',' && !quoted) commas.push(at);
      at += character.length;
    }
  }
  return commas;
}

type Outer = Pick<TextNode, 'text' | 'offset'>;

/** Of a template, what stands outside of every action and branch; nothing where its parts do not stand for themselves. */
function outerTexts(to: string): readonly Outer[] {
  if (!to.includes('{{')) return [{ text: to, offset: 0 }];
  const read = parsedOrNull(to);
  if (read === null || read.defined.length > 0 || read.main.nodes.some(setsVariable)) return [];
  return read.main.nodes.flatMap((node) => (node.kind === 'text' ? [node] : []));
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
