// The embedded Prometheus over real HTTP on a virtual clock: API, scrapes, authentication, faults.
import { afterEach, describe, expect, it } from 'vitest';
import { instantOf, minutes, seconds } from '../../../src/model/units.ts';
import type { Instant } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { startPrometheus } from '../../../src/sandbox/prometheus/world.ts';
import type { PrometheusOptions, PrometheusWorld } from '../../../src/sandbox/prometheus/world.ts';

const start = instantOf('2026-11-20T08:00:00Z') ?? (0 as Instant);
const open: PrometheusWorld[] = [];

async function world(
  options: Partial<PrometheusOptions> = {},
): Promise<{ clock: VirtualClock; prometheus: PrometheusWorld }> {
  const clock = new VirtualClock(start);
  const prometheus = await startPrometheus({ clock, ...options });
  open.push(prometheus);
  return { clock, prometheus };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

interface Envelope {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly data?: { readonly resultType: string; readonly result: unknown };
}

async function get(
  prometheus: PrometheusWorld,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: Envelope }> {
  const response = await fetch(`${prometheus.url}${path}`, init);
  return { status: response.status, body: (await response.json()) as Envelope };
}

const query = (text: string): string => `/api/v1/query?query=${encodeURIComponent(text)}`;
const result = async (prometheus: PrometheusWorld, text: string): Promise<unknown> =>
  (await get(prometheus, query(text))).body.data?.result;
const now = start / 1000;

describe('the HTTP API', () => {
  it('answers instant queries by GET and by POST as Prometheus does', async () => {
    const { prometheus } = await world();
    prometheus.write('up', { job: 'a' }, 1);
    prometheus.write('odd', {}, Infinity);
    const wanted = {
      status: 200,
      body: {
        status: 'success',
        data: { resultType: 'vector', result: [{ metric: { __name__: 'up', job: 'a' }, value: [now, '1'] }] },
      },
    };
    expect(await get(prometheus, query('up'))).toEqual(wanted);
    const form = new URLSearchParams({ query: 'up', time: '2026-11-20T08:00:00Z' });
    expect(await get(prometheus, '/api/v1/query', { method: 'POST', body: form })).toEqual(wanted);
    expect(await result(prometheus, 'odd')).toMatchObject([{ value: [now, '+Inf'] }]);
    expect(await result(prometheus, 'odd - odd')).toEqual([{ metric: {}, value: [now, 'NaN'] }]);
    expect(await result(prometheus, '1e-7')).toEqual([now, '1e-07']);
  });

  it('answers range queries, series, labels and their values', async () => {
    const { clock, prometheus } = await world();
    prometheus.write('x', { a: '1' }, 1);
    clock.advance(seconds(30));
    prometheus.write('x', { b: '2' }, 2.5);
    const range = `/api/v1/query_range?query=x&start=${String(now)}&end=${String(now + 30)}&step=15s`;
    expect((await get(prometheus, range)).body.data).toEqual({
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: 'x', a: '1' },
          values: [
            [now, '1'],
            [now + 15, '1'],
            [now + 30, '1'],
          ],
        },
        { metric: { __name__: 'x', b: '2' }, values: [[now + 30, '2.5']] },
      ],
    });
    expect((await get(prometheus, '/api/v1/series?match[]=x%7Ba="1"%7D')).body.data).toEqual([
      { __name__: 'x', a: '1' },
    ]);
    expect((await get(prometheus, '/api/v1/labels')).body.data).toEqual(['__name__', 'a', 'b']);
    expect((await get(prometheus, `/api/v1/labels?end=${String(now)}`)).body.data).toEqual(['__name__', 'a']);
    expect((await get(prometheus, '/api/v1/label/b/values')).body.data).toEqual(['2']);
    expect((await get(prometheus, '/api/v1/status/buildinfo')).body.data).toMatchObject({ version: '3.5.0' });
  });

  it.each([
    [
      '/api/v1/query?query=rate(x)',
      400,
      'bad_data',
      'invalid parameter "query": 1:6: parse error: rate wants a range vector',
    ],
    ['/api/v1/query?query=x&time=yesterday', 400, 'bad_data', 'invalid parameter "time"'],
    ['/api/v1/query', 400, 'bad_data', 'the query is empty'],
    ['/api/v1/query?query=a%2Bon()b', 422, 'execution', 'many-to-many matching not allowed'],
    [
      '/api/v1/query_range?query=x&start=0&end=12000&step=1',
      400,
      'bad_data',
      'exceeded maximum resolution of 11,000 points',
    ],
    ['/api/v1/query_range?query=x&start=0&end=1', 400, 'bad_data', 'invalid parameter "step"'],
    ['/api/v1/series', 400, 'bad_data', 'no match[] parameter provided'],
    ['/api/v1/series?match[]=sum(x)', 400, 'bad_data', 'is not a selector'],
  ])('refuses %s', async (path, status, errorType, message) => {
    const { prometheus } = await world();
    prometheus.write('a', {}, 1);
    prometheus.write('b', { x: '1' }, 1);
    prometheus.write('b', { x: '2' }, 1);
    const answer = await get(prometheus, path);
    expect(answer).toMatchObject({ status, body: { status: 'error', errorType } });
    expect(answer.body.error).toContain(message);
  });

  it('stops a query that looks at too many samples', async () => {
    const { prometheus } = await world({ maximumSamples: 10 });
    for (let index = 0; index < 11; index++) prometheus.write('x', { index: String(index) }, 1);
    expect(await get(prometheus, query('x'))).toMatchObject({ status: 422, body: { errorType: 'execution' } });
  });

  it('serves its probes without and everything else with credentials', async () => {
    const basic = await world({ auth: { kind: 'basic', username: 'u', password: 'p' } });
    const bearer = await world({ auth: { kind: 'bearer', token: 't' } });
    expect((await fetch(`${basic.prometheus.url}/-/ready`)).status).toBe(200);
    expect((await fetch(`${basic.prometheus.url}/-/healthy`)).status).toBe(200);
    expect((await fetch(`${basic.prometheus.url}${query('1')}`)).status).toBe(401);
    expect(
      (await get(basic.prometheus, query('1'), { headers: { authorization: `Basic ${btoa('u:p')}` } })).status,
    ).toBe(200);
    expect((await get(bearer.prometheus, query('1'), { headers: { authorization: 'Bearer t' } })).status).toBe(200);
    expect(
      (await fetch(`${bearer.prometheus.url}${query('1')}`, { headers: { authorization: 'Bearer x' } })).status,
    ).toBe(401);
    expect((await fetch(`${(await world()).prometheus.url}/nothing`)).status).toBe(404);
  });
});

