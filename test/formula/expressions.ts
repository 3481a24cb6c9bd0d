// Random formulas as trees of the test's own, their texts, and what they must come to.
import fc from 'fast-check';
import type { FormulaExpression } from '../../src/formula/formula.ts';

export type Tree =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'metric'; readonly name: string }
  | { readonly kind: 'orLast'; readonly name: string }
  | { readonly kind: 'negation'; readonly inner: Tree }
  | { readonly kind: 'operation'; readonly operator: string; readonly left: Tree; readonly right: Tree }
  | { readonly kind: 'choice'; readonly condition: Tree; readonly yes: Tree; readonly no: Tree }
  | { readonly kind: 'call'; readonly name: 'min' | 'max'; readonly values: readonly Tree[] };

export const names = ['a', 'b', 'queue_depth', 'min'] as const;
const operations: Readonly<Record<string, (left: number, right: number) => number | boolean>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
};

export const anyTree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.record({ kind: fc.constant('metric'), name: fc.constantFrom(...names) }),
    fc.record({ kind: fc.constant('number'), value: fc.constantFrom(0, 1, 2, 0.5, 1e3) }),
    fc.record({ kind: fc.constant('orLast'), name: fc.constantFrom(...names) }),
    fc.record({ kind: fc.constant('negation'), inner: tie('tree') }),
    fc.record({
      kind: fc.constant('operation'),
      operator: fc.constantFrom(...Object.keys(operations), '??'),
      left: tie('tree'),
      right: tie('tree'),
    }),
    fc.record({ kind: fc.constant('choice'), condition: tie('tree'), yes: tie('tree'), no: tie('tree') }),
    fc.record({
      kind: fc.constant('call'),
      name: fc.constantFrom('min', 'max'),
      values: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).tree;

/** Parentheses around everything that is more than a word. */
export function textOf(tree: Tree): string {
  const inner = (part: Tree): string =>
    part.kind === 'number' || part.kind === 'metric' || part.kind === 'call' ? textOf(part) : `(${textOf(part)})`;
  switch (tree.kind) {
    case 'number':
      return String(tree.value);
    case 'metric':
      return tree.name;
    case 'orLast':
      return `${tree.name} ?? last`;
    case 'negation':
      return `-${inner(tree.inner)}`;
    case 'operation':
      return `${inner(tree.left)} ${tree.operator} ${inner(tree.right)}`;
    case 'choice':
      return `${inner(tree.condition)} ? ${inner(tree.yes)} : ${inner(tree.no)}`;
    case 'call':
      return `${tree.name}(${tree.values.map(textOf).join(', ')})`;
  }
}

export const anyFormulaText = anyTree.map(textOf);

/** What a tree must come to by JavaScript's own arithmetic: null is unknown. */
export function oracle(
  tree: Tree,
  value: (name: string) => number | null,
  last: (name: string) => number | null,
): number | null {
  const of = (part: Tree): number | null => oracle(part, value, last);
  switch (tree.kind) {
    case 'number':
      return tree.value;
    case 'metric':
      return value(tree.name);
    case 'orLast':
      return value(tree.name) ?? last(tree.name);
    case 'negation': {
      const inner = of(tree.inner);
      return inner === null ? null : -inner;
    }
    case 'operation': {
      if (tree.operator === '??') return of(tree.left) ?? of(tree.right);
      const [left, right] = [of(tree.left), of(tree.right)];
      if (left === null || right === null) return null;
      const result = Number(operations[tree.operator]?.(left, right));
      return Number.isFinite(result) ? result : null;
    }
    case 'choice': {
      const condition = of(tree.condition);
      return condition === null ? null : of(condition !== 0 ? tree.yes : tree.no);
    }
    case 'call': {
      const values = tree.values.map(of);
      const known = values.filter((each) => each !== null);
      return known.length < values.length ? null : Math[tree.name](...known);
    }
  }
}

/** A read expression as text again, character by character what its nodes say. */
export function printed(expression: FormulaExpression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'metric':
      return expression.name;
    case 'last':
      return 'last';
    case 'parenthesis':
      return `(${printed(expression.expression)})`;
    case 'negation':
      return `-${printed(expression.expression)}`;
    case 'arithmetic':
    case 'comparison':
      return `${printed(expression.left)} ${expression.operator} ${printed(expression.right)}`;
    case 'coalescence':
      return `${printed(expression.left)} ?? ${printed(expression.right)}`;
    case 'choice':
      return `${printed(expression.condition)} ? ${printed(expression.yes)} : ${printed(expression.no)}`;
    case 'call':
      return `${expression.name}(${expression.arguments.map(printed).join(', ')})`;
  }
}

/** The tree alone: no places, no parentheses. */
export function withoutPlaces(expression: FormulaExpression): unknown {
  return JSON.parse(
    JSON.stringify(expression, (key, value: unknown) => {
      if (key === 'from' || key === 'to' || key === 'operatorAt') return undefined;
      let node = value;
      while (typeof node === 'object' && node !== null && 'kind' in node && node.kind === 'parenthesis')
        node = (node as unknown as { readonly expression: unknown }).expression;
      return node;
    }),
  );
}
