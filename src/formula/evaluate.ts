// Computes a formula. What is unknown stays unknown until a ?? catches it; a result that is no number is unknown too.
import type { Arithmetic, ArithmeticSign, ComparisonSign, Formula, FormulaExpression } from './formula.ts';

/** A part of the formula whose operands are known and whose result is not. */
export interface FormulaFault {
  readonly kind: 'divisionByZero' | 'notFinite';
  /** the part, as it is written */
  readonly text: string;
}

export interface FormulaGap {
  /** the metrics that are missing and that no ?? caught */
  readonly unknown: readonly string[];
  readonly faults: readonly FormulaFault[];
}

export type FormulaAnswer = { readonly value: number } | FormulaGap;

/** null is an unknown value, and so is what is not finite. */
export type MetricLookup = (name: string) => number | null;

export function evaluate(formula: Formula, value: MetricLookup, last: MetricLookup): FormulaAnswer {
  const result = new Evaluation(formula.text, value, last).of(formula.expression);
  // no negative zero: it would be printed as -0
  return typeof result === 'number' ? { value: result + 0 } : result;
}

class Evaluation {
  readonly #text: string;
  readonly #value: MetricLookup;
  readonly #last: MetricLookup;

  constructor(text: string, value: MetricLookup, last: MetricLookup) {
    this.#text = text;
    this.#value = value;
    this.#last = last;
  }

  of(node: FormulaExpression): number | FormulaGap {
    switch (node.kind) {
      case 'number':
        return node.value;
      case 'metric':
        return known(node.name, this.#value(node.name));
      case 'last':
        return known(node.name, this.#last(node.name));
      case 'parenthesis':
        return this.of(node.expression);
      case 'negation':
        return this.#from([node.expression], ([only = NaN]) => -only);
      case 'arithmetic':
        return this.#ofTwo(node.left, node.right, (left, right) => this.#arithmetic(node, left, right));
      case 'comparison':
        return this.#ofTwo(node.left, node.right, (left, right) => Number(compare[node.operator](left, right)));
      case 'coalescence': {
        const left = this.of(node.left);
        if (typeof left === 'number') return left;
        const right = this.of(node.right);
        return typeof right === 'number' ? right : joined([left, right]);
      }
      case 'choice': {
        const condition = this.of(node.condition);
        if (typeof condition !== 'number') return condition;
        return this.of(condition === 0 ? node.no : node.yes);
      }
      case 'call':
        return this.#from(node.arguments, (values) => Math[node.name](...values));
    }
  }

  /** All operands are looked at, so that all that is missing can be named at once. */
  #from(
    operands: readonly FormulaExpression[],
    compute: (values: readonly number[]) => number | FormulaGap,
  ): number | FormulaGap {
    const results = operands.map((operand) => this.of(operand));
    const gaps = results.filter((result) => typeof result !== 'number');
    return gaps.length > 0 ? joined(gaps) : compute(results.filter((result) => typeof result === 'number'));
  }

  /** What most are, without lists of them: thousands of targets a tick have a formula. */
  #ofTwo(
    one: FormulaExpression,
    other: FormulaExpression,
    compute: (left: number, right: number) => number | FormulaGap,
  ): number | FormulaGap {
    const [left, right] = [this.of(one), this.of(other)];
    if (typeof left === 'number' && typeof right === 'number') return compute(left, right);
    return joined([left, right].filter((result) => typeof result !== 'number'));
  }

  #arithmetic({ operator, from, to }: Arithmetic, left: number, right: number): number | FormulaGap {
    const fault = (kind: FormulaFault['kind']): FormulaGap => ({
      unknown: [],
      faults: [{ kind, text: this.#text.slice(from, to) }],
    });
    if (operator === '/' && right === 0) return fault('divisionByZero');
    const result = compute[operator](left, right);
    return Number.isFinite(result) ? result : fault('notFinite');
  }
}

const compute: Readonly<Record<ArithmeticSign, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

const compare: Readonly<Record<ComparisonSign, (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
};

const known = (name: string, value: number | null): number | FormulaGap =>
  value !== null && Number.isFinite(value) ? value : { unknown: [name], faults: [] };

const joined = (gaps: readonly FormulaGap[]): FormulaGap => ({
  unknown: [...new Set(gaps.flatMap(({ unknown }) => unknown))],
  faults: gaps.flatMap(({ faults }) => faults),
});
