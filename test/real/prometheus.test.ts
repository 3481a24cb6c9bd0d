// Facts about a true Prometheus that the collectors rely on.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askPrometheusRange } from '../../src/alerts/rules/query.ts';
import { createPrometheusClient } from '../../src/clients/prometheus/client.ts';
import { daemonSpec } from '../../src/config/schema/daemon.ts';
import { Forecasts } from '../../src/forecasts/forecasts.ts';
import type { PastRead } from '../../src/forecasts/read-pasts.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import type { Instant } from '../../src/model/units.ts';
import { aConfig, aDeployment, aPodPolicy, aSnapshot } from '../builders.ts';
import { at, listAt, requestJson } from './servers/json.ts';
import { eventually } from './servers/process.ts';
import { startPrometheus } from './servers/prometheus.ts';
import { useServer } from './servers/suite.ts';

const target = createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain; version=0.0.4');
  response.end('# TYPE jobs gauge\njobs{queue="mail"} 7\njobs{queue="odd"} NaN\n');
});

beforeAll(() => new Promise<void>((resolve) => void target.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  target.closeAllConnections();
  target.close();
});

describe('Prometheus', () => {
  const prometheus = useServer(() => {
    const { port } = target.address() as AddressInfo;
    return startPrometheus({
      scrapeConfigs: [{ job_name: 'work', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
      rules: {
        'rules.yml': JSON.stringify({
          groups: [{ name: 'work', rules: [{ alert: 'TooManyJobs', expr: 'jobs > 5', labels: { severity: 'page' } }] }],
        }),
      },
    });
  });
  const query = (expression: string): ReturnType<typeof requestJson> =>
    requestJson(`${prometheus().url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const sampled = (): Promise<unknown> =>
    eventually('a first sample of jobs', async () => {
      const answer = await query('jobs');
      return listAt(answer.body, 'data', 'result').length === 2 ? answer.body : undefined;
    });

  it('gives a value as a pair of a number and a text, NaN included', async () => {
    const body = await sampled();
    expect(body).toMatchObject({ status: 'success', data: { resultType: 'vector' } });
    const values = listAt(body, 'data', 'result').map((series) => [
      at(series, 'metric', 'queue'),
      typeof at(series, 'value', 0),
      at(series, 'value', 1),
    ]);
    expect(values).toEqual([
      ['mail', 'number', '7'],
      ['odd', 'number', 'NaN'],
    ]);
  });

  it('has the past of a load, which a forecast learns from, and none before its first sample', async () => {
    await sampled();
    const client = createPrometheusClient({ settings: daemonSpec.shape.prometheus.parse({ url: prometheus().url }) });
    const told: PastRead[] = [];
    const forecasts = new Forecasts({ prometheus: client, onPast: (read) => told.push(read) });
    const metrics = [{ name: 'jobs', query: 'sum(jobs{queue="mail"})', target: { averageValue: 2 } }];
    const config = aConfig([aPodPolicy('web', { metrics, forecast: { metric: 'jobs' } })]);
    const snapshot = aSnapshot().deployments(aDeployment('shop', 'web')).build();
    // The next quarter of a minute: what is there by now is behind it.
    const now = (Math.ceil(Date.now() / 15_000) * 15_000) as Instant;
    await forecasts.look(snapshot, config, emptyMemory(), now);
    await forecasts.settled();
    expect(told).toEqual([
      { metric: 'jobs', targets: 1, samples: expect.any(Number) as number, why: null, again: null },
    ]);
    expect(told[0]?.samples).toBeGreaterThan(0);
    client.close();
  });

  it('has the past of the series of a rule, each with its labels, and says why where it has none', async () => {
    await sampled();
    const client = createPrometheusClient({ settings: daemonSpec.shape.prometheus.parse({ url: prometheus().url }) });
    const ask = askPrometheusRange(client);
    const now = Math.ceil(Date.now() / 15_000) * 15;
    const span = { start: now - 600, end: now, step: 15 };
    const { signal } = new AbortController();
    const courses = await ask({ query: 'jobs', ...span }, signal);
    expect(courses.map(({ labels }) => labels['queue'])).toEqual(['mail', 'odd']);
    const [mail, odd] = courses.map(({ points }) => points.at(-1) ?? [0, 0]);
    expect(mail).toEqual([now, 7]);
    expect(odd?.[1]).toBeNaN();
    await expect(ask({ query: 'jobs', ...span, start: 0 }, signal)).rejects.toThrow(/11,000 points/);
    client.close();
  });

  it('answers an empty vector, not an error, for a metric that nobody exports', async () => {
    const answer = await query('no_such_metric');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'success', data: { resultType: 'vector', result: [] } });
  });

  it('answers 400 bad_data with the place for an expression that does not parse', async () => {
    const answer = await query('sum(jobs');
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: 'error', errorType: 'bad_data' });
    expect(at(answer.body, 'error')).toContain('parse error');
  });

  it('answers 422 for an expression that parses and cannot be evaluated', async () => {
    await sampled();
    const answer = await query('jobs + on() group_left() jobs');
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ status: 'error', errorType: 'execution' });
  });

  it('knows a target that is down as up == 0, and the target by its health', async () => {
    await prometheus().reload({
      scrapeConfigs: [{ job_name: 'gone', static_configs: [{ targets: ['127.0.0.1:1'] }] }],
    });
    await eventually('up is 0', async () => {
      const answer = await query('up{job="gone"} == 0');
      return listAt(answer.body, 'data', 'result').length === 1 ? true : undefined;
    });
    const targets = await requestJson(`${prometheus().url}/api/v1/targets?state=active`);
    expect(at(targets.body, 'data', 'activeTargets', 0)).toMatchObject({ health: 'down', labels: { job: 'gone' } });
  });

  it('refuses a configuration that it does not understand and keeps the old one', async () => {
    await expect(prometheus().reload({ config: { no_such_key: true } })).rejects.toThrow('no_such_key');
    expect((await requestJson(`${prometheus().url}/-/healthy`)).status).toBe(200);
  });
});

describe('Prometheus with a rule', () => {
  const prometheus = useServer(() =>
    startPrometheus({
      rules: {
        'rules.yml': JSON.stringify({
          groups: [{ name: 'own', rules: [{ alert: 'AlwaysOn', expr: 'vector(1)', for: '1s' }] }],
        }),
      },
    }),
  );

  it('goes through pending to firing, and keeps activeAt from the first', async () => {
    const alert = (state: string): Promise<unknown> =>
      eventually(`the alert is ${state}`, async () => {
        const answer = await requestJson(`${prometheus().url}/api/v1/alerts`);
        return listAt(answer.body, 'data', 'alerts').find((candidate) => at(candidate, 'state') === state);
      });
    const pending = await alert('pending');
    const firing = await alert('firing');
    expect(at(firing, 'activeAt')).toBe(at(pending, 'activeAt'));
    expect(firing).toMatchObject({ labels: { alertname: 'AlwaysOn' }, value: '1e+00' });
  });
});
