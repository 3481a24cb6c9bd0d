// Binary operations: scalars, a vector with a scalar, two vectors matched by labels, and the set operations.
import { isComparison } from '../../promql/ast.ts';
import type { BinaryOperation, BinaryOperator, VectorMatching } from '../../promql/ast.ts';
import { metricName } from './labels.ts';
import type { LabelSet } from './labels.ts';
import { QueryError, refuseDuplicates } from './values.ts';
import type { Value, VectorSample } from './values.ts';

/** The result of an arithmetic operator, or 1 and 0 for a comparison. */
function compute(operator: BinaryOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
    case 'atan2':
      return Math.atan2(left, right);
    case '==':
      return Number(left === right);
    case '!=':
      return Number(left !== right);
    case '>':
      return Number(left > right);
    case '<':
      return Number(left < right);
    case '>=':
      return Number(left >= right);
    case '<=':
      return Number(left <= right);
    case 'and':
    case 'or':
    case 'unless':
    case '</':
    case '>/':
      throw new QueryError('execution', `the operator ${operator} does not compute numbers`);
  }
}

export function binary(operation: BinaryOperation, left: Value, right: Value): Value {
  if (operation.fill !== null || operation.operator === '</' || operation.operator === '>/')
    throw new QueryError('bad_data', `the operator ${operation.operator} or its fill modifier is not enabled`);
  if (left.type === 'scalar' && right.type === 'scalar')
    return { type: 'scalar', value: compute(operation.operator, left.value, right.value) };
  if (left.type === 'vector' && right.type === 'scalar')
    return { type: 'vector', samples: withScalar(operation, left.samples, right.value, false) };
  if (left.type === 'scalar' && right.type === 'vector')
    return { type: 'vector', samples: withScalar(operation, right.samples, left.value, true) };
  if (left.type !== 'vector' || right.type !== 'vector')
    throw new QueryError('execution', `${operation.operator} takes scalars and instant vectors`);
  return { type: 'vector', samples: vectors(operation, left.samples, right.samples) };
}

function withScalar(
  { operator, bool }: BinaryOperation,
  samples: readonly VectorSample[],
  scalar: number,
  scalarFirst: boolean,
): readonly VectorSample[] {
  const filters = isComparison(operator) && !bool;
  const out: VectorSample[] = [];
  for (const sample of samples) {
    const value = scalarFirst ? compute(operator, scalar, sample.value) : compute(operator, sample.value, scalar);
    if (!filters) out.push({ labels: sample.labels.nameless, value });
    else if (value === 1) out.push(sample);
  }
  return filters ? out : refuseDuplicates(out);
}

function vectors(
  operation: BinaryOperation,
  left: readonly VectorSample[],
  right: readonly VectorSample[],
): readonly VectorSample[] {
  const signature = signatureOf(operation.matching);
  switch (operation.operator) {
    case 'and': {
      const present = new Set(right.map(({ labels }) => signature(labels)));
      return left.filter(({ labels }) => present.has(signature(labels)));
    }
    case 'unless': {
      const present = new Set(right.map(({ labels }) => signature(labels)));
      return left.filter(({ labels }) => !present.has(signature(labels)));
    }
    case 'or': {
      const present = new Set(left.map(({ labels }) => signature(labels)));
      return refuseDuplicates([...left, ...right.filter(({ labels }) => !present.has(signature(labels)))]);
    }
    default:
      return matched(operation, signature, left, right);
  }
}

type Signature = (labels: LabelSet) => string;

function signatureOf(matching: VectorMatching | null): Signature {
  if (matching?.kind === 'on') return (labels) => matching.labels.map((label) => labels.get(label)).join('\u0000');
  if (matching === null || matching.labels.length === 0) return (labels) => labels.nameless.key;
  const dropped = [...matching.labels, metricName];
  return (labels) => labels.without(dropped).key;
}

function matched(
  operation: BinaryOperation,
  signature: Signature,
  left: readonly VectorSample[],
  right: readonly VectorSample[],
): readonly VectorSample[] {
  const { operator, bool, matching } = operation;
  const group = matching?.group ?? null;
  const [many, one] = group === 'right' ? [right, left] : [left, right];
  const oneBySignature = new Map<string, VectorSample>();
  for (const sample of one) {
    const key = signature(sample.labels);
    const twin = oneBySignature.get(key);
    if (twin !== undefined)
      throw new QueryError(
        'execution',
        `found duplicate series for the match group ${matchGroup(matching, sample.labels)} on the ${group === 'right' ? 'left' : 'right'} hand-side of the operation: [${sample.labels.toString()}, ${twin.labels.toString()}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    oneBySignature.set(key, sample);
  }
  const filters = isComparison(operator) && !bool;
  const used = new Set<string>();
  const out: VectorSample[] = [];
  for (const sample of many) {
    const key = signature(sample.labels);
    const other = oneBySignature.get(key);
    if (other === undefined) continue;
    const [l, r] = group === 'right' ? [other.value, sample.value] : [sample.value, other.value];
    const computed = compute(operator, l, r);
    if (filters && computed === 0) continue;
    const labels = resultLabels(operation, sample.labels, other.labels);
    const unique = group === null ? key : labels.key;
    if (used.has(unique))
      throw new QueryError(
        'execution',
        group === null
          ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
          : 'multiple matches for labels: grouping labels must ensure unique matches',
      );
    used.add(unique);
    out.push({ labels, value: filters ? l : computed });
  }
  return out;
}

function matchGroup(matching: VectorMatching | null, labels: LabelSet): string {
  if (matching?.kind === 'on') return labels.only(matching.labels).toString();
  return labels.without([...(matching?.labels ?? []), metricName]).toString();
}

/** Comparisons without bool keep the metric's name, arithmetic does not. */
function resultLabels({ operator, bool, matching }: BinaryOperation, many: LabelSet, one: LabelSet): LabelSet {
  const kept = isComparison(operator) && !bool ? many : many.nameless;
  if (matching === null) return kept;
  if (matching.group === null)
    return matching.kind === 'on' ? kept.only(matching.labels) : kept.without(matching.labels);
  return matching.include.reduce((labels, label) => labels.with(label, one.get(label)), kept);
}
