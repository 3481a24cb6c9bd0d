// Writes as the API server sees them, and its answers as actuators see them.
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiscovery } from '../../../src/clients/kubernetes/discovery.ts';
import { createTransport } from '../../../src/clients/kubernetes/transport.ts';
import type { KubernetesTransport } from '../../../src/clients/kubernetes/transport.ts';
import { createWrites } from '../../../src/clients/kubernetes/writes.ts';
import type { KubernetesWrites } from '../../../src/clients/kubernetes/writes.ts';
import { systemClock } from '../../../src/clock.ts';
import { seconds } from '../../../src/model/units.ts';
import { FakeApi, answer, refuse } from './fake-api.ts';

let api: FakeApi;
let transport: KubernetesTransport;
let writes: KubernetesWrites;
beforeEach(async () => {
  api = await new FakeApi().start();
  transport = createTransport({ connection: api.connection, timeout: seconds(5) });
  const discovery = createDiscovery(transport, systemClock);
  writes = createWrites({ transport, discovery, clock: systemClock, timeout: seconds(5), instance: 'springtide-0' });
});
afterEach(async () => {
  transport.close();
  await api.stop();
});

interface Received {
  method: string | undefined;
  url: string | undefined;
  type: string | undefined;
  body: Record<string, unknown>;
}
/** Answers the next matching request and tells what it was. */
function receive(matches: RegExp, reply: string, code = 200): Promise<Received> {
  return new Promise((resolve) => {
    api.next(matches, (request, response) => {
      void bodyOf(request).then((body) => {
        answer(reply, code)(request, response);
        resolve({ method: request.method, url: request.url, type: request.headers['content-type'], body });
      });
    });
  });
}
async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>;
}

const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const scale = (resourceVersion: string, replicas?: number): string =>
  JSON.stringify({
    metadata: { name: 'web', resourceVersion },
    spec: { replicas },
    status: { replicas: 2, selector: 'app=web' },
  });

describe('the annotation of a pod', () => {
  const pod = { namespace: 'shop', name: 'web-1', uid: 'uid-1' };
  const cost = 'controller.kubernetes.io/pod-deletion-cost';

  it('is merged into its own, if it is still the one that is meant', async () => {
    const received = receive(/pods\/web-1/, JSON.stringify({ metadata: { name: 'web-1' } }));
    expect(await writes.annotatePod(pod, { [cost]: '-2' })).toBe('written');
    expect(await received).toEqual({
      method: 'PATCH',
      url: '/api/v1/namespaces/shop/pods/web-1',
      type: 'application/merge-patch+json',
      body: { metadata: { annotations: { [cost]: '-2' }, uid: 'uid-1' } },
    });
  });

  it.each([
    [404, 'NotFound'],
    [409, 'Conflict'],
    [422, 'Invalid'],
  ])('of one that is gone, or another by now, is nothing to wait for: %i', async (code, reason) => {
    api.next(/pods\/web-1/, refuse(code, reason));
    expect(await writes.annotatePod(pod, { [cost]: null })).toBe('gone');
  });

  it('that may not be written is told', async () => {
    api.next(/pods\/web-1/, refuse(403, 'Forbidden'));
    await expect(writes.annotatePod(pod, { [cost]: '-1' })).rejects.toMatchObject({ code: 'Forbidden' });
  });
});

describe('annotations', () => {
  it('are merged into those of the object itself, over the version that is meant', async () => {
    const received = receive(/deployments/, JSON.stringify({ metadata: { name: 'web', resourceVersion: '9' } }));
    const annotations = { 'springtide.io/previous-replicas': '4', gone: null };
    expect(await writes.annotate(web, annotations, { resourceVersion: '8' })).toEqual({ resourceVersion: '9' });
    expect(await received).toEqual({
      method: 'PATCH',
      url: '/apis/apps/v1/namespaces/shop/deployments/web',
      type: 'application/merge-patch+json',
      body: { metadata: { annotations, resourceVersion: '8' } },
    });
    api.next(/deployments/, refuse(409, 'Conflict'));
    await expect(writes.annotate(web, annotations)).rejects.toMatchObject({ code: 'Conflict' });
  });
});

