// Looks at a read formula without computing it: where it names metrics and where it falls back to a number.
import type { Formula, FormulaExpression } from './formula.ts';

export interface FormulaPlace {
  /** counts characters from 0 */
  readonly offset: number;
  readonly text: string;
}

/** Every place that names a metric; a metric may be there several times. */
export function metricPlaces(formula: Formula): readonly FormulaPlace[] {
  const places: FormulaPlace[] = [];
  visit(formula.expression, (node) => {
    if (node.kind === 'metric') places.push({ offset: node.from, text: node.name });
  });
  return places;
}

/** Every `?? <number>`: a made-up number stands in for a missing one, and nobody sees it in the result. */
export function coalescesToNumber(formula: Formula): readonly FormulaPlace[] {
  const places: FormulaPlace[] = [];
  visit(formula.expression, (node) => {
    if (node.kind === 'coalescence' && readsNothing(node.right))
      places.push({ offset: node.operatorAt, text: formula.text.slice(node.operatorAt, node.right.to) });
  });
  return places;
}

function readsNothing(expression: FormulaExpression): boolean {
  let reads = false;
  visit(expression, ({ kind }) => (reads ||= kind === 'metric' || kind === 'last'));
  return !reads;
}

export function visit(expression: FormulaExpression, found: (node: FormulaExpression) => void): void {
  found(expression);
  switch (expression.kind) {
    case 'number':
    case 'metric':
    case 'last':
      return;
    case 'parenthesis':
    case 'negation':
      visit(expression.expression, found);
      return;
    case 'arithmetic':
    case 'comparison':
    case 'coalescence':
      visit(expression.left, found);
      visit(expression.right, found);
      return;
    case 'choice':
      visit(expression.condition, found);
      visit(expression.yes, found);
      visit(expression.no, found);
      return;
    case 'call':
      for (const argument of expression.arguments) visit(argument, found);
  }
}
