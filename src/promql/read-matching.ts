// What may stand between a binary operator and its right side: bool, on/ignoring, group_left/group_right, fill.
import type { SyntaxNode } from '@lezer/common';
import type { FillValues, VectorMatching } from './ast.ts';
import { numberOf, unquote } from './literals.ts';
import { Refusal } from './refusal.ts';
import { childrenOf } from './tree.ts';

export interface OperatorModifiers {
  readonly bool: boolean;
  readonly matching: VectorMatching | null;
  readonly fill: FillValues | null;
}

export function readModifiers(text: string, nodes: readonly SyntaxNode[]): OperatorModifiers {
  const clause = nodes.find((node) => node.name === 'MatchingModifierClause');
  const fill = nodes.find((node) => node.name === 'FillModifier');
  return {
    bool: nodes.some((node) => node.name === 'BoolModifier'),
    matching: clause === undefined ? null : readMatching(text, clause),
    fill: fill === undefined ? null : readFill(text, fill),
  };
}

function readMatching(text: string, clause: SyntaxNode): VectorMatching {
  const [kind, labels, group, include] = childrenOf(clause);
  return {
    kind: kind?.name === 'On' ? 'on' : 'ignoring',
    labels: readLabels(text, labels),
    group: group === undefined ? null : group.name === 'GroupLeft' ? 'left' : 'right',
    include: readLabels(text, include),
  };
}

function readFill(text: string, modifier: SyntaxNode): FillValues {
  let left: number | null = null;
  let right: number | null = null;
  for (const clause of childrenOf(modifier)) {
    const literal = childrenOf(clause).at(-1);
    const written = literal === undefined ? '' : text.slice(literal.from, literal.to).replace(/\s/g, '');
    const value = signedNumber(written, literal?.from ?? clause.from);
    if (clause.name !== 'FillRightClause') left = value;
    if (clause.name !== 'FillLeftClause') right = value;
  }
  return { left, right };
}

export function signedNumber(written: string, offset: number): number {
  const size = numberOf(written.replace(/^[+-]/, ''), offset);
  return written.startsWith('-') ? -size : size;
}

export function readLabels(text: string, node: SyntaxNode | undefined): string[] {
  if (node === undefined) return [];
  return childrenOf(node).map((child) => {
    const written = text.slice(child.from, child.to);
    const label = child.name === 'QuotedLabelName' ? unquote(written, child.from) : written;
    if (label === '') throw new Refusal(child.from, 'a label name cannot be empty');
    return label;
  });
}
