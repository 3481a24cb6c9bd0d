// Our own clients against the true servers: what they read, what they are refused, and how they come back.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientError } from '../../src/clients/http/error.ts';
import type { CallObservation } from '../../src/clients/http/types.ts';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { createOpenStackClients, type OpenStackClients } from '../../src/clients/openstack/clients.ts';
import { loadCredentials } from '../../src/clients/openstack/credentials.ts';
import { createPrometheusClient, type PrometheusClient } from '../../src/clients/prometheus/client.ts';
import { systemClock } from '../../src/clock.ts';
import { createCollector } from '../../src/collectors/collector.ts';
import type { Pod } from '../../src/model/kubernetes.ts';
import type { Instant, Milliseconds, ServerId } from '../../src/model/units.ts';
import { seconds } from '../../src/model/units.ts';
import { Templates } from '../../src/policies/nodes/template.ts';
import { requestsOf } from '../../src/policies/pod-facts.ts';
import { ageQueryOf } from '../../src/promql/selectors.ts';
import { at, numberAt, requestJson, textAt } from './servers/json.ts';
import { startKubelets } from './servers/kubelets.ts';
import { startKubernetes } from './servers/kubernetes.ts';
import { startOpenStack } from './servers/openstack.ts';
import { eventually } from './servers/process.ts';
import { startPrometheus } from './servers/prometheus.ts';
import { useServer } from './servers/suite.ts';
import { killApiServer } from './support/api-server.ts';
import { budgetOf, budgetsPath, create, deploymentOf, deploymentsPath, podsPath, shop } from './support/workloads.ts';
import { aConfig, aPodPolicy } from '../builders.ts';

const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ClientError) return error.code;
    throw error;
  }
  return 'none';
};
const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** A controller or a kubelet writes the status at any moment, which is a conflict too: read again then, as the next tick does. */
const unraced = <T>(
  read: () => Promise<string | undefined>,
  write: (version: string | undefined) => Promise<T>,
): Promise<{ version: string | undefined; written: T }> =>
  eventually('a write that no other came before', async () => {
    const version = await read();
    return { version, written: await write(version) };
  });

