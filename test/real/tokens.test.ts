// Who may read springtide's page, by a true API server: TokenReview says whose a token is, RBAC whether its owner may.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from '../../src/clients/kubernetes/client.ts';
import { reviewToken } from '../../src/clients/kubernetes/token-review.ts';
import { systemClock } from '../../src/clock.ts';
import { seconds } from '../../src/model/units.ts';
import { textAt } from './servers/json.ts';
import { startKubernetes } from './servers/kubernetes.ts';
import { eventually } from './servers/process.ts';
import { useServer } from './servers/suite.ts';
import { create } from './support/workloads.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const accounts = '/api/v1/namespaces/default/serviceaccounts';

describe('a token of Kubernetes', () => {
  const kubernetes = useServer(() => startKubernetes());
  let client: KubernetesClient;
  const tokens: Record<string, string> = {};

  const tokenFor = async (name: string, audiences: readonly string[] = []): Promise<string> => {
    const answer = await kubernetes().request('POST', `${accounts}/${name}/token`, {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences } },
    });
    return textAt(answer.body, 'status', 'token');
  };

  beforeAll(async () => {
    const object = (kind: string, name: string, more: object = {}) => ({
      apiVersion: kind === 'ServiceAccount' ? 'v1' : 'rbac.authorization.k8s.io/v1',
      kind,
      metadata: { name },
      ...more,
    });
    for (const name of ['viewer', 'stranger']) await create(kubernetes(), accounts, object('ServiceAccount', name));
    await create(
      kubernetes(),
      `${rbac}/clusterroles`,
      object('ClusterRole', 'springtide-view', { rules: [{ nonResourceURLs: ['/springtide'], verbs: ['get'] }] }),
    );
    await create(
      kubernetes(),
      `${rbac}/clusterrolebindings`,
      object('ClusterRoleBinding', 'springtide-view', {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'springtide-view' },
        subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: 'viewer' }],
      }),
    );
    tokens['viewer'] = await tokenFor('viewer');
    tokens['stranger'] = await tokenFor('stranger');
    tokens['elsewhere'] = await tokenFor('viewer', ['vault']);
    client = await createKubernetesClient({
      settings: { kubeconfig: kubernetes().kubeconfig, namespaces: [], timeout: seconds(10) },
      clock: systemClock,
    });
  });
  afterAll(() => client.close());

  const reviewed = (name: string, audiences?: readonly string[]) =>
    reviewToken(client.transport, tokens[name] ?? name, audiences);

  it('lets in whom RBAC lets read /springtide, and nobody else', async () => {
    // The binding takes a moment to be known to the authorizer.
    const viewer = await eventually('the right', async () => {
      const found = await reviewed('viewer');
      return found?.mayRead === true ? found : undefined;
    });
    expect(viewer.name).toBe('system:serviceaccount:default:viewer');
    expect(await reviewed('stranger')).toEqual({
      name: 'system:serviceaccount:default:stranger',
      mayRead: false,
      mayAcknowledge: false,
    });
    expect(await reviewed('no token at all')).toBeNull();
  });

  it('is nobody’s where it is meant for somebody else', async () => {
    expect(await reviewed('elsewhere')).toBeNull();
    expect(await reviewed('elsewhere', ['vault'])).toMatchObject({ name: 'system:serviceaccount:default:viewer' });
    expect(await reviewed('viewer', ['vault'])).toBeNull();
  });
});
