// Rules asked of a Prometheus over HTTP: what counts as an answer, and what as none.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askPrometheus, ruleAnswerOf, type RuleQuery } from '../../../src/alerts/rules/query.ts';
import { createPrometheusClient, type PrometheusClient } from '../../../src/clients/prometheus/client.ts';
import { seconds, type Instant } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { startPrometheus, type PrometheusWorld } from '../../../src/sandbox/prometheus/world.ts';
import { aDaemon } from '../../builders.ts';

const start = Date.parse('2026-11-21T08:00:00Z') as Instant;
const once = { attempts: 1, baseDelay: seconds(0), maxDelay: seconds(0) };

describe('a rule’s question', () => {
  let prometheus: PrometheusWorld;
  let client: PrometheusClient;
  let ask: RuleQuery;
  const asked = (expression: string, at = start) => ask(expression, at, new AbortController().signal);
  beforeAll(async () => {
    prometheus = await startPrometheus({ clock: new VirtualClock(start) });
    const { prometheus: settings } = aDaemon({ prometheus: { url: prometheus.url } });
    client = createPrometheusClient({ settings, retry: once, breaker: false });
    ask = askPrometheus(client);
    for (const [job, value] of Object.entries({ a: 1, b: Infinity, c: NaN })) prometheus.write('x', { job }, value);
  });
  beforeEach(() => prometheus.faults.clear());
  afterAll(async () => {
    client.close();
    await prometheus.close();
  });

  it('is answered by numbers, infinite ones and NaN too', async () => {
    expect(await asked('x')).toEqual({
      kind: 'vector',
      samples: [
        { labels: { __name__: 'x', job: 'a' }, value: 1 },
        { labels: { __name__: 'x', job: 'b' }, value: Infinity },
        { labels: { __name__: 'x', job: 'c' }, value: NaN },
      ],
    });
    expect(await asked('-x{job="b"}')).toMatchObject({ samples: [{ value: -Infinity }] });
  });

  it('may be a scalar: one sample without labels', async () => {
    expect(await asked('1')).toEqual({ kind: 'vector', samples: [{ labels: {}, value: 1 }] });
  });

  it('is about its own instant', async () => {
    expect(await asked('x', (start - 1) as Instant)).toEqual({ kind: 'vector', samples: [] });
  });

  it.each([
    ['that cannot be read', 'sum(', 'bad_data'],
    ['of ranges', 'x[5m]', 'not a vector or scalar'],
    ['of a text', '"x"', 'not a vector or scalar'],
  ])('%s is an error', async (_, expression, words) => {
    expect(await asked(expression)).toEqual({ kind: 'error', message: expect.stringContaining(words) as string });
  });

  it('of a part that did not answer is an error: a missing series would look like the end of an alert', async () => {
    prometheus.faults.switchOn({ kind: 'warnings', texts: ['store s3 timed out'] });
    expect(await asked('x')).toEqual({ kind: 'error', message: 'a partial answer: store s3 timed out' });
    prometheus.faults.switchOn({ kind: 'warnings', texts: ['PromQL warning: quantile value'], keep: 1 });
    expect(await asked('x')).toMatchObject({ kind: 'vector' });
  });

  it('without an answer is an error', async () => {
    prometheus.faults.switchOn({ kind: 'unavailable' });
    expect(await asked('x')).toMatchObject({ kind: 'error' });
  });

  it('takes an empty point for no sample', () => {
    const answer = { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [] }] } };
    expect(ruleAnswerOf(answer as unknown as Parameters<typeof ruleAnswerOf>[0])).toEqual({
      kind: 'vector',
      samples: [],
    });
  });
});