describe('the Kubernetes client', () => {
  const kubernetes = useServer(() => startKubernetes());
  useServer(() => startKubelets({ kubernetes: kubernetes(), nodes: 2 }));
  let client: KubernetesClient;
  const calls: CallObservation[] = [];
  const target = { kind: 'Deployment', namespace: shop, name: 'web' };
  const listed = (name: string): boolean => client.lists.get('deployments', `${shop}/${name}`) !== undefined;

  beforeAll(async () => {
    await create(kubernetes(), '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: shop },
    });
    await create(kubernetes(), deploymentsPath, deploymentOf({ name: 'web', replicas: 2, cpu: '100m' }));
    client = await createKubernetesClient({
      settings: { kubeconfig: kubernetes().kubeconfig, namespaces: [], timeout: seconds(10) },
      clock: systemClock,
      timing: { firstPause: 100 as Milliseconds, longestPause: seconds(1) },
      instance: 'test',
      onCall: (call) => calls.push(call),
    });
    client.lists.start();
    await client.lists.ready(seconds(60));
  });
  afterAll(() => client.close());

  it('lists every kind, whichever version this server has of it', async () => {
    expect(listed('web')).toBe(true);
    await eventually('both nodes', () => (client.lists.read('nodes').items.length === 2 ? true : undefined));
    await create(kubernetes(), budgetsPath, budgetOf('web', 2));
    const budget = await eventually('the budget', () => client.lists.get('poddisruptionbudgets', `${shop}/web`));
    expect(budget.apiVersion).toBe('policy/v1beta1');
  });

  it('writes a scale, sees its own write, and is told of a conflict', async () => {
    const { version, written } = await unraced(
      async () => (await client.writes.readScale(target)).metadata.resourceVersion,
      (resourceVersion) => client.writes.writeScale(target, 3, { resourceVersion }),
    );
    await client.lists.reached('deployments', written.resourceVersion ?? '', seconds(30));
    expect(client.lists.get('deployments', `${shop}/web`)?.spec?.replicas).toBe(3);
    const late = client.writes.writeScale(target, 9, { resourceVersion: version });
    expect(await codeOf(late)).toBe('Conflict');
    expect(await codeOf(client.writes.readScale({ ...target, name: 'nobody' }))).toBe('NotFound');
  });

  it('changes nothing in a dry run', async () => {
    await client.writes.writeScale(target, 9, { resourceVersion: undefined, dryRun: true });
    const { body } = await kubernetes().request('GET', `${deploymentsPath}/web`);
    expect(numberAt(body, 'spec', 'replicas')).toBe(3);
  });

  it('evicts by the version that the server has, and reads what a budget refuses', async () => {
    const allowed = (count: number): Promise<true> =>
      eventually(`the budget allows ${count}`, async () => {
        const { body } = await kubernetes().request('GET', `${budgetsPath}/web`);
        return at(body, 'status', 'disruptionsAllowed') === count ? true : undefined;
      });
    await allowed(1);
    expect(await client.discovery.evictionVersion()).toBe('policy/v1beta1');
    const [first, second] = client.lists.read('pods').items.filter((pod) => pod.metadata.labels?.['app'] === 'web');
    const reference = (pod: typeof first): { namespace: string; name: string; uid: string | undefined } => ({
      namespace: shop,
      name: pod?.metadata.name ?? '',
      uid: pod?.metadata.uid,
    });
    expect(await client.writes.evict(reference(first))).toEqual({ result: 'accepted' });
    expect(await client.writes.evict(reference(second))).toMatchObject({ result: 'refusedByBudget' });
    await eventually('it is gone', async () => {
      const { status } = await kubernetes().request('GET', `${podsPath}/${first?.metadata.name ?? ''}`);
      return status === 404 ? true : undefined;
    });
    expect(await client.writes.evict(reference(first))).toEqual({ result: 'gone' });
    // Last, because this server takes it off the budget before it looks at the uid.
    await allowed(1);
    expect(await client.writes.evict({ ...reference(second), uid: 'another' })).toEqual({ result: 'gone' });
  });

  it('reads that a pod under two budgets is never evicted', async () => {
    const all = { ...budgetOf('web', 0), metadata: { name: 'all', namespace: shop } };
    await create(kubernetes(), budgetsPath, all);
    const pod = client.lists.read('pods').items.find(({ metadata }) => metadata.labels?.['app'] === 'web');
    const { name = '', uid } = pod?.metadata ?? {};
    expect(await client.writes.evict({ namespace: shop, name, uid })).toEqual({
      result: 'severalBudgets',
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
    expect((await kubernetes().request('DELETE', `${budgetsPath}/all`)).status).toBe(200);
  });

  it('expects of new replicas what a LimitRange and a RuntimeClass have added to the newest one', async () => {
    await create(kubernetes(), `/api/v1/namespaces/${shop}/limitranges`, {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'usual', namespace: shop },
      spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '300m' } }] },
    });
    await create(kubernetes(), '/apis/node.k8s.io/v1/runtimeclasses', {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'sandboxed' },
      handler: 'sandboxed',
      overhead: { podFixed: { cpu: '50m' } },
    });
    const labels = { app: 'bare' };
    await create(kubernetes(), deploymentsPath, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'bare', namespace: shop },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { runtimeClassName: 'sandboxed', containers: [{ name: 'bare', image: 'bare:1' }] },
        },
      },
    });
    const pod = await eventually('its pod', () =>
      client.lists.read('pods').items.find(({ metadata }) => metadata.labels?.['app'] === 'bare'),
    );
    const of = (pods: readonly Pod[]) =>
      new Templates({ replicasets: client.lists.read('replicasets').items }).of({ ...target, name: 'bare' }, pods);
    expect(of([])?.spec?.containers?.[0]).not.toHaveProperty('resources');
    expect(requestsOf(of([pod])?.spec)).toEqual({ cpu: 350 });
  });

  it('cordons and taints a node in one write, and takes both back', async () => {
    const taints = [{ key: 'springtide.io/draining', effect: 'NoSchedule' as const }];
    const annotations = { 'springtide.io/drain': '{}' };
    const { version, written: marked } = await unraced(
      async () => (await client.writes.getNode('fake-0'))?.metadata.resourceVersion,
      (resourceVersion) =>
        client.writes.patchNode('fake-0', { unschedulable: true, taints, annotations }, { resourceVersion }),
    );
    expect(marked.spec).toMatchObject({ unschedulable: true });
    expect(marked.spec?.taints?.map((taint) => taint.key)).toContain('springtide.io/draining');
    const again = client.writes.patchNode('fake-0', { unschedulable: null }, { resourceVersion: version });
    expect(await codeOf(again)).toBe('Conflict');
    const back = await client.writes.patchNode('fake-0', {
      unschedulable: null,
      taints: [],
      annotations: { 'springtide.io/drain': null },
    });
    expect(back.spec?.unschedulable ?? false).toBe(false);
    expect(back.metadata.annotations?.['springtide.io/drain']).toBeUndefined();
    expect(await client.writes.getNode('nobody')).toBeNull();
  });

  it.each([
    { what: 'a Deployment', regarding: { ...target, apiVersion: 'apps/v1' } },
    { what: 'a Node', regarding: { apiVersion: 'v1', kind: 'Node', name: 'fake-0', uid: 'fake-0' } },
  ])('writes an Event on $what that kubectl can show', async ({ regarding }) => {
    const event = { regarding, type: 'Normal', reason: 'Tried', action: 'Try', note: '试验' } as const;
    expect(await client.writes.createEvent(event)).toBe(true);
    const field = encodeURIComponent(`involvedObject.kind=${regarding.kind},reason=Tried`);
    const { body } = await kubernetes().request('GET', `/api/v1/events?fieldSelector=${field}`);
    expect(at(body, 'items', 0)).toMatchObject({ message: '试验', involvedObject: { name: regarding.name } });
  });

  it('names what is wrong while the API server is away, serves what it knew, and catches up', async () => {
    const killed = await killApiServer(kubernetes());
    const failure = await eventually(
      'the failure is named',
      () => client.lists.read('deployments').failure ?? undefined,
    );
    expect(failure.code).toBe('Unreachable');
    expect(listed('web')).toBe(true);
    expect(await codeOf(client.writes.readScale(target))).toBe('Unreachable');
    await killed.startAgain();
    await create(kubernetes(), deploymentsPath, deploymentOf({ name: 'later', replicas: 1, cpu: '100m' }));
    await eventually('the new Deployment is known', () => (listed('later') ? true : undefined));
    await kubernetes().write('DELETE', `${deploymentsPath}/web`);
    await eventually('the deleted Deployment is gone', () => (listed('web') ? undefined : true));
    await eventually('all lists are well again', () => (client.lists.read('pods').failure === null ? true : undefined));
  });

  it('says who may not do what', async () => {
    const stranger = join(kubernetes().directory, 'stranger.kubeconfig');
    writeFileSync(
      stranger,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'test',
        clusters: [
          {
            name: 'test',
            cluster: { server: kubernetes().url, 'certificate-authority': kubernetes().certificateAuthorityFile },
          },
        ],
        contexts: [{ name: 'test', context: { cluster: 'test', user: 'stranger' } }],
        users: [{ name: 'stranger', user: { token: 'garbage' } }],
      }),
    );
    const other = await createKubernetesClient({
      settings: { kubeconfig: stranger, namespaces: [], timeout: seconds(20) },
      clock: systemClock,
    });
    expect(await codeOf(other.writes.readScale(target))).toBe('Unauthorized');
    await other.close();
  });
});

