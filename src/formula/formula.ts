// A read formula: plain data, a closed union of nodes, each with its place in the text.

/** `to` is exclusive; both count characters from 0. */
interface Placed {
  readonly from: number;
  readonly to: number;
}

interface NumberTerm extends Placed {
  readonly kind: 'number';
  readonly value: number;
}

interface MetricTerm extends Placed {
  readonly kind: 'metric';
  readonly name: string;
}

/** The last known value of a metric: `last` in `queue ?? last`. */
interface LastTerm extends Placed {
  readonly kind: 'last';
  readonly name: string;
}

interface Enclosed extends Placed {
  readonly kind: 'parenthesis';
  readonly expression: FormulaExpression;
}

interface Negation extends Placed {
  readonly kind: 'negation';
  readonly expression: FormulaExpression;
}

export type ArithmeticSign = '+' | '-' | '*' | '/';
export type ComparisonSign = '<' | '<=' | '>' | '>=' | '==' | '!=';

export interface Arithmetic extends Placed {
  readonly kind: 'arithmetic';
  readonly operator: ArithmeticSign;
  readonly left: FormulaExpression;
  readonly right: FormulaExpression;
}

/** Answers 1 or 0. */
interface Comparison extends Placed {
  readonly kind: 'comparison';
  readonly operator: ComparisonSign;
  readonly left: FormulaExpression;
  readonly right: FormulaExpression;
}

/** `left ?? right`: right where left is unknown. */
export interface Coalescence extends Placed {
  readonly kind: 'coalescence';
  readonly left: FormulaExpression;
  readonly right: FormulaExpression;
  /** of the `??` */
  readonly operatorAt: number;
}

/** `condition ? yes : no`; every number but 0 is a yes. */
export interface Choice extends Placed {
  readonly kind: 'choice';
  readonly condition: FormulaExpression;
  readonly yes: FormulaExpression;
  readonly no: FormulaExpression;
}

export interface Call extends Placed {
  readonly kind: 'call';
  readonly name: 'min' | 'max';
  readonly arguments: readonly FormulaExpression[];
}

export type FormulaExpression =
  NumberTerm | MetricTerm | LastTerm | Enclosed | Negation | Arithmetic | Comparison | Coalescence | Choice | Call;

export interface Formula {
  readonly text: string;
  /** The metrics that are read, in the order of the text. */
  readonly inputs: readonly string[];
  /** Those of them whose last known value may be asked for. */
  readonly needsLast: readonly string[];
  readonly expression: FormulaExpression;
}
