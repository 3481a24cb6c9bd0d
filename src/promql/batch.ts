// One query for many targets: a template such as sum(rate(x{app="{{name}}"}[1m])) becomes sum by (app) (rate(x{app!=""}[1m])).
// Only where the answer, split by those labels, is for every target what its own query would have answered.
import { parser } from '@prometheus-io/lezer-promql';
import type { Aggregation, BinaryOperation, Expression, FunctionCall, LabelMatcher, VectorSelector } from './ast.ts';
import { isSetOperator } from './ast.ts';
import { functionSignatures } from './functions.ts';
import { quote } from './literals.ts';
import { parsePromql } from './parse.ts';
import { holdsPlaceholder, placeholderOf, type Placeholder } from './placeholders.ts';
import { ageQueryOf, groupingLabelsOf, labelText, selectorsOf } from './selectors.ts';

/** Which label of the answer names what. */
export type LabelSplit = Readonly<Record<string, Placeholder>>;

export interface Batch {
  readonly query: string;
  readonly split: LabelSplit;
}

export interface BatchOptions {
  /** names, or patterns with *: only series of these namespaces are asked for */
  readonly namespaces?: readonly string[];
}

/** null: each target has to be asked for on its own. */
export function batchOf(template: string, { namespaces = [] }: BatchOptions = {}): Batch | null {
  const text = withoutComments(template);
  const reading = parsePromql(text);
  if (reading.kind === 'error') return null;
  const rewriting = new Rewriting(text, narrowing(namespaces));
  const split = rewriting.splitOf(reading.expression);
  if (split === null) return null;
  const query = rewriting.result();
  // a long list of namespaces can make it longer than a query may be
  return parsePromql(query).kind === 'ok' ? { query, split } : null;
}

/** What of a result is known: its labels decide which series meet each other. */
type Shape =
  | { readonly kind: 'scalar' }
  /** the labels that the series were scraped with */
  | { readonly kind: 'series' }
  /** exactly these labels, and for many targets those of the split besides */
  | { readonly kind: 'grouped'; readonly labels: readonly string[] };

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const scalar: Shape = { kind: 'scalar' };
const series: Shape = { kind: 'series' };
const reserved = ['__name__', 'le'];
/** They choose among the series of all targets, or make labels of their own. */
const crossing: readonly string[] = ['topk', 'bottomk', 'limitk', 'limit_ratio', 'count_values'];
const changesSeries = /^(label_|absent|sort)|^(info|vector|scalar|histogram_quantiles)$/;

class Rewriting {
  readonly #text: string;
  readonly #namespaces: string | null;
  readonly #edits: Edit[] = [];
  readonly #aggregations: Aggregation[] = [];
  #split: LabelSplit | null = null;

  constructor(text: string, namespaces: string | null) {
    this.#text = text;
    this.#namespaces = namespaces;
  }

  splitOf(expression: Expression): LabelSplit | null {
    const shape = this.#shape(expression);
    const split = this.#split;
    // one number a target; a scalar reads no series
    if (split === null || shape?.kind !== 'grouped' || !shape.labels.every((label) => Object.hasOwn(split, label)))
      return null;
    for (const aggregation of this.#aggregations) this.#group(aggregation, Object.keys(split));
    return split;
  }

  result(): string {
    return this.#edits
      .toSorted((one, other) => other.from - one.from)
      .reduce((text, { from, to, text: written }) => text.slice(0, from) + written + text.slice(to), this.#text);
  }

  #shape(expression: Expression): Shape | null {
    switch (expression.kind) {
      case 'number':
        return scalar;
      case 'string':
        return holdsPlaceholder(expression.value) ? null : scalar;
      case 'vectorSelector':
        return this.#selector(expression) ? series : null;
      case 'matrixSelector':
        return this.#selector(expression.selector) ? series : null;
      case 'subquery':
      case 'unary':
      case 'parenthesis':
        return this.#shape(expression.expression);
      case 'call':
        return this.#call(expression);
      case 'aggregation':
        return this.#aggregation(expression);
      case 'binary':
        return this.#binary(expression);
    }
  }

  /** Whether all its placeholders are whole values, and it is split as the others are. */
  #selector({ name, matchers }: VectorSelector): boolean {
    const split = new Map<string, Placeholder>();
    for (const matcher of matchers) {
      const placeholder = matcher.operator === '=' ? placeholderOf(matcher.value) : null;
      if (placeholder === null && holdsPlaceholder(matcher.value)) return false;
      if (placeholder === null) continue;
      if ((split.get(matcher.label) ?? placeholder) !== placeholder || reserved.includes(matcher.label)) return false;
      split.set(matcher.label, placeholder);
      this.#edits.push({ ...matcher.span, text: this.#anyTarget(matcher.label, placeholder) });
    }
    // of two names the same labels would be left when a function drops the name
    const named = name ?? matchers.find(isName)?.value ?? '';
    const placeholders = [...split.values()];
    if (named === '' || holdsPlaceholder(named)) return false;
    if (placeholders.length === 0 || new Set(placeholders).size < placeholders.length) return false;
    this.#split ??= Object.fromEntries(split);
    const known = Object.entries(this.#split);
    return known.length === split.size && known.every(([label, placeholder]) => split.get(label) === placeholder);
  }

  #anyTarget(label: string, placeholder: Placeholder): string {
    const narrow = placeholder === 'namespace' ? this.#namespaces : null;
    return `${labelText(label)}${narrow === null ? '!=""' : `=~${quote(narrow)}`}`;
  }