describe('the OpenStack clients', () => {
  const lifetime = 12;
  const openstack = useServer(() => startOpenStack({ tokenLifetimeSeconds: lifetime }));
  const opened: OpenStackClients[] = [];
  afterAll(() => opened.forEach((one) => one.close()));
  const connect = (
    source: Partial<Parameters<typeof loadCredentials>[0]>,
    onCall: (call: CallObservation) => void = () => undefined,
  ): OpenStackClients => {
    const credentials = loadCredentials({ env: {}, ...source });
    const clients = createOpenStackClients({ credentials, clock: systemClock, timeout: seconds(20), onCall });
    opened.push(clients);
    return clients;
  };
  const cluster = (): string => openstack().credentials.cluster.id;
  const file = (name: string, text: string): string => {
    const path = join(openstack().directory, name);
    writeFileSync(path, text);
    return path;
  };
  const passwordEnvironment = (user: string, password: string, project: string): Record<string, string> => ({
    OS_AUTH_URL: openstack().credentials.authUrl,
    OS_USERNAME: user,
    OS_PASSWORD: password,
    OS_PROJECT_NAME: project,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_ID: 'default',
    OS_REGION_NAME: 'RegionOne',
  });

  it('reads the cluster with an application credential', async () => {
    const { magnum } = connect({ env: openstack().environment });
    expect(await magnum.getCluster(cluster())).toMatchObject({ uuid: cluster(), node_count: 4 });
    expect((await magnum.getCluster(openstack().credentials.cluster.name)).uuid).toBe(cluster());
  });

  it('reads it with a password from OS_* variables, and from clouds.yaml', async () => {
    const { user, project, authUrl } = openstack().credentials;
    const env = passwordEnvironment(user.name, user.password, project.name);
    expect((await connect({ env }).magnum.getCluster(cluster())).uuid).toBe(cluster());
    const auth = {
      auth_url: authUrl.replace(/\/v3$/, ''),
      user_id: user.id,
      password: user.password,
      project_id: project.id,
    };
    const clouds = file('clouds.yaml', JSON.stringify({ clouds: { shop: { auth, region_name: 'RegionOne' } } }));
    const byFile = connect({ cloud: 'shop', env: { OS_CLIENT_CONFIG_FILE: clouds } });
    expect((await byFile.magnum.getCluster(cluster())).uuid).toBe(cluster());
  });

  it('reads it with a trust, from a cloud-config like the one that Magnum puts on its nodes', async () => {
    const { user, project, authUrl, stranger } = openstack().credentials;
    const sessionOf = (
      name: string,
      password: string,
      project: string,
    ): ReturnType<OpenStackClients['keystone']['session']> =>
      connect({ env: passwordEnvironment(name, password, project) }).keystone.session();
    const owner = await sessionOf(user.name, user.password, project.name);
    const trustee = await sessionOf(stranger.user, stranger.password, stranger.project);
    const trust = {
      trustor_user_id: owner.userId,
      trustee_user_id: trustee.userId,
      project_id: project.id,
      roles: [{ name: 'member' }],
      impersonation: true,
    };
    const made = await requestJson(`${authUrl}/OS-TRUST/trusts`, {
      method: 'POST',
      headers: { 'x-auth-token': owner.token },
      body: { trust },
    });
    expect(made.status).toBe(201);
    const lines = [
      '[Global]',
      `auth-url=${authUrl}`,
      `user-id=${trustee.userId ?? ''}`,
      `password=${stranger.password}`,
      `trust-id=${textAt(made.body, 'trust', 'id')}`,
      'region=RegionOne',
    ];
    const { magnum } = connect({ cloudConfig: file('cloud-config', `${lines.join('\n')}\n`) });
    expect((await magnum.getCluster(cluster())).uuid).toBe(cluster());
  });

  it('renews the token before it ends, and is not refused with the next one', async () => {
    const calls: CallObservation[] = [];
    const asked: Instant[] = [];
    const { magnum, keystone } = connect({ env: openstack().environment }, (call) => {
      calls.push(call);
      if (call.source === 'Keystone') asked.push((systemClock.now() - call.tookMs) as Instant);
    });
    const first = await keystone.session();
    // Magnum is not asked meanwhile: on a busy machine its answers may take longer than a token of seconds has left.
    await eventually(
      'a second token',
      async () => ((await keystone.session()).token === first.token ? undefined : true),
      (lifetime + 8) * 1000,
    );
    const [begun = 0, renewed = Infinity] = asked;
    expect(renewed - begun).toBeLessThan(lifetime * 1000);
    expect((await magnum.getCluster(cluster())).uuid).toBe(cluster());
    expect(calls.filter((call) => call.status === 401)).toEqual([]);
  });

  it('gets one new token when Magnum refuses the old one, and the caller hears nothing of it', async () => {
    const calls: CallObservation[] = [];
    const { magnum, keystone } = connect({ env: openstack().environment }, (call) => calls.push(call));
    const refusals = (): number => calls.filter((call) => call.source === 'Magnum' && call.status === 401).length;
    await magnum.getCluster(cluster());
    const { token } = await keystone.session();
    const { authUrl } = openstack().credentials;
    const headers = { 'x-auth-token': token, 'x-subject-token': token };
    expect((await requestJson(`${authUrl}/auth/tokens`, { method: 'DELETE', headers })).status).toBe(204);
    // Magnum remembers for some seconds that the token was good.
    await eventually('Magnum refuses the token', async () => {
      expect((await magnum.getCluster(cluster())).uuid).toBe(cluster());
      return refusals() > 0 ? true : undefined;
    });
    expect(refusals()).toBe(1);
    expect(calls.filter((call) => call.source === 'Keystone')).toHaveLength(2);
    expect((await keystone.session()).token).not.toBe(token);
  });

  it('speaks the highest microversion that both know', async () => {
    const { magnum } = connect({ env: openstack().environment });
    expect(await magnum.versions()).toEqual({ min: '1.1', max: '1.10', used: '1.10' });
  });

  it('knows the true limits of each group', async () => {
    const { magnum } = connect({ env: openstack().environment });
    const { groups, failures } = await magnum.listNodeGroups(cluster());
    expect(failures).toEqual([]);
    const facts = groups.map(({ name, role, min_node_count: min, max_node_count: max }) => ({ name, role, min, max }));
    expect(facts).toEqual(
      expect.arrayContaining([
        { name: 'default-worker', role: 'worker', min: 1, max: 10 },
        { name: 'extra', role: 'worker', min: 0, max: 5 },
      ]),
    );
    expect(groups.find((one) => one.name === 'default-master')?.role).toBe('master');
  });

  it('removes exactly the server that it names', async () => {
    openstack().control({ delay: 0.3 });
    const { magnum } = connect({ env: openstack().environment });
    const workers = (): readonly string[] =>
      openstack()
        .servers()
        .filter((server) => server.nodegroup_name === 'default-worker')
        .map((server) => server.server_id);
    const [first = '', victim = '', last = ''] = workers();
    const { requestId } = await magnum.resize({
      cluster: cluster(),
      nodeGroup: 'default-worker',
      nodeCount: 2,
      nodesToRemove: [victim as ServerId],
    });
    expect(requestId).toMatch(/^req-/);
    await eventually('two are left', () => (workers().length === 2 ? true : undefined));
    expect(workers()).toEqual([first, last]);
    const call = openstack()
      .calls()
      .findLast(({ op }) => op === 'resize_cluster');
    expect(call).toMatchObject({ nodes_to_remove: [victim], unmatched: [], node_count: 2, previous: 3 });
  });

  it('maps the refusals of both shapes to codes, and says what was said', async () => {
    const { magnum } = connect({ env: openstack().environment });
    const resize = (nodeGroup: string, nodeCount: number): Promise<unknown> =>
      magnum.resize({ cluster: cluster(), nodeGroup, nodeCount });
    expect(await codeOf(resize('default-worker', 99))).toBe('BadRequest');
    expect(await messageOf(resize('default-worker', 99))).toMatch(/max_node_count|maximum|10/);
    expect(await codeOf(resize('default-master', 3))).toBe('BadRequest');
    expect(await codeOf(resize('nobody', 3))).toBe('NotFound');
    expect(await codeOf(magnum.getNodeGroup(cluster(), 'nobody'))).toBe('NotFound');
    const { user, project } = openstack().credentials;
    const wrong = connect({ env: passwordEnvironment(user.name, 'wrong', project.name) });
    expect(await codeOf(wrong.magnum.getCluster(cluster()))).toBe('Unauthorized');
    expect(await messageOf(wrong.magnum.getCluster(cluster()))).toContain('OS_* variables');
  });

  it('does not see the cluster from another project', async () => {
    const { user, password, project } = openstack().credentials.stranger;
    const { magnum } = connect({ env: passwordEnvironment(user, password, project) });
    expect(await codeOf(magnum.getCluster(cluster()))).toBe('NotFound');
  });
});

