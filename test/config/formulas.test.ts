// Formulas beside the metrics that they read: where each mistake is, and what is none.
import { describe, expect, it } from 'vitest';
import { formulaFindings } from '../../src/config/formulas.ts';

const policy = (...metrics: readonly unknown[]): unknown => ({ spec: { metrics } });
const requests = { name: 'requests', query: 'sum(x)', target: { averageValue: 100 } };
const queue = { name: 'queue', query: 'max(y)', use: 'formula' };
const load = (formula: unknown, more: object = {}): unknown => ({
  name: 'load',
  formula,
  target: { averageValue: 1 },
  ...more,
});

const told = (raw: unknown): string[] =>
  formulaFindings(raw).map(
    ({ code, path, offset, severity }) =>
      `${code} ${path.slice(1).join('.')}${offset === undefined ? '' : `@${offset}`} ${severity ?? 'error'}`,
  );

describe('formulas', () => {
  it.each([
    ['over metrics', policy(requests, queue, load('requests + 0.2 * (queue ?? last)'))],
    ['over a resource', policy({ name: 'cpu', resource: 'cpu', target: { utilization: 70 } }, load('cpu * 2'))],
    ['written before what it reads', policy(load('requests'), requests)],
    ['over an input that says the default', policy({ ...queue, unknown: 'hold' }, load('queue'))],
    ['none at all', policy(requests, { name: 'last', query: 'sum(x)' })],
    ['beside what is no metric', policy(requests, null, 'text', 7, load('requests'), { formula: 8 })],
    ['where there is no list', { spec: { metrics: {} } }],
    ['where there is no policy', null],
  ])('%s are right', (_, raw) => {
    expect(told(raw)).toEqual([]);
  });

  it.each([
    ['no formula', policy(requests, load('requests +')), ['WrongFormula metrics.1.formula@10 error']],
    ['a long unknown name', policy(requests, load('1 + memory')), ['WrongFormula metrics.1.formula@4 error']],
    ['itself', policy(load('load + 1')), ['WrongFormula metrics.0.formula@0 error']],
    ['no metric', policy(requests, load('1')), ['WrongFormula metrics.1.formula error']],
    [
      'numbers for what is unknown',
      policy(requests, load('(requests ?? 1) + (requests ?? -2)')),
      ['NumberForUnknown metrics.1.formula@10 warning', 'NumberForUnknown metrics.1.formula@28 warning'],
    ],
    [
      'keys of queries',
      policy(requests, load('requests', { split: { a: 'name' }, by: 'pod', use: 'formula' })),
      ['WrongValue metrics.1.use error', 'WrongValue metrics.1.split error', 'WrongValue metrics.1.by error'],
    ],
    [
      'an input with a say of its own',
      policy({ ...queue, target: { value: 1 }, activation: 5, by: 'pod', unknown: { treatAs: 0 } }, load('queue')),
      [
        'WrongValue metrics.0.target error',
        'WrongValue metrics.0.activation error',
        'WrongValue metrics.0.by error',
        'WrongValue metrics.0.unknown error',
      ],
    ],
    [
      'a resource that counts in nothing',
      policy({ name: 'cpu', resource: 'cpu', use: 'formula' }, load('cpu')),
      ['WrongValue metrics.0.use error'],
    ],
    ['an input nobody reads', policy(requests, queue, load('requests')), ['UnusedMetric metrics.1.use warning']],
    [
      'an input while the formula cannot be read',
      policy(requests, queue, load('requests + queue)')),
      ['WrongFormula metrics.2.formula@16 error'],
    ],
    ['inputs only', policy(queue), ['UnusedMetric metrics.0.use warning', 'WrongValue metrics error']],
    [
      'a metric named last',
      policy({ ...requests, name: 'last' }, requests, load('requests ?? last')),
      ['WrongValue metrics.0.name error'],
    ],
  ])('of %s are told', (_, raw, wanted) => {
    expect(told(raw)).toEqual(wanted);
  });

  it('are no must beside a schedule', () => {
    expect(told({ spec: { metrics: [queue], schedule: [{}] } })).toEqual(['UnusedMetric metrics.0.use warning']);
  });

  it('name what could be meant', () => {
    const messages = formulaFindings(policy(requests, queue, load('request + queue'))).map(({ message, mend }) => [
      message,
      mend,
    ]);
    expect(messages).toEqual([
      [
        'there is no metric "request", did you mean "requests"?',
        'metrics of this policy that it can read: requests, queue',
      ],
    ]);
  });
});