  #call({ name, arguments: given }: FunctionCall): Shape | null {
    const signature = functionSignatures.get(name);
    if (signature === undefined || changesSeries.test(name)) return null;
    if (signature.returns === 'scalar') return scalar;
    const place = signature.arguments.findIndex((type) => type === 'vector' || type === 'matrix');
    const shapes = given.map((argument) => this.#shape(argument));
    const shape = shapes[place] ?? null;
    if (shape === null || shapes.some((other, index) => index !== place && other?.kind !== 'scalar')) return null;
    if (shape.kind !== 'grouped' || !/^histogram_(quantile|fraction)$/.test(name)) return shape;
    return { kind: 'grouped', labels: shape.labels.filter((label) => label !== 'le') };
  }

  #aggregation(aggregation: Aggregation): Shape | null {
    const { operator, parameter, expression, grouping } = aggregation;
    if (crossing.includes(operator) || grouping?.kind === 'without') return null;
    if (parameter !== null && this.#shape(parameter)?.kind !== 'scalar') return null;
    const shape = this.#shape(expression);
    if (shape === null || shape.kind === 'scalar') return null;
    this.#aggregations.push(aggregation);
    return { kind: 'grouped', labels: grouping?.labels ?? [] };
  }

  #binary({ operator, left, right, matching, fill }: BinaryOperation): Shape | null {
    if (isSetOperator(operator) || operator === '</' || operator === '>/' || matching !== null || fill !== null)
      return null;
    const [one, other] = [this.#shape(left), this.#shape(right)];
    if (one === null || other === null) return null;
    if (one.kind === 'scalar') return other;
    if (other.kind === 'scalar') return one;
    return sameLabels(one, other) ? one : null;
  }

  /** by (labels), or the labels among those that are there. */
  #group({ operator, parameter, expression, grouping, span }: Aggregation, labels: readonly string[]): void {
    const word = span.from + operator.length;
    const missing = labels.filter((label) => grouping?.labels.includes(label) !== true).map(labelText);
    const list = missing.join(', ');
    const space = this.#text[word] === '(' ? ' ' : '';
    if (grouping === null) this.#edits.push({ from: word, to: word, text: ` by (${list})${space}` });
    if (grouping === null || missing.length === 0) return;
    const before = /^\s*by\s*\(/i.exec(this.#text.slice(word, (parameter ?? expression).span.from));
    const after = /^\s*,?\s*\)\s*by\s*\(/i.exec(this.#text.slice(expression.span.to, span.to));
    const at = before === null ? expression.span.to + (after?.[0].length ?? 0) : word + before[0].length;
    this.#edits.push({ from: at, to: at, text: grouping.labels.length === 0 ? list : `${list}, ` });
  }
}

const isName = ({ label, operator }: LabelMatcher): boolean => label === '__name__' && operator === '=';

function sameLabels(one: Shape, other: Shape): boolean {
  if (one.kind !== 'grouped' || other.kind !== 'grouped') return one.kind === other.kind;
  const [ours, theirs] = [new Set(one.labels), new Set(other.labels)];
  return ours.size === theirs.size && [...ours].every((label) => theirs.has(label));
}

function withoutComments(text: string): string {
  let kept = '';
  let at = 0;
  parser.parse(text).iterate({
    enter: ({ name, from, to }) => {
      if (name !== 'LineComment') return;
      kept += text.slice(at, from);
      at = to;
    },
  });
  return (kept + text.slice(at)).trim();
}

/** null: all namespaces. */
function narrowing(namespaces: readonly string[]): string | null {
  if (namespaces.length === 0 || namespaces.some((pattern) => /^\**$/.test(pattern))) return null;
  const parts = namespaces.map((pattern) =>
    pattern
      .replaceAll('.', '[.]')
      .replace(/[\\+?()|{}^$]|\[(?!\.\])/g, '\\$&')
      .replace(/\*+/g, '.*'),
  );
  return [...new Set(parts)].join('|');
}

/** How old the newest sample of each selector is: for all together, or for every target of the split. */
export function ageQuestionsOf(query: string, split: LabelSplit | null): readonly string[] {
  const labels = Object.keys(split ?? {}).map(labelText);
  return selectorsOf(query).map((selector) =>
    labels.length === 0 ? ageQueryOf(selector) : `time() - max by (${labels.join(', ')}) (timestamp(${selector}))`,
  );
}

/** The labels of a split that the answer is sure to lack: no target would ever find its number. */
export function missingSplitLabels(query: string, split: LabelSplit): readonly string[] {
  if (parsePromql(query).kind === 'error') return [];
  const grouping = groupingLabelsOf(query);
  return grouping === null ? [] : Object.keys(split).filter((label) => !grouping.includes(label));
}
