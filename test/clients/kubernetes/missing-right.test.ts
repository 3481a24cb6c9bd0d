// What RBAC refuses is told with the rule that would allow it; other refusals stay as they are.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingRightIn, missingRightText } from '../../../src/clients/kubernetes/missing-right.ts';
import { createTransport } from '../../../src/clients/kubernetes/transport.ts';
import type { KubernetesTransport } from '../../../src/clients/kubernetes/transport.ts';
import { seconds } from '../../../src/model/units.ts';
import { FakeApi, refuse } from './fake-api.ts';

const user = 'User "system:serviceaccount:springtide:springtide"';
const account = 'system:serviceaccount:springtide:springtide';

describe('a missing right', () => {
  it.each([
    [
      `deployments.apps is forbidden: ${user} cannot list resource "deployments" in API group "apps" at the cluster scope`,
      `${account} may not list deployments: add to the rules of a ClusterRole bound to it: - {apiGroups: ["apps"], resources: ["deployments"], verbs: ["list", "watch"]}`,
    ],
    [
      `deployments.apps "web" is forbidden: ${user} cannot update resource "deployments/scale" in API group "apps" in the namespace "shop"`,
      `${account} may not update deployments/scale: add to the rules of a Role of the namespace shop, or a ClusterRole, bound to it: - {apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["update"]}`,
    ],
    [
      `nodes "n" is forbidden: ${user} cannot patch resource "nodes" in API group "" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "x" not found`,
      `${account} may not patch nodes: add to the rules of a ClusterRole bound to it: - {apiGroups: [""], resources: ["nodes"], verbs: ["patch"]}`,
    ],
  ])('is read out of %s', (message, text) => {
    const missing = missingRightIn({ message });
    expect(missing === null ? null : missingRightText(missing)).toBe(text);
  });

  it.each([
    'pods "p" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=4, limited: pods=4',
    'configmaps "c" is forbidden: unable to create new content in namespace shop because it is being terminated',
    'admission webhook "no.example.com" denied the request',
    '',
  ])('is not what refuses with "%s"', (message) => {
    expect(missingRightIn({ message })).toBeNull();
  });
});

describe('over HTTP', () => {
  let api: FakeApi;
  let transport: KubernetesTransport;
  beforeEach(async () => {
    api = await new FakeApi().start();
    transport = createTransport({ connection: api.connection, timeout: seconds(5) });
  });
  afterEach(async () => {
    transport.close();
    await api.stop();
  });

  const words = `pods is forbidden: ${user} cannot watch resource "pods" in API group "" at the cluster scope`;
  const rule =
    /may not watch pods: add to the rules .* - \{apiGroups: \[""\], resources: \["pods"\], verbs: \["list", "watch"\]\}\.$/;

  it('the sentence of a call and of a watch is the rule; code and status stay', async () => {
    api.next(/pods/, refuse(403, 'Forbidden', words));
    await expect(transport.request({ path: '/api/v1/pods' })).rejects.toMatchObject({
      code: 'Forbidden',
      status: 403,
      message: expect.stringMatching(rule) as string,
    });
    api.next(/pods/, refuse(403, 'Forbidden', words));
    const watch = { path: '/api/v1/pods', query: {}, connectWithin: seconds(2), signal: new AbortController().signal };
    await expect(transport.open(watch)).rejects.toMatchObject({ message: expect.stringMatching(rule) as string });
  });

  it('a refusal by a quota keeps its own words', async () => {
    api.next(/pods/, refuse(403, 'Forbidden', 'pods "p" is forbidden: exceeded quota: compute'));
    await expect(transport.request({ path: '/api/v1/pods' })).rejects.toThrow(/exceeded quota: compute/);
  });
});
