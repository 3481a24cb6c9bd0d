// The rights of the manifests on a true API server: what they allow, what they refuse, and that a refusal names the rule that is missing.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { createKubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { systemClock } from '../../src/clock.ts';
import { seconds } from '../../src/model/units.ts';
import { listAt, textAt } from './servers/json.ts';
import { mergePatch, startKubernetes } from './servers/kubernetes.ts';
import { eventually } from './servers/process.ts';
import { useServer } from './servers/suite.ts';
import { grant, kubeconfigOf, manifestsOf, tokenOf } from './support/account.ts';

const shop = '/api/v1/namespaces/default';
const web = '/apis/apps/v1/namespaces/default/deployments/web';
const own = '/api/v1/namespaces/springtide/configmaps';
const leases = '/apis/coordination.k8s.io/v1/namespaces/springtide/leases';
const labels = { app: 'web' };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
};
const map = (namespace: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'written', namespace } });
const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'springtide' }, spec: {} };
const event = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'web.1', namespace: 'default' },
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'springtide.io/springtide',
  reportingInstance: 'springtide-0',
  action: 'Scale',
  reason: 'Scaled',
  type: 'Normal',
  regarding: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'default' },
};
const scale = (replicas: number) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas },
});
const eviction = (name: string) => ({
  apiVersion: 'policy/v1beta1',
  kind: 'Eviction',
  metadata: { name, namespace: 'default' },
});
const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'mine' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', name: 'springtide', namespace: 'springtide' }],
};

type Call = readonly [what: string, method: string, path: string, body?: unknown];

