// What a query reads: its selectors in one canonical spelling, the question after their age, its type and labels.
import type { Expression, LabelMatcher, ResultType, VectorSelector } from './ast.ts';
import { isSetOperator } from './ast.ts';
import { functionSignatures } from './functions.ts';
import { quote } from './literals.ts';
import { parsePromql } from './parse.ts';
import { PromqlError } from './refusal.ts';

const plainName = /^[a-zA-Z_:][\w:]*$/;
const plainLabel = /^[a-zA-Z_]\w*$/;

/** The reading of a text that must be right; throws a PromqlError otherwise. */
function readingOf(query: string): { readonly expression: Expression; readonly type: ResultType } {
  const reading = parsePromql(query);
  if (reading.kind === 'error') throw new PromqlError(query, reading.offset, reading.message);
  return reading;
}

const expressionOf = (query: string | Expression): Expression =>
  typeof query === 'string' ? readingOf(query).expression : query;

/** One spelling for a selector: matchers in their order, without range, offset, @ and comments. */
function selectorText(selector: Pick<VectorSelector, 'name' | 'matchers'>): string {
  const named = selector.matchers.filter(
    ({ label, operator, value }) => label === '__name__' && operator === '=' && value !== '',
  );
  // {__name__="x"} and x are the same selector and must be asked once
  const unique = selector.name === null && named.length === 1 ? named[0] : undefined;
  const name = selector.name ?? unique?.value ?? null;
  const matchers = selector.matchers.filter((matcher) => matcher !== unique).map(matcherText);
  const plain = name !== null && plainName.test(name);
  const inside = [...(name !== null && !plain ? [quote(name)] : []), ...matchers].join(',');
  return `${plain ? name : ''}${inside === '' ? '' : `{${inside}}`}`;
}

const matcherText = ({ label, operator, value }: LabelMatcher): string =>
  `${labelText(label)}${operator}${quote(value)}`;

/** A label name as a query writes it: in quotes where it must be. */
export const labelText = (label: string): string => (plainLabel.test(label) ? label : quote(label));

/** Every distinct vector and matrix selector of the query, in the order of the text. */
export function selectorsOf(query: string | Expression): readonly string[] {
  const found = new Set<string>();
  visit(expressionOf(query), (selector) => found.add(selectorText(selector)));
  return [...found];
}

function visit(expression: Expression, found: (selector: VectorSelector) => void): void {
  switch (expression.kind) {
    case 'number':
    case 'string':
      return;
    case 'vectorSelector':
      found(expression);
      return;
    case 'matrixSelector':
      found(expression.selector);
      return;
    case 'subquery':
    case 'unary':
    case 'parenthesis':
      visit(expression.expression, found);
      return;
    case 'aggregation':
      if (expression.parameter !== null) visit(expression.parameter, found);
      visit(expression.expression, found);
      return;
    case 'call':
      // the second argument of info() says which labels to take over; it selects no samples of its own
      for (const argument of expression.name === 'info' ? expression.arguments.slice(0, 1) : expression.arguments)
        visit(argument, found);
      return;
    case 'binary':
      visit(expression.left, found);
      visit(expression.right, found);
  }
}

/** How old the newest sample of a selector is, in seconds. The selector comes from selectorsOf. */
export function ageQueryOf(selector: string): string {
  return `time() - max(timestamp(${selector}))`;
}

/**
 * The labels that the result is sure to be grouped by; null where they depend on the series (no aggregation, `without`,
 * a side with other labels). An empty list means one series without labels.
 */
export function groupingLabelsOf(query: string | Expression): readonly string[] | null {
  const expression = expressionOf(query);
  switch (expression.kind) {
    case 'parenthesis':
    case 'unary':
      return groupingLabelsOf(expression.expression);
    case 'aggregation':
      if (/^(topk|bottomk|limit)/.test(expression.operator)) return groupingLabelsOf(expression.expression);
      if (expression.operator === 'count_values' || expression.grouping?.kind === 'without') return null;
      return expression.grouping?.labels ?? [];
    case 'call':
      return groupingOfCall(expression);
    case 'binary':
      return groupingOfBinary(expression);
    default:
      return null;
  }
}

const changesLabels = /^(label_|absent|info|scalar$|vector$|histogram_quantiles$)/;

function groupingOfCall(call: Expression & { kind: 'call' }): readonly string[] | null {
  if (call.name === 'vector') return [];
  const signature = functionSignatures.get(call.name);
  const place = signature?.arguments.findIndex((type) => type === 'vector' || type === 'matrix') ?? -1;
  const argument = call.arguments[place];
  if (argument === undefined || changesLabels.test(call.name)) return null;
  const inner = argument.kind === 'subquery' ? argument.expression : argument;
  const labels = groupingLabelsOf(inner);
  return call.name === 'histogram_quantile' ? (labels?.filter((label) => label !== 'le') ?? null) : labels;
}

function groupingOfBinary(operation: Expression & { kind: 'binary' }): readonly string[] | null {
  const { left, right, matching, operator } = operation;
  if (isScalar(left)) return groupingLabelsOf(right);
  if (isScalar(right)) return groupingLabelsOf(left);
  const [ours, theirs] = [groupingLabelsOf(left), groupingLabelsOf(right)];
  if (operator === 'and' || operator === 'unless') return ours;
  const same = ours !== null && theirs !== null && [...ours].sort().join() === [...theirs].sort().join();
  if (isSetOperator(operator)) return same ? ours : null;
  if (matching?.group === 'left') return ours === null ? null : [...new Set([...ours, ...matching.include])];
  if (matching?.group === 'right') return theirs === null ? null : [...new Set([...theirs, ...matching.include])];
  if (matching?.kind === 'on') return matching.labels;
  return same ? (ours?.filter((label) => matching?.labels.includes(label) !== true) ?? null) : null;
}

/** Only called on trees that were checked: the type follows from the outermost node. */
function isScalar(expression: Expression): boolean {
  switch (expression.kind) {
    case 'number':
      return true;
    case 'unary':
    case 'parenthesis':
      return isScalar(expression.expression);
    case 'call':
      return functionSignatures.get(expression.name)?.returns === 'scalar';
    case 'binary':
      return isScalar(expression.left) && isScalar(expression.right);
    default:
      return false;
  }
}
