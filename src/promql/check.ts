// The type rules that the grammar does not know: what a function takes, what may be added to what.
import { isComparison, isSetOperator } from './ast.ts';
import type { Aggregation, BinaryOperation, Expression, FunctionCall, ResultType, VectorSelector } from './ast.ts';
import { aggregationParameters, functionSignatures } from './functions.ts';
import { quote } from './literals.ts';
import { Refusal } from './refusal.ts';
import { unknownFunction } from './syntax-errors.ts';

const typeNames: Readonly<Record<ResultType, string>> = {
  scalar: 'a scalar',
  vector: 'an instant vector',
  matrix: 'a range vector',
  string: 'a string',
};

/** What not every Prometheus answers. */
export interface Needs {
  readonly experimental: Set<string>;
  readonly former: Set<string>;
}

/** The type of the expression; throws a Refusal at the first mistake and collects what not every Prometheus answers. */
export function checkTypes(expression: Expression, needs: Needs): ResultType {
  const { experimental } = needs;
  const check = (inner: Expression): ResultType => checkTypes(inner, needs);
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vectorSelector':
      noteExtension(expression, experimental);
      return 'vector';
    case 'matrixSelector':
      noteExtension(expression.selector, experimental);
      return 'matrix';
    case 'parenthesis':
      return check(expression.expression);
    case 'subquery': {
      const type = check(expression.expression);
      if (type !== 'vector' && type !== 'scalar')
        throw new Refusal(expression.span.from, `a subquery runs over an instant vector, not over ${typeNames[type]}`);
      return 'matrix';
    }
    case 'unary': {
      const type = check(expression.expression);
      if (type !== 'vector' && type !== 'scalar')
        throw new Refusal(
          expression.span.from,
          `a sign belongs before a scalar or an instant vector, not before ${typeNames[type]}`,
        );
      return type;
    }
    case 'call':
      return checkCall(expression, check, needs);
    case 'aggregation':
      return checkAggregation(expression, check, experimental);
    case 'binary':
      return checkBinary(expression, check, experimental);
  }
}

function noteExtension({ extension }: VectorSelector, experimental: Set<string>): void {
  if (extension !== null) experimental.add(extension);
}

type Check = (expression: Expression) => ResultType;

function checkCall(call: FunctionCall, check: Check, { experimental, former }: Needs): ResultType {
  const signature = functionSignatures.get(call.name);
  if (signature === undefined) throw unknownFunction(call.name, call.span.from);
  if (signature.experimental) experimental.add(call.name);
  if (signature.former) former.add(call.name);
  const most = signature.repeats ? Infinity : signature.arguments.length;
  const least = signature.arguments.length - signature.optional;
  const given = call.arguments.length;
  if (given < least || given > most) {
    const wanted =
      most === Infinity
        ? `at least ${String(least)}`
        : least === most
          ? String(most)
          : `${String(least)} to ${String(most)}`;
    throw new Refusal(
      call.span.from,
      `${call.name} takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${String(given)}`,
    );
  }
  for (const [index, argument] of call.arguments.entries()) {
    const wanted = signature.arguments[index] ?? signature.arguments.at(-1) ?? 'vector';
    const type = check(argument);
    if (type === wanted) continue;
    const hint = wanted === 'matrix' && type === 'vector' ? '; add a range such as [5m]' : '';
    throw new Refusal(argument.span.from, `${call.name} wants ${typeNames[wanted]}, not ${typeNames[type]}${hint}`);
  }
  return signature.returns;
}

function checkAggregation(aggregation: Aggregation, check: Check, experimental: Set<string>): ResultType {
  const { operator, parameter, expression } = aggregation;
  if (operator === 'limitk' || operator === 'limit_ratio') experimental.add(operator);
  const wanted = aggregationParameters[operator];
  if (parameter !== null && wanted !== undefined) {
    const type = check(parameter);
    if (type !== wanted)
      throw new Refusal(
        parameter.span.from,
        `the first argument of ${operator} is ${typeNames[wanted]}, not ${typeNames[type]}`,
      );
    if (parameter.kind === 'string' && parameter.value === '')
      throw new Refusal(parameter.span.from, 'the label name of count_values is empty');
  }
  const type = check(expression);
  if (type !== 'vector')
    throw new Refusal(expression.span.from, `${operator} aggregates an instant vector, not ${typeNames[type]}`);
  return 'vector';
}

function checkBinary(operation: BinaryOperation, check: Check, experimental: Set<string>): ResultType {
  const { operator, left, right, matching } = operation;
  const at = operation.operatorSpan.from;
  const types = [check(left), check(right)] as const;
  for (const [index, side] of [left, right].entries()) {
    const type = types[index];
    if (type === 'matrix' || type === 'string')
      throw new Refusal(side.span.from, `${operator} takes scalars and instant vectors, not ${typeNames[type]}`);
  }
  const vectors = types.filter((type) => type === 'vector').length;
  if (operation.bool && !isComparison(operator))
    throw new Refusal(at, `bool belongs to comparisons only, not to ${operator}`);
  if (isComparison(operator) && !operation.bool && vectors === 0)
    throw new Refusal(at, `a comparison of two scalars needs bool: ${operator} bool`);
  if (isSetOperator(operator) && vectors < 2)
    throw new Refusal(at, `${operator} combines instant vectors, not scalars`);
  if (operation.fill !== null) {
    experimental.add('fill');
    if (isSetOperator(operator) || vectors < 2) throw new Refusal(at, `fill does not belong to this ${operator}`);
  }
  if (operator === '</' || operator === '>/') experimental.add(operator);
  if (matching === null) return vectors === 0 ? 'scalar' : 'vector';
  if (vectors < 2 && (matching.labels.length > 0 || matching.group !== null))
    throw new Refusal(at, `${matching.kind} matches labels of two instant vectors; one side is a scalar`);
  if (isSetOperator(operator) && matching.group !== null)
    throw new Refusal(at, `group_${matching.group} is not allowed for ${operator}`);
  const both = matching.kind === 'on' ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
  if (both !== undefined)
    throw new Refusal(
      at,
      `the label ${quote(both)} must not stand in on and in group_${matching.group ?? 'left'} at once`,
    );
  return vectors === 0 ? 'scalar' : 'vector';
}
