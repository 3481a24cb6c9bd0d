// Facts about a true Kubernetes 1.20 that the clients, the drains and the pod tier rely on.
import { describe, expect, it } from 'vitest';
import { at, listAt, numberAt, textAt } from './servers/json.ts';
import { startKubelets } from './servers/kubelets.ts';
import { mergePatch, startKubernetes } from './servers/kubernetes.ts';
import { eventually } from './servers/process.ts';
import { useServer } from './servers/suite.ts';

const labels = { app: 'shop' };
const pods = '/api/v1/namespaces/default/pods';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const budgets = '/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets';
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop' },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'shop', image: 'shop:1', resources: { requests: { cpu: '100m' } } }] },
    },
  },
};
const eviction = (version: string, name: string): unknown => ({
  apiVersion: `policy/${version}`,
  kind: 'Eviction',
  metadata: { name, namespace: 'default' },
});

describe('Kubernetes 1.20', () => {
  const kubernetes = useServer(() => startKubernetes());
  useServer(() => startKubelets({ kubernetes: kubernetes(), nodes: 2 }));
  const request: ReturnType<typeof kubernetes>['request'] = (...parameters) => kubernetes().request(...parameters);

  it('has policy/v1beta1 and autoscaling/v1 and none of the newer forms', async () => {
    const groups = await request('GET', '/apis');
    const versions = listAt(groups.body, 'groups').flatMap((group) =>
      listAt(group, 'versions').map((version) => textAt(version, 'groupVersion')),
    );
    expect(versions).toEqual(expect.arrayContaining(['policy/v1beta1', 'autoscaling/v1', 'autoscaling/v2beta2']));
    expect(versions).not.toContain('policy/v1');
    expect(versions).not.toContain('autoscaling/v2');
  });

  it('answers 401 to a token that is none, and 403 to nobody', async () => {
    expect((await request('GET', pods, { token: 'garbage' })).status).toBe(401);
    expect((await request('GET', pods, { token: '' })).status).toBe(403);
  });

  it('runs the pods of a deployment on simulated nodes', async () => {
    expect((await request('POST', deployments, { body: deployment })).status).toBe(201);
    await eventually('two pods are available', async () => {
      const { body } = await request('GET', `${deployments}/shop`);
      return at(body, 'status', 'availableReplicas') === 2 ? true : undefined;
    });
  });

  it('refuses a write on an old resourceVersion with 409', async () => {
    const scale = await request('GET', `${deployments}/shop/scale`);
    const { status, body } = await request('PUT', `${deployments}/shop/scale`, {
      body: {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'shop', namespace: 'default', resourceVersion: '1' },
        spec: { replicas: 9 },
      },
    });
    expect({ status, reason: at(body, 'reason') }).toEqual({ status: 409, reason: 'Conflict' });
    expect(numberAt(scale.body, 'spec', 'replicas')).toBe(2);
  });

  it('answers 400 to an Eviction of policy/v1, evicts with v1beta1, and 429 when a budget has nothing left', async () => {
    const budget = { apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget', metadata: { name: 'shop' } };
    await kubernetes().write('POST', budgets, {
      body: { ...budget, spec: { minAvailable: 2, selector: { matchLabels: labels } } },
    });
    const allowed = (count: number): Promise<true> =>
      eventually(`the budget allows ${count}`, async () => {
        const { body } = await request('GET', `${budgets}/shop`);
        const isSeen = at(body, 'status', 'observedGeneration') === at(body, 'metadata', 'generation');
        return isSeen && at(body, 'status', 'disruptionsAllowed') === count ? true : undefined;
      });
    await allowed(0);
    const list = await request('GET', `${pods}?labelSelector=app%3Dshop`);
    const name = textAt(list.body, 'items', 0, 'metadata', 'name');
    const evict = (version: string): ReturnType<typeof request> =>
      request('POST', `${pods}/${name}/eviction`, { body: eviction(version, name) });

    expect((await evict('v1')).status).toBe(400);
    const refused = await evict('v1beta1');
    expect({ status: refused.status, reason: at(refused.body, 'reason') }).toEqual({
      status: 429,
      reason: 'TooManyRequests',
    });
    expect(at(refused.body, 'details', 'causes', 0)).toMatchObject({ reason: 'DisruptionBudget' });

    await kubernetes().write('PATCH', `${budgets}/shop`, {
      body: { spec: { minAvailable: 1 } },
      contentType: mergePatch,
    });
    await allowed(1);
    expect((await evict('v1beta1')).status).toBe(201);
    await eventually('the evicted pod is gone', async () =>
      (await request('GET', `${pods}/${name}`)).status === 404 ? true : undefined,
    );
  });

  it('says in a pod condition that no node has room', async () => {
    const container = { name: 'big', image: 'big:1', resources: { requests: { cpu: '64' } } };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'big' }, spec: { containers: [container] } };
    expect((await request('POST', pods, { body: pod })).status).toBe(201);
    const condition = await eventually('the scheduler has looked at the pod', async () => {
      const { body } = await request('GET', `${pods}/big`);
      return at(body, 'status', 'conditions', 0);
    });
    expect(condition).toMatchObject({ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' });
    expect(textAt(condition, 'message')).toContain('2 Insufficient cpu');
  });

  it('pages a list, and keeps the first page’s resourceVersion over all pages', async () => {
    const first = await request('GET', '/api/v1/nodes?limit=1');
    const token = encodeURIComponent(textAt(first.body, 'metadata', 'continue'));
    const second = await request('GET', `/api/v1/nodes?limit=1&continue=${token}`);
    expect(numberAt(first.body, 'metadata', 'remainingItemCount')).toBe(1);
    expect(at(second.body, 'metadata', 'resourceVersion')).toBe(at(first.body, 'metadata', 'resourceVersion'));
    expect(at(second.body, 'metadata', 'continue')).toBeUndefined();
  });
});
