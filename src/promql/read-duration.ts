// Durations in ranges, subqueries and offsets, with the arithmetic that newer servers allow.
import type { SyntaxNode } from '@lezer/common';
import type { Milliseconds } from '../model/units.ts';
import { numberOf } from './literals.ts';
import { Refusal } from './refusal.ts';
import { childrenOf } from './tree.ts';

/** Longer than any retention, short enough for exact milliseconds. */
const longestSeconds = 9_000_000_000;

export function readDuration(text: string, node: SyntaxNode): Milliseconds {
  const seconds = secondsOf(text, node);
  if (!Number.isFinite(seconds) || Math.abs(seconds) > longestSeconds)
    throw new Refusal(node.from, `the duration ${text.slice(node.from, node.to)} is out of range`);
  return Math.round(seconds * 1000) as Milliseconds;
}

function secondsOf(text: string, node: SyntaxNode): number {
  const written = text.slice(node.from, node.to);
  if (node.name === 'NumberDurationLiteralInDurationContext') return numberOf(written, node.from);
  const children = childrenOf(node);
  const values = (): number[] =>
    children
      .filter((child) => /^(Offset)?Duration(Expr)$|^NumberDuration/.test(child.name))
      .map((child) => secondsOf(text, child));
  const names = children.map((child) => child.name);
  if (names.some((name) => name === 'DurationStep' || name === 'DurationRange'))
    throw new Refusal(node.from, `the duration ${written} depends on the step or range of the query; write it out`);
  if (names.includes('DurationMinOf')) return Math.min(...values());
  if (names.includes('DurationMaxOf')) return Math.max(...values());
  const [left = NaN, right = NaN] = values();
  switch (names.find((name) => !/Duration/.test(name))) {
    case undefined:
      return left;
    case 'UnaryOp':
      return written.startsWith('-') ? -left : left;
    case 'Add':
      return left + right;
    case 'Sub':
      return left - right;
    case 'Mul':
      return left * right;
    case 'Div':
      return left / right;
    case 'Mod':
      return left % right;
    case 'Pow':
      return left ** right;
    default:
      throw new Refusal(node.from, `the duration ${written} cannot be read`);
  }
}
