// Selectors and what may be hung on them: label matchers, ranges, subqueries, offset, @, anchored and smoothed.
import type { SyntaxNode } from '@lezer/common';
import type {
  AtModifier,
  Expression,
  LabelMatcher,
  MatchOperator,
  MatrixSelector,
  Subquery,
  VectorSelector,
} from './ast.ts';
import type { Milliseconds } from '../model/units.ts';
import { unquote } from './literals.ts';
import { readDuration } from './read-duration.ts';
import { signedNumber } from './read-matching.ts';
import { readRegex } from './regex-syntax.ts';
import { Refusal } from './refusal.ts';
import { childrenOf, spanOf } from './tree.ts';

const postfixNames = [
  'OffsetExpr',
  'StepInvariantExpr',
  'AnchoredExpr',
  'SmoothedExpr',
  'MatrixSelector',
  'SubqueryExpr',
];
const noShift = { offset: 0 as Milliseconds, at: null };

export const isPostfix = (node: SyntaxNode): boolean => postfixNames.includes(node.name);

export function readVectorSelector(text: string, node: SyntaxNode): VectorSelector {
  const children = childrenOf(node);
  const identifier = children.find((child) => child.name === 'Identifier');
  let name = identifier === undefined ? null : text.slice(identifier.from, identifier.to);
  const braces = children.find((child) => child.name === 'LabelMatchers');
  const matchers: LabelMatcher[] = [];
  for (const child of braces === undefined ? [] : childrenOf(braces)) {
    if (child.name !== 'QuotedLabelName') {
      matchers.push(readMatcher(text, child));
      continue;
    }
    if (name !== null) throw new Refusal(child.from, `the metric name is set twice: "${name}" stands already`);
    name = unquote(text.slice(child.from, child.to), child.from);
    if (name === '') throw new Refusal(child.from, 'the metric name is empty');
  }
  const twice = name === null ? undefined : matchers.find((matcher) => matcher.label === '__name__');
  if (twice !== undefined)
    throw new Refusal(twice.span.from, `the metric name is set twice: "${name ?? ''}" stands already`);
  if (name === null && matchers.every(matchesEmpty))
    throw new Refusal(node.from, 'a selector needs a metric name or a matcher that does not match the empty text');
  return { kind: 'vectorSelector', name, matchers, extension: null, ...noShift, span: spanOf(node) };
}

function readMatcher(text: string, node: SyntaxNode): LabelMatcher {
  const [labelNode, operatorNode, valueNode] = childrenOf(node);
  if (labelNode === undefined || operatorNode === undefined || valueNode === undefined)
    throw new Refusal(node.from, 'a label matcher is label="value"');
  const slice = (part: SyntaxNode): string => text.slice(part.from, part.to);
  const label = labelNode.name === 'QuotedLabelName' ? unquote(slice(labelNode), labelNode.from) : slice(labelNode);
  if (label === '') throw new Refusal(labelNode.from, 'a label name cannot be empty');
  const operator = slice(operatorNode) as MatchOperator;
  const value = unquote(slice(valueNode), valueNode.from);
  if (operator === '=~' || operator === '!~') {
    const reading = readRegex(value);
    if (reading.kind === 'error')
      throw new Refusal(
        valueNode.from,
        `the regular expression ${slice(valueNode)} cannot be used: ${reading.message} (at character ${String(reading.offset)} of it)`,
      );
  }
  return { label, operator, value, span: spanOf(node) };
}

/** Whether a series that lacks the label matches. */
function matchesEmpty({ operator, value }: LabelMatcher): boolean {
  const reading = operator === '=~' || operator === '!~' ? readRegex(value) : null;
  const same = reading === null ? value === '' : reading.kind === 'ok' && reading.matchesEmpty;
  return operator === '=' || operator === '=~' ? same : !same;
}