/** Nobody who scales needs any of these. */
const neverAllowed = (pod: string): readonly Call[] => [
  ['delete a pod', 'DELETE', `${shop}/pods/${pod}`],
  ['create a pod', 'POST', `${shop}/pods`, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: {} }],
  ['enter a pod', 'POST', `${shop}/pods/${pod}/exec?command=sh`],
  ['read a log', 'GET', `${shop}/pods/${pod}/log`],
  ['read secrets of all', 'GET', '/api/v1/secrets'],
  ['read its own secrets', 'GET', '/api/v1/namespaces/springtide/secrets'],
  ['change what a workload runs', 'PATCH', web, { spec: { template: { metadata: { labels: { a: 'b' } } } } }],
  ['delete a workload', 'DELETE', web],
  ['read ConfigMaps of others', 'GET', `${shop}/configmaps`],
  ['write ConfigMaps of others', 'POST', `${shop}/configmaps`, map('default')],
  ['make itself an administrator', 'POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding],
  ['change its own role', 'PATCH', '/apis/rbac.authorization.k8s.io/v1/clusterroles/springtide-see', { rules: [] }],
  ['take a token of another', 'POST', '/api/v1/namespaces/kube-system/serviceaccounts/default/token', {}],
  ['delete a namespace', 'DELETE', '/api/v1/namespaces/default'],
  ['create a node', 'POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'x' } }],
  ['delete its own lease', 'DELETE', `${leases}/springtide`],
];

/** A dry run has none of these; to act is to have them. */
const acting = (pod: string): readonly Call[] => [
  ['scale', 'PUT', `${web}/scale`, scale(2)],
  ['evict', 'POST', `${shop}/pods/${pod}/eviction`, eviction(pod)],
  ['cordon', 'PATCH', '/api/v1/nodes/n1', { spec: { unschedulable: true } }],
  ['remove a node', 'DELETE', '/api/v1/nodes/n1'],
];

const always: readonly Call[] = [
  ['list pods of all', 'GET', '/api/v1/pods?limit=1'],
  ['list nodes', 'GET', '/api/v1/nodes?limit=1'],
  ['list budgets', 'GET', '/apis/policy/v1beta1/poddisruptionbudgets?limit=1'],
  ['list HPAs', 'GET', '/apis/autoscaling/v1/horizontalpodautoscalers?limit=1'],
  ['say what it did', 'POST', '/apis/events.k8s.io/v1/namespaces/default/events', event],
  ['keep its memory', 'POST', own, map('springtide')],
  ['forget it again', 'DELETE', `${own}/written`],
  ['take the lease', 'POST', leases, lease],
  ['look at the lease', 'GET', `${leases}/springtide`],
];

describe('the rights of the manifests', () => {
  const kubernetes = useServer(() => startKubernetes());
  const statuses = async (token: string, calls: readonly Call[]): Promise<readonly string[]> => {
    const seen: string[] = [];
    for (const [what, method, path, body] of calls) {
      const contentType = method === 'PATCH' ? mergePatch : undefined;
      const { status } = await kubernetes().request(method, path, {
        token,
        ...(body === undefined ? {} : { body }),
        ...(contentType === undefined ? {} : { contentType }),
      });
      seen.push(`${what}: ${status === 403 ? 'refused' : status < 300 ? 'done' : status}`);
    }
    return seen;
  };
  const all = (calls: readonly Call[], result: string): readonly string[] =>
    calls.map(([what]) => `${what}: ${result}`);
  let pod = '';
  let token = '';

  it('of install.yaml let it see, tell and remember, and nothing else', async () => {
    await kubernetes().write('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deployment });
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } };
    await kubernetes().write('POST', '/api/v1/nodes', { body: node });
    pod = await eventually('the workload has a pod', async () => {
      const { body } = await kubernetes().request('GET', `${shop}/pods`);
      const [first] = listAt(body, 'items');
      return first === undefined ? undefined : textAt(first, 'metadata', 'name');
    });
    await grant(kubernetes(), manifestsOf('install.yaml'));
    token = await tokenOf(kubernetes());
    await eventually('the rights are known to the authorizer', async () => {
      const reads = always.filter(([, method]) => method === 'GET');
      const seen = await statuses(token, reads);
      return seen.some((line) => line.endsWith('refused')) ? undefined : true;
    });
    expect(await statuses(token, always)).toEqual(all(always, 'done'));
    const never = [...neverAllowed(pod), ...acting(pod)];
    expect(await statuses(token, never)).toEqual(all(never, 'refused'));
  });

  it('of act.yaml let it scale, evict, cordon and remove nodes, and nothing else', async () => {
    await grant(kubernetes(), manifestsOf('act.yaml'));
    await eventually('the new rights are known', async () => {
      const { status } = await kubernetes().request('GET', `${web}/scale`, { token });
      return status === 200 ? true : undefined;
    });
    const never = neverAllowed(pod);
    expect(await statuses(token, never)).toEqual(all(never, 'refused'));
    expect(await statuses(token, acting(pod))).toEqual(all(acting(pod), 'done'));
  });

  it('are named where they are missing, and the named rule is the one that helps', async () => {
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'stranger', namespace: 'springtide' },
    };
    await grant(kubernetes(), [account]);
    const kubeconfig = join(kubernetes().directory, 'stranger-of-rights.kubeconfig');
    const known = JSON.parse(readFileSync(await kubeconfigOf(kubernetes(), []), 'utf8')) as {
      users: [{ user: unknown }];
    };
    known.users[0].user = { token: await tokenOf(kubernetes(), 'springtide', 'stranger') };
    writeFileSync(kubeconfig, JSON.stringify(known));
    const client = await createKubernetesClient({
      settings: { kubeconfig, namespaces: [], timeout: seconds(20) },
      clock: systemClock,
    });
    try {
      const refused = await client.writes.getNode('n2').then(
        () => '',
        (error: unknown) => (error instanceof Error ? error.message : ''),
      );
      const [, rule = ''] = / - (\{.*\})\.$/.exec(refused) ?? [];
      expect(parse(rule)).toEqual({ apiGroups: [''], resources: ['nodes'], verbs: ['get'] });
      expect(refused).toContain('system:serviceaccount:springtide:stranger may not get nodes');
      const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'advised' } };
      const to = {
        ...role,
        kind: 'ClusterRoleBinding',
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'advised' },
        subjects: [{ kind: 'ServiceAccount', name: 'stranger', namespace: 'springtide' }],
      };
      await grant(kubernetes(), [{ ...role, rules: [parse(rule)] }, to]);
      await eventually('the rule helps', async () => ((await client.writes.getNode('n2')) === null ? true : undefined));
    } finally {
      await client.close();
    }
  });
});
