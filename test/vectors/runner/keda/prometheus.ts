// keda: an answer of Prometheus over real HTTP, through the product's client, to one number or none.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPrometheusClient } from '../../../../src/clients/prometheus/client.ts';
import { daemonSpec } from '../../../../src/config/schema/daemon.ts';
import { messageOf } from '../../../../src/model/errors.ts';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { seconds } from '../../../../src/model/units.ts';
import { now } from '../pods.ts';
import { adapter, type Fields } from '../vector.ts';
import { measuredIn } from './measured.ts';
import { imported, prometheusTrigger } from './scaled-object.ts';
import { worldOf } from './worlds.ts';

interface Input {
  readonly httpStatus: number;
  readonly body: unknown;
  readonly ignoreNullValues: boolean;
}

const query = 'load';
const askedOnce = { attempts: 1, baseDelay: seconds(0), maxDelay: seconds(0) };
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The bodies leave out what the API always says; times in them are text. */
function completed(body: unknown): unknown {
  if (!isFields(body)) return body;
  const data = isFields(body['data']) ? body['data'] : {};
  const result: unknown = data['result'] ?? [];
  const series = (one: unknown): unknown =>
    isFields(one) ? { metric: {}, ...one, ...('value' in one && { value: timed(one['value']) }) } : one;
  return {
    status: 'success',
    ...body,
    data: { resultType: 'vector', ...data, result: Array.isArray(result) ? result.map(series) : result },
  };
}

const timed = (value: unknown): unknown =>
  Array.isArray(value) && value.length > 0 ? [Number(value[0]), ...(value as unknown[]).slice(1)] : value;

async function answerOver(status: number, body: unknown): Promise<Pick<Snapshot, 'prometheus' | 'errors'>> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(completed(body)));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()));
  const { port } = server.address() as AddressInfo;
  const { prometheus: settings } = daemonSpec.parse({
    cluster: 'vectors',
    prometheus: { url: `http://127.0.0.1:${port}` },
  });
  const client = createPrometheusClient({ settings, env: {}, retry: askedOnce, breaker: false });
  try {
    return { prometheus: { queries: { [query]: await client.query(query) } }, errors: [] };
  } catch (error) {
    const failure = { source: 'prometheus' as const, what: query, code: 'Failed', message: messageOf(error) };
    return { prometheus: {}, errors: [failure] };
  } finally {
    client.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
}

export const prometheusCase = adapter<{ input: Input; expected: object }>(
  async ({ httpStatus, body, ignoreNullValues }) => {
    const result = imported({
      triggers: [prometheusTrigger({ name: query, threshold: 1, ignoreNullValues })],
      spec: { minReplicaCount: 1 },
    });
    if (result.status === 'refused') throw new Error(result.why);
    const world = worldOf({ at: now, replicas: 1, values: {} });
    const asked = await answerOver(httpStatus, body);
    const { readings, combined } = measuredIn({ ...world, ...asked }, result.policy, 1);
    const reading = readings.get(query);
    const rule = result.policy.spec.metrics[0]?.unknown;
    const stoodIn = combined.largest?.standIn === 'treatAs' && typeof rule === 'object' && 'treatAs' in rule;
    const value = stoodIn ? rule.treatAs : (reading?.value ?? null);
    return { got: { value, error: !stoodIn && reading?.state !== 'ok' } };
  },
);
