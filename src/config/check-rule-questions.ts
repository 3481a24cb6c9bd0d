// What a rule asks: one expression, what is unusual, or what will cross a limit.
import { minutes } from '../model/units.ts';
import type { Expression } from '../promql/ast.ts';
import { durationOf } from '../promql/literals.ts';
import { parsePromql } from '../promql/parse.ts';
import type { ProblemPath } from './problem.ts';
import { queryFindings, type Wanted } from './queries.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const learningKeys: readonly string[] = ['anomaly', 'forecast'];

export const questionFindings = (rule: unknown, path: ProblemPath): Finding[] => [
  ...kindFindings(rule, path),
  ...expressionFindings(valueAt(rule, ['expr']), [...path, 'expr']),
  ...learningFindings(rule, path),
];

/** One of three says what is asked; a recording rule has `expr` only. */
function kindFindings(rule: unknown, path: ProblemPath): Finding[] {
  const isRecording = valueAt(rule, ['alert']) === undefined && valueAt(rule, ['record']) !== undefined;
  const [first, ...more] = ['expr', ...learningKeys].filter((key) => valueAt(rule, [key]) !== undefined);
  if (first === undefined)
    return [{ code: 'MissingKey', path: [...path, 'expr'], message: '"expr" is missing', mend: 'add expr: a text' }];
  const wrong = isRecording ? [first, ...more].filter((key) => key !== 'expr') : more;
  return wrong.map((key) => ({
    code: 'WrongValue',
    path: [...path, key],
    at: 'key',
    message: isRecording ? `a recording rule has no "${key}"` : `a rule has one of "${first}" and "${key}", not both`,
    mend: isRecording ? 'take it out' : 'write two rules',
  }));
}

const [leastWithin, mostWithin] = [minutes(5), minutes(4 * 24 * 60)];

function learningFindings(rule: unknown, path: ProblemPath): Finding[] {
  const findings = learningKeys.flatMap((key) => {
    const query = valueAt(rule, [key, 'query']);
    const place = [...path, key, 'query'];
    return [...expressionFindings(query, place), ...filterFindings(query, place)];
  });
  const forecast = valueAt(rule, ['forecast']);
  if (typeof forecast !== 'object' || forecast === null) return findings;
  const place = [...path, 'forecast'];
  const [above, below] = [valueAt(forecast, ['above']), valueAt(forecast, ['below'])];
  if (above === undefined && below === undefined)
    findings.push({
      code: 'MissingKey',
      path: [...place, 'above'],
      message: 'the forecast has neither "above" nor "below"',
      mend: 'add the limit that the series is not to cross: below: 10e9',
    });
  if (above !== undefined && below !== undefined)
    findings.push({
      code: 'WrongValue',
      path: [...place, 'below'],
      at: 'key',
      message: 'a forecast has one of "above" and "below", not both',
      mend: 'write two rules',
    });
  const within = durationOf(String(valueAt(forecast, ['within'])));
  if (within !== null && (within < leastWithin || within > mostWithin))
    findings.push({
      code: 'WrongValue',
      path: [...place, 'within'],
      message: `"within" is ${String(valueAt(forecast, ['within']))}, it may be 5m to 4d`,
      mend: 'two weeks of past are looked at: what is further ahead they cannot tell',
    });
  return findings;
}

const comparisons: readonly string[] = ['==', '!=', '<', '>', '<=', '>='];

const isFilter = (expression: Expression): boolean =>
  expression.kind === 'parenthesis'
    ? isFilter(expression.expression)
    : expression.kind === 'binary' && comparisons.includes(expression.operator) && !expression.bool;

/** A query that was an alert's before. */
function filterFindings(text: unknown, path: ProblemPath): Finding[] {
  const reading = typeof text === 'string' ? parsePromql(text) : null;
  if (reading?.kind !== 'ok' || !isFilter(reading.expression)) return [];
  return [
    {
      code: 'WrongQuery',
      severity: 'warning',
      path,
      message: 'the comparison takes values away: from what is left nobody learns what is usual',
      mend: 'ask for the series itself: the rule finds out when it is out of order',
    },
  ];
}

const ofRule: Wanted = {
  matrix: 'the expression answers a range of samples for each series, a rule needs one number',
  range: 'rate(…[5m])',
  string: 'the expression answers a text, a rule needs numbers',
  otherwise: 'the rule fails otherwise',
};

const expressionFindings = (text: unknown, path: ProblemPath): Finding[] => queryFindings(path, text, ofRule);
