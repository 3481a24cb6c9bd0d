// Reads a PromQL text into our own tree, or says what is wrong and where.
import { parser } from '@prometheus-io/lezer-promql';
import type { Expression, ResultType } from './ast.ts';
import { checkTypes } from './check.ts';
import { readExpression } from './read.ts';
import { Refusal } from './refusal.ts';
import { checkBrackets } from './scan.ts';
import { refuseSyntaxErrors } from './syntax-errors.ts';

export type PromqlReading =
  | {
      readonly kind: 'ok';
      readonly expression: Expression;
      readonly type: ResultType;
      /** What needs a feature flag of the Prometheus server: functions, aggregations, modifiers. */
      readonly experimental: readonly string[];
    }
  /** `offset` counts characters from 0. */
  | { readonly kind: 'error'; readonly offset: number; readonly message: string };

/** Far above what people and generators write, far below what would exhaust the stack. */
const maximumQueryLength = 65_536;

export function parsePromql(text: string): PromqlReading {
  try {
    if (text.length > maximumQueryLength)
      throw new Refusal(maximumQueryLength, `the query is longer than ${String(maximumQueryLength)} characters`);
    if (text.replace(/#.*/g, '').trim() === '') throw new Refusal(0, 'the query is empty');
    checkBrackets(text);
    const top = parser.parse(text).topNode;
    refuseSyntaxErrors(text, top);
    const expression = readExpression(text, top);
    const experimental = new Set<string>();
    const type = checkTypes(expression, experimental);
    return { kind: 'ok', expression, type, experimental: [...experimental] };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'error', offset: error.offset, message: error.message };
    throw error;
  }
}