describe('scales', () => {
  it('are read with what they hang on; a replicas field that is left out is zero', async () => {
    api.next(/deployments\/web\/scale/, answer(scale('7')));
    expect(await writes.readScale(web)).toEqual({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web', namespace: 'shop', resourceVersion: '7' },
      spec: { replicas: 0 },
      status: { replicas: 2, selector: 'app=web' },
      target: { kind: 'Deployment', apiVersion: 'apps/v1' },
    });
  });

  it('are written only over the version that was decided on', async () => {
    const received = receive(/scale/, scale('8', 5));
    const written = await writes.writeScale(web, 5, { resourceVersion: '7', dryRun: true });
    expect(written).toEqual({ resourceVersion: '8' });
    expect(await received).toMatchObject({
      method: 'PUT',
      url: '/apis/apps/v1/namespaces/shop/deployments/web/scale?dryRun=All',
      body: { metadata: { resourceVersion: '7', name: 'web', namespace: 'shop' }, spec: { replicas: 5 } },
    });
  });

  it('are found for any kind by discovery', async () => {
    const resources = [
      { name: 'rockets', kind: 'Rocket', namespaced: true },
      { name: 'rockets/scale', kind: 'Scale', namespaced: true },
      { name: 'pads', kind: 'Pad', namespaced: true },
    ];
    api.next(/^\/apis\/space.example\/v1$/, answer(JSON.stringify({ resources })));
    const received = receive(/rockets/, scale('8', 5));
    await writes.writeScale({ ...web, apiVersion: 'space.example/v1', kind: 'Rocket' }, 5, {
      resourceVersion: undefined,
    });
    expect((await received).url).toBe('/apis/space.example/v1/namespaces/shop/rockets/web/scale');
    await expect(writes.readScale({ ...web, apiVersion: 'nowhere/v1', kind: 'Rocket' })).rejects.toMatchObject({
      code: 'NotFound',
    });
    await expect(writes.readScale({ ...web, apiVersion: 'space.example/v1', kind: 'Pad' })).rejects.toThrow(
      /Pad in space.example\/v1 has no scale subresource/,
    );
  });

  it.each([
    [
      { apiVersion: 'apps/v1', kind: 'ReplicationController' },
      '/api/v1/namespaces/shop/replicationcontrollers/web/scale',
    ],
    [{ kind: 'StatefulSet' }, '/apis/apps/v1/namespaces/shop/statefulsets/web/scale'],
    [{ apiVersion: 'extensions/v1beta1', kind: 'Deployment' }, '/apis/apps/v1/namespaces/shop/deployments/web/scale'],
    [{ apiVersion: 'example.org/v1', kind: 'Deployment' }, null],
  ])('of %j are at %s', async (kind, url) => {
    const target = { namespace: 'shop', name: 'web', ...kind };
    if (url === null) return expect(writes.readScale(target)).rejects.toMatchObject({ code: 'NotFound' });
    api.next(/scale/, answer(scale('7')));
    await writes.readScale(target);
    expect(api.requests(/scale/).at(-1)?.pathname).toBe(url);
  });

  it.each([
    [409, 'Conflict', 'Conflict', 'the object has been modified'],
    [403, 'Forbidden', 'Forbidden', 'cannot patch'],
    [422, 'Invalid', 'BadRequest', 'must be non-negative'],
    [500, 'InternalError', 'ServerFault', 'etcdserver: no leader'],
  ])('that are refused with %i say why', async (code, reason, expected, message) => {
    api.next(/scale/, refuse(code, reason, message));
    const attempt = writes.writeScale(web, 5, { resourceVersion: '7' });
    await expect(attempt).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(`${reason}: ${message}`) as string,
    });
    expect(api.requests(/scale/)).toHaveLength(1);
  });
});

describe('evictions', () => {
  const pod = { namespace: 'shop', name: 'web-1', uid: 'u1' };
  const served = (version: string): string =>
    JSON.stringify({
      resources: [{ name: 'pods/eviction', kind: 'Eviction', namespaced: true, group: 'policy', version }],
    });
  const budget = JSON.stringify({
    kind: 'Status',
    code: 429,
    message: 'Cannot evict pod as it would violate the disruption budget.',
    details: { causes: [{ reason: 'DisruptionBudget', message: 'needs 2' }] },
  });

  const twoBudgets = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

  // As kube-apiserver 1.30 writes them.
  const webhook =
    'admission webhook "guard.example" denied the request: no eviction without the disruption budget of guard';
  const silent =
    'Internal error occurred: failed calling webhook "guard.example": failed to call webhook: Post "https://guard.shop.svc:443/?timeout=5s": context deadline exceeded';
  const byPolicy = `pods "web-1" is forbidden: ValidatingAdmissionPolicy 'guard' with binding 'guard' denied request: no`;
  const noRight = 'pods "web-1" is forbidden: User "springtide" cannot create resource "pods/eviction" in API group ""';

  it.each(['v1', 'v1beta1'])('speak policy/%s where that is served, and name the pod by its uid', async (version) => {
    api.next(/^\/api\/v1$/, answer(served(version)));
    const received = receive(/eviction/, '{}', 201);
    expect(await writes.evict(pod, { dryRun: true })).toEqual({ result: 'accepted' });
    expect(await received).toMatchObject({
      method: 'POST',
      url: '/api/v1/namespaces/shop/pods/web-1/eviction?dryRun=All',
      body: { apiVersion: `policy/${version}`, deleteOptions: { preconditions: { uid: 'u1' }, dryRun: ['All'] } },
    });
  });

  it.each([
    ['a budget', answer(budget, 429), { result: 'refusedByBudget', retryAfter: null }],
    ['the rate limit', refuse(429, 'TooManyRequests', 'try again'), { result: 'failed', code: 'TooManyRequests' }],
    ['a pod that is gone', refuse(404, 'NotFound'), { result: 'gone' }],
    ['another pod of that name', refuse(409, 'Conflict', 'Precondition failed: UID'), { result: 'gone' }],
    ['a busy budget', refuse(409, 'Conflict', 'the object has been modified'), { result: 'failed', code: 'Conflict' }],
    [
      'two budgets over one pod',
      refuse(500, 'InternalError', twoBudgets),
      { result: 'severalBudgets', message: twoBudgets },
    ],
    ['another internal error', refuse(500, 'InternalError', 'etcd'), { result: 'failed', code: 'ServerFault' }],
    ['two budgets by another status', refuse(400, 'BadRequest', twoBudgets), { result: 'denied', message: twoBudgets }],
    ['a webhook that says no', refuse(403, 'Forbidden', webhook), { result: 'denied', message: webhook }],
    [
      'one that chose a code of its own',
      refuse(429, 'TooManyRequests', webhook),
      { result: 'denied', message: webhook },
    ],
    ['one that chose a server fault', refuse(500, 'InternalError', webhook), { result: 'denied', message: webhook }],
    ['a webhook that does not answer', refuse(500, 'InternalError', silent), { result: 'denied', message: silent }],
    ['an admission policy', refuse(422, 'Invalid', byPolicy), { result: 'denied', message: byPolicy }],
    ['a right that is missing', refuse(403, 'Forbidden', noRight), { result: 'denied', message: noRight }],
  ])('tell %s', async (_case, reply, expected) => {
    api.next(/eviction/, reply);
    expect(await writes.evict(pod)).toMatchObject(expected);
  });
});