describe('scraping', () => {
  it('adds up, ends the series that are gone, and goes down with a target that throws', async () => {
    const { clock, prometheus } = await world();
    let pods = ['p1', 'p2'];
    let broken = false;
    const target = prometheus.addTarget({ job: 'web', instance: 'w:1' }, () => {
      if (broken) throw new Error('reset by peer');
      return pods.map((pod) => ({ name: 'load', labels: { pod, job: 'own' }, value: 1 }));
    });
    const up = (): unknown => prometheus.query('up').result;
    const load = (): number => prometheus.query('load').result.length;
    clock.advance(seconds(0));
    expect(up()).toMatchObject([{ metric: { job: 'web', instance: 'w:1' }, value: [now, '1'] }]);
    expect(prometheus.query('load{pod="p1"}').result).toMatchObject([{ metric: { job: 'web', exported_job: 'own' } }]);
    pods = ['p1'];
    clock.advance(seconds(15));
    expect(load()).toBe(1);
    broken = true;
    clock.advance(seconds(15));
    expect(up()).toMatchObject([{ value: [now + 30, '0'] }]);
    expect(load()).toBe(0);
    expect((await get(prometheus, '/api/v1/targets')).body.data).toMatchObject({
      activeTargets: [{ health: 'down', lastError: 'reset by peer' }],
    });
    broken = false;
    target.markDown();
    clock.advance(seconds(15));
    expect(up()).toMatchObject([{ value: [now + 45, '0'] }]);
    target.markUp();
    clock.advance(seconds(15));
    expect(load()).toBe(1);
    prometheus.removeTarget(target);
    expect(prometheus.query('{job="web"}').result).toEqual([]);
    expect(prometheus.targets).toEqual([]);
  });

  it('drops what is older than the retention', async () => {
    const { clock, prometheus } = await world({ retention: minutes(10) });
    prometheus.write('once', {}, 1);
    prometheus.addTarget({ job: 'a' }, () => []);
    clock.advance(minutes(120));
    expect(prometheus.store.seriesCount).toBe(2);
    expect(prometheus.store.sampleCount).toBeLessThan(2 * (10 + 5) * 4 + 8);
  });
});

