// Reads a PromQL text into our own tree, or says what is wrong and where.
import { parser } from '@prometheus-io/lezer-promql';
import type { Expression, ResultType } from './ast.ts';
import { checkTypes } from './check.ts';
import { readExpression } from './read.ts';
import { Refusal } from './refusal.ts';
import { checkBrackets, withoutBarePoints, withoutFormerFunctions } from './scan.ts';
import { refuseSyntaxErrors } from './syntax-errors.ts';

export type PromqlReading =
  | {
      readonly kind: 'ok';
      readonly expression: Expression;
      readonly type: ResultType;
      /** What needs a feature flag of the Prometheus server: functions, aggregations, modifiers. */
      readonly experimental: readonly string[];
      /** Functions of Prometheus 2 that Prometheus 3 does not have. */
      readonly former: readonly string[];
    }
  /** `offset` counts characters from 0. */
  | { readonly kind: 'error'; readonly offset: number; readonly message: string };

/** Far above what people and generators write, far below what would exhaust the stack. */
const maximumQueryLength = 65_536;

export function parsePromql(written: string): PromqlReading {
  try {
    if (written.length > maximumQueryLength)
      throw new Refusal(maximumQueryLength, `the query is longer than ${String(maximumQueryLength)} characters`);
    if (/^[ \t\r\n]*$/.test(written.replace(/#.*/g, ''))) throw new Refusal(0, 'the query is empty');
    checkBrackets(written);
    const text = withoutBarePoints(written);
    const top = parser.parse(withoutFormerFunctions(text)).topNode;
    refuseSyntaxErrors(text, top);
    const expression = readExpression(text, top);
    const needs = { experimental: new Set<string>(), former: new Set<string>() };
    const type = checkTypes(expression, needs);
    return { kind: 'ok', expression, type, experimental: [...needs.experimental], former: [...needs.former] };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'error', offset: error.offset, message: error.message };
    throw error;
  }
}
