// Both true control planes together: a resize in Magnum becomes a Node in Kubernetes, and pods run on it.
import { beforeAll, describe, expect, it } from 'vitest';
import { openStackCloud } from './servers/cloud.ts';
import { at, listAt, textAt } from './servers/json.ts';
import { startKubelets } from './servers/kubelets.ts';
import { startKubernetes } from './servers/kubernetes.ts';
import { applicationCredentialToken, resize } from './servers/openstack-requests.ts';
import { startOpenStack } from './servers/openstack.ts';
import { eventually } from './servers/process.ts';
import { useServer } from './servers/suite.ts';

describe('a cluster on OpenStack', () => {
  const kubernetes = useServer(() => startKubernetes());
  const openstack = useServer(() => startOpenStack());
  useServer(() => startKubelets({ kubernetes: kubernetes() }));
  useServer(() => openStackCloud({ kubernetes: kubernetes(), openstack: openstack() }));
  let token = '';
  beforeAll(async () => {
    openstack().control({ delay: 0.3 });
    token = await applicationCredentialToken(openstack());
  });

  const isReady = (node: unknown): boolean =>
    listAt(node, 'status', 'conditions').some(
      (condition) => at(condition, 'type') === 'Ready' && at(condition, 'status') === 'True',
    );
  const readyNodes = (count: number): Promise<readonly unknown[]> =>
    eventually(`${count} nodes are there and ready`, async () => {
      const nodes = listAt((await kubernetes().request('GET', '/api/v1/nodes')).body, 'items');
      return nodes.length === count && nodes.every(isReady) ? nodes : undefined;
    });

  it('has a ready Node for each server, known by its providerID and its group', async () => {
    const nodes = await readyNodes(4);
    const facts = nodes.map((node) => ({
      providerID: textAt(node, 'spec', 'providerID'),
      group: textAt(node, 'metadata', 'labels', 'magnum.openstack.org/nodegroup'),
      systemUUID: textAt(node, 'status', 'nodeInfo', 'systemUUID'),
    }));
    const workers = openstack()
      .servers()
      .filter((server) => server.role === 'worker');
    expect(new Set(facts)).toEqual(
      new Set(
        workers.map((server) => ({
          providerID: server.providerID,
          group: server.nodegroup_name,
          systemUUID: server.server_id,
        })),
      ),
    );
  });

  it('grows by a Node when Magnum is asked for one more, and loses exactly the one that is removed', async () => {
    await readyNodes(4);
    expect((await resize(openstack(), token, { node_count: 4, nodegroup: 'default-worker' })).status).toBe(202);
    const grown = await readyNodes(5);
    const victim = grown.find((node) => textAt(node, 'metadata', 'name').endsWith('default-worker-node-1'));
    const victimServer = textAt(victim, 'spec', 'providerID').replace('openstack:///', '');
    const request = { node_count: 3, nodegroup: 'default-worker', nodes_to_remove: [victimServer] };
    expect((await resize(openstack(), token, request)).status).toBe(202);
    const left = (await readyNodes(4)).map((node) => textAt(node, 'metadata', 'name'));
    expect(left).not.toContain(textAt(victim, 'metadata', 'name'));
  });
});