describe('the Prometheus client', () => {
  const prometheus = useServer(() =>
    startPrometheus({
      scrapeConfigs: [{ job_name: 'gone', static_configs: [{ targets: ['127.0.0.1:1'] }] }],
    }),
  );
  let client: PrometheusClient;
  beforeAll(() => {
    client = createPrometheusClient({
      settings: { url: prometheus().url, headers: {}, timeout: seconds(20) },
      breaker: false,
    });
  });
  afterAll(() => client.close());

  it('asks at an instant, and gives Prometheus’s own answer without warnings', async () => {
    await eventually('the target was tried', async () =>
      ((await client.query('up{job="gone"} == 0')).data?.result.length ?? 0) === 1 ? true : undefined,
    );
    const now = systemClock.now();
    const answer = await client.query('up', { at: now });
    expect(answer).toMatchObject({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: { job: 'gone' }, value: [now / 1000, '0'] }] },
    });
    expect(answer.warnings).toBeUndefined();
  });

  it('measures how old a sample is', async () => {
    const { data } = await client.query(ageQueryOf('up{job="gone"}'));
    const age = Number(at(data, 'result', 0, 'value', 1));
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThan(5);
    expect((await client.query(ageQueryOf('nobody'))).data?.result).toEqual([]);
  });

  it('reads a range', async () => {
    const end = systemClock.now() / 1000;
    const { data } = await client.queryRange({ query: 'vector(1)', start: end - 30, end, step: 15 });
    expect(data).toMatchObject({ resultType: 'matrix' });
  });

  it('names what is wrong with a query, and which server is away', async () => {
    expect(await codeOf(client.query('sum(up'))).toBe('BadRequest');
    expect(await messageOf(client.query('sum(up'))).toContain('parse error');
  });

  it('is one named error in the snapshot when it is stopped', async () => {
    const metrics = [{ name: 'up', query: 'up', target: { averageValue: 1 } }];
    const policy = aPodPolicy('web', { metrics }, { up: [] });
    const config = aConfig([policy]);
    const collect = createCollector({
      config: () => config,
      clock: systemClock,
      kubernetes: {
        lists: {
          seesAll: true,
          read: () => ({ items: [], synced: true, lastContact: systemClock.now(), failure: null }),
        },
        writes: { readScale: () => Promise.reject(new Error('nobody asks')) },
        custom: {
          list: () => Promise.reject(new Error('nobody asks')),
          read: () => Promise.reject(new Error('nobody asks')),
        },
      },
      prometheus: client,
      openstack: null,
    });
    expect((await collect(systemClock.now())).errors).toEqual([]);
    await prometheus().stop();
    const { errors } = await collect(systemClock.now());
    expect(errors).toMatchObject([{ source: 'prometheus', what: 'up', code: 'Unreachable' }]);
  });
});
