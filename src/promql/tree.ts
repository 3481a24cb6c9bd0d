// Two looks at the grammar's tree that all readers share.
import type { SyntaxNode } from '@lezer/common';
import type { Span } from './ast.ts';

/** Without comments, which may stand anywhere. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'LineComment') children.push(child);
  return children;
}

export const spanOf = (node: SyntaxNode): Span => ({ from: node.from, to: node.to });