describe('faults', () => {
  it('spoil answers by name until they are switched off', async () => {
    const { prometheus } = await world();
    for (const pod of ['a', 'b']) prometheus.write('x', { pod }, 1);
    const { faults } = prometheus;
    faults.switchOn({ kind: 'unavailable' });
    expect((await fetch(`${prometheus.url}${query('x')}`)).status).toBe(503);
    expect((await fetch(`${prometheus.url}/-/ready`)).status).toBe(503);
    faults.switchOff('unavailable');
    faults.switchOn({ kind: 'empty' });
    expect(await get(prometheus, query('x'))).toMatchObject({
      status: 200,
      body: { status: 'success', data: { result: [] } },
    });
    faults.switchOff('empty');
    faults.switchOn({ kind: 'warnings', texts: ['partial'] });
    expect((await get(prometheus, query('x'))).body).toMatchObject({
      warnings: ['partial'],
      data: { result: [{ metric: { pod: 'a' } }] },
    });
    faults.switchOn({ kind: 'nan' });
    expect(await result(prometheus, 'x')).toMatchObject([{ value: [now, 'NaN'] }]);
    expect(faults.list()).toHaveLength(2);
    faults.clear();
    expect((await get(prometheus, query('x'))).body.warnings).toBeUndefined();
    faults.switchOn({ kind: 'garbage' });
    await expect(get(prometheus, query('x'))).rejects.toThrow(SyntaxError);
    faults.clear();
    faults.switchOn({ kind: 'half' });
    await expect(get(prometheus, query('x'))).rejects.toThrow();
  });

  it('stale stops the scrapes and lets the samples age', async () => {
    const { clock, prometheus } = await world();
    prometheus.addTarget({ job: 'a' }, () => []);
    clock.advance(seconds(15));
    prometheus.faults.switchOn({ kind: 'stale' });
    clock.advance(minutes(4));
    expect(prometheus.query('time() - max(timestamp(up))').result).toMatchObject([{ value: [now + 255, '240'] }]);
    clock.advance(minutes(1));
    expect(prometheus.query('up').result).toEqual([]);
  });

  it('slow answers when the clock says so, hang never does', async () => {
    const { clock, prometheus } = await world();
    prometheus.faults.switchOn({ kind: 'slow', delay: seconds(20) });
    let waiting: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (waiting = resolve));
    const after = clock.after.bind(clock);
    clock.after = (delay, run) => {
      waiting();
      return after(delay, run);
    };
    const answer = get(prometheus, query('1'));
    await asked;
    clock.advance(seconds(20));
    expect((await answer).status).toBe(200);
    prometheus.faults.clear();
    prometheus.faults.switchOn({ kind: 'hang' });
    const hung = fetch(`${prometheus.url}${query('1')}`);
    const failed = expect(hung).rejects.toThrow();
    await get(prometheus, query('1'), { signal: AbortSignal.timeout(50) }).catch(() => undefined);
    await prometheus.close();
    open.pop();
    await failed;
  });

  it('tooManyBytes pours more than a careful client takes', async () => {
    const { prometheus } = await world();
    prometheus.faults.switchOn({ kind: 'tooManyBytes', bytes: 1 << 20 });
    const response = await fetch(`${prometheus.url}${query('1')}`);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThanOrEqual(1 << 20);
  });
});
