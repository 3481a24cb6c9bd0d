// The shape of a read PromQL expression: a closed union of nodes, each with its place in the text.
import type { Milliseconds } from '../model/units.ts';

/** Character positions in the text, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The four kinds of values, in the words of the HTTP API's `resultType`. */
export type ResultType = 'scalar' | 'vector' | 'matrix' | 'string';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

export interface LabelMatcher {
  readonly label: string;
  readonly operator: MatchOperator;
  readonly value: string;
  readonly span: Span;
}

/** `@`: an absolute instant in milliseconds, or the start or end of the range query. */
export type AtModifier = 'start' | 'end' | { readonly milliseconds: number };

export interface TimeShift {
  readonly offset: Milliseconds;
  readonly at: AtModifier | null;
}

export interface VectorSelector extends TimeShift {
  readonly kind: 'vectorSelector';
  readonly name: string | null;
  readonly matchers: readonly LabelMatcher[];
  readonly extension: 'anchored' | 'smoothed' | null;
  readonly span: Span;
}

export interface MatrixSelector {
  readonly kind: 'matrixSelector';
  readonly selector: VectorSelector;
  readonly range: Milliseconds;
  readonly span: Span;
}

export interface Subquery extends TimeShift {
  readonly kind: 'subquery';
  readonly expression: Expression;
  readonly range: Milliseconds;
  /** null: the server's evaluation interval. */
  readonly step: Milliseconds | null;
  readonly span: Span;
}

export interface NumberLiteral {
  readonly kind: 'number';
  readonly value: number;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}

export interface FunctionCall {
  readonly kind: 'call';
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly span: Span;
}

export type AggregationOperator =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'limitk'
  | 'limit_ratio'
  | 'quantile'
  | 'count_values';

export interface Grouping {
  readonly kind: 'by' | 'without';
  readonly labels: readonly string[];
}

export interface Aggregation {
  readonly kind: 'aggregation';
  readonly operator: AggregationOperator;
  readonly parameter: Expression | null;
  readonly expression: Expression;
  readonly grouping: Grouping | null;
  readonly span: Span;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOperator = '==' | '!=' | '>' | '<' | '>=' | '<=';
export type SetOperator = 'and' | 'or' | 'unless';
/** Cut native histograms at a value. */
export type TrimOperator = '</' | '>/';
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | SetOperator | TrimOperator;

export interface VectorMatching {
  readonly kind: 'on' | 'ignoring';
  readonly labels: readonly string[];
  readonly group: 'left' | 'right' | null;
  /** Labels that the many side takes over from the one side. */
  readonly include: readonly string[];
}

export interface FillValues {
  readonly left: number | null;
  readonly right: number | null;
}

export interface BinaryOperation {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly bool: boolean;
  readonly matching: VectorMatching | null;
  readonly fill: FillValues | null;
  readonly operatorSpan: Span;
  readonly span: Span;
}

export interface UnaryOperation {
  readonly kind: 'unary';
  readonly operator: '+' | '-';
  readonly expression: Expression;
  readonly span: Span;
}

export interface Parenthesis {
  readonly kind: 'parenthesis';
  readonly expression: Expression;
  readonly span: Span;
}

export type Expression =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | FunctionCall
  | Aggregation
  | BinaryOperation
  | UnaryOperation
  | Parenthesis;

const comparisonOperators: readonly string[] = ['==', '!=', '>', '<', '>=', '<='] satisfies ComparisonOperator[];
const setOperators: readonly string[] = ['and', 'or', 'unless'] satisfies SetOperator[];

export const isComparison = (operator: BinaryOperator): operator is ComparisonOperator =>
  comparisonOperators.includes(operator);
export const isSetOperator = (operator: BinaryOperator): operator is SetOperator => setOperators.includes(operator);