describe('nodes', () => {
  const node = JSON.stringify({
    metadata: { name: 'n1', uid: 'u', resourceVersion: '8' },
    spec: { unschedulable: true },
  });

  it('are patched by a merge that holds only for the node that was meant', async () => {
    const received = receive(/nodes/, node);
    const taints = [{ key: 'springtide.io/draining', effect: 'NoSchedule' }];
    const patch = { unschedulable: true, taints, annotations: { 'springtide.io/drain': null } };
    expect(await writes.patchNode('n1', patch, { resourceVersion: '7', uid: 'u' })).toMatchObject({
      spec: { unschedulable: true },
    });
    expect(await received).toMatchObject({
      method: 'PATCH',
      type: 'application/merge-patch+json',
      body: {
        metadata: { resourceVersion: '7', uid: 'u', annotations: { 'springtide.io/drain': null } },
        spec: { unschedulable: true, taints },
      },
    });
  });

  it('are deleted by uid; one that is gone or replaced counts as gone', async () => {
    const received = receive(/nodes/, '{}');
    expect(await writes.deleteNode('n1', { uid: 'u' })).toBe('deleted');
    expect(await received).toMatchObject({ method: 'DELETE', body: { preconditions: { uid: 'u' } } });
    api.next(/nodes/, refuse(409, 'Conflict', 'Precondition failed'));
    expect(await writes.deleteNode('n1', { uid: 'u' })).toBe('gone');
    expect(await writes.deleteNode('n1', { uid: 'u' })).toBe('gone');
    expect(await writes.getNode('n1')).toBeNull();
  });
});

describe('events', () => {
  const regarding = { kind: 'Node', name: 'n1' };
  const event = { regarding, type: 'Normal', reason: 'Drained', action: 'Drain', note: '满'.repeat(2_000) } as const;

  it('fit the limits of the API in bytes', async () => {
    const received = receive(/events/, '{}', 201);
    expect(await writes.createEvent(event)).toBe(true);
    const { url, body } = await received;
    expect(url).toBe('/apis/events.k8s.io/v1/namespaces/kube-system/events');
    expect(Buffer.byteLength(body['note'] as string)).toBeLessThanOrEqual(1024);
    expect(body['note']).toMatch(/^满+…$/);
    expect(body).toMatchObject({
      reportingInstance: 'springtide-0',
      eventTime: expect.stringMatching(/\.\d{6}Z$/) as string,
    });
  });

  it('with a key are there once, whoever writes them', async () => {
    const keyed = { ...event, key: 'shop/Deployment/web|Paused' };
    const first = receive(/events/, '{}', 201);
    expect(await writes.createEvent(keyed)).toBe(true);
    const again = receive(/events/, JSON.stringify({ kind: 'Status', code: 409, reason: 'AlreadyExists' }), 409);
    expect(await writes.createEvent(keyed)).toBe(true);
    const names = [(await first).body, (await again).body].map((body) => (body['metadata'] as { name: string }).name);
    expect(names[0]).toMatch(/\.[0-9a-f]{16}$/);
    expect(names[1]).toBe(names[0]);
  });

  it('that cannot be written disturb nobody', async () => {
    expect(await writes.createEvent(event)).toBe(false);
  });
});