/** Hangs one range, subquery or modifier on the operand before it. */
export function applyPostfix(text: string, operand: Expression, node: SyntaxNode): Expression {
  const parts = childrenOf(node).slice(1);
  const span = { from: operand.span.from, to: node.to };
  switch (node.name) {
    case 'MatrixSelector':
      return matrix(operand, positive(text, parts[0], node), span);
    case 'SubqueryExpr':
      return {
        kind: 'subquery',
        expression: operand,
        range: positive(text, parts[0], node),
        step: parts[1] === undefined ? null : positive(text, parts[1], node),
        ...noShift,
        span,
      };
    case 'OffsetExpr': {
      const modifier = parts[0]?.from ?? node.from;
      const duration = parts[1];
      if (duration === undefined) throw new Refusal(modifier, 'offset needs a duration');
      const offset = readDuration(text, duration);
      return shifted(operand, modifier, 'offset', (shift) => {
        if (shift.offset !== 0) throw new Refusal(modifier, 'offset is set twice');
        return { ...shift, offset, span };
      });
    }
    case 'StepInvariantExpr': {
      const modifier = parts[0]?.from ?? node.from;
      const at = readAt(text, parts[1], modifier);
      return shifted(operand, modifier, '@', (shift) => {
        if (shift.at !== null) throw new Refusal(modifier, '@ is set twice');
        return { ...shift, at, span };
      });
    }
    default:
      return extended(operand, node.name === 'AnchoredExpr' ? 'anchored' : 'smoothed', parts[0]?.from ?? node.from);
  }
}

function matrix(operand: Expression, range: Milliseconds, span: MatrixSelector['span']): MatrixSelector {
  if (operand.kind !== 'vectorSelector')
    throw new Refusal(
      operand.span.to,
      'a range can only stand behind a selector; elsewhere write a subquery such as [5m:1m]',
    );
  if (operand.offset !== 0 || operand.at !== null)
    throw new Refusal(operand.span.to, 'offset and @ stand behind the range, not before it');
  return { kind: 'matrixSelector', selector: operand, range, span };
}

function shifted(
  operand: Expression,
  modifier: number,
  word: string,
  change: <Shifted extends VectorSelector | Subquery>(shift: Shifted) => Shifted,
): Expression {
  switch (operand.kind) {
    case 'vectorSelector':
      return change(operand);
    case 'subquery':
      return change(operand);
    case 'matrixSelector': {
      const selector = change(operand.selector);
      return { ...operand, selector, span: selector.span };
    }
    default:
      throw new Refusal(modifier, `${word} can only stand behind a selector or a subquery`);
  }
}

function extended(operand: Expression, extension: 'anchored' | 'smoothed', modifier: number): Expression {
  if (operand.kind === 'vectorSelector') return { ...operand, extension };
  if (operand.kind === 'matrixSelector') return { ...operand, selector: { ...operand.selector, extension } };
  throw new Refusal(modifier, `${extension} can only stand behind a selector`);
}

function positive(text: string, node: SyntaxNode | undefined, around: SyntaxNode): Milliseconds {
  if (node === undefined) throw new Refusal(around.from, 'a duration is missing');
  const span = readDuration(text, node);
  if (span <= 0) throw new Refusal(node.from, 'a duration between brackets must be greater than 0');
  return span;
}

function readAt(text: string, node: SyntaxNode | undefined, modifier: number): AtModifier {
  if (node === undefined) throw new Refusal(modifier, '@ needs a timestamp in seconds, start() or end()');
  const written = text.slice(node.from, node.to);
  if (node.name === 'AtModifierPreprocessors') return written.toLowerCase().startsWith('start') ? 'start' : 'end';
  const at = signedNumber(written.replace(/\s/g, ''), node.from);
  if (!Number.isFinite(at) || Math.abs(at) > 9e15)
    throw new Refusal(node.from, `the timestamp ${written} is out of bounds`);
  return { milliseconds: Math.round(at * 1000) };
}
