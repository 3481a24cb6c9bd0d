// Servers without a Node: how many without Nova, which ones with it, by address and by the drivers' names.
import { describe, expect, it } from 'vitest';
import type { MagnumCluster, NovaServer } from '../../../src/model/openstack.ts';
import { serversWithoutNode } from '../../../src/policies/nodes/registration.ts';
import { aNode, aNodeGroup, aSnapshot, heatCluster, serverId } from '../../builders.ts';

const server = (number: number, name: string, address?: string): NovaServer => ({
  id: serverId(number),
  name,
  ...(address === undefined ? {} : { addresses: { private: [{ addr: address }] } }),
});
const nodes = [aNode('w-1').build(), aNode('w-2').build()];
const worker = aNodeGroup('default-worker', 3, { is_default: true, node_addresses: ['10.0.0.1', '10.0.0.3'] });
const gpu = aNodeGroup('gpu', 1);

const seen = (servers: readonly NovaServer[] | undefined, cluster: Partial<MagnumCluster> = {}) =>
  serversWithoutNode(
    { magnum: worker, nodes },
    aSnapshot()
      .cluster({ ...heatCluster, name: 'shop', ...cluster })
      .groups(worker, gpu)
      .nodes(...nodes)
      .nova(servers === undefined ? {} : { servers })
      .build(),
  );
const names = ({ servers }: ReturnType<typeof seen>): unknown => servers?.map(({ id }) => Number(id.slice(-3)));

describe('servers that never registered', () => {
  it('are counted without Nova, and nobody guesses which ones', () => {
    expect(seen(undefined)).toMatchObject({ count: 1, servers: null, why: expect.stringContaining('Nova') as unknown });
  });

  it.each<[string, readonly NovaServer[], Partial<MagnumCluster>, readonly number[]]>([
    ['by an address that Magnum knows', [server(1, 'a', '10.0.0.1'), server(3, 'b', '10.0.0.3')], {}, [3]],
    ['by Heat’s names', [server(2, 'shop-h3k5s7d9f2ab-node-1'), server(3, 'shop-h3k5s7d9f2ab-node-2')], {}, [3]],
    ['not another group’s', [server(3, 'shop-gpu-h3k5s7d9f2ab-node-0')], {}, []],
    ['not another cluster’s', [server(3, 'pay-h3k5s7d9f2ab-node-0')], {}, []],
    ['not a person’s', [server(3, 'shop-jumphost')], {}, []],
    ['by a Machine’s name', [server(3, 'kube-7kjbp-default-worker-hnk8x-v6cp9')], { stack_id: 'kube-7kjbp' }, [3]],
    ['none', [server(1, 'shop-h3k5s7d9f2ab-node-0')], {}, []],
  ])('%s', (_, servers, cluster, expected) => {
    expect(names(seen(servers, cluster))).toEqual(expected);
  });

  it('are not named where more look so than are missing', () => {
    const servers = [server(3, 'shop-h3k5s7d9f2ab-node-2'), server(4, 'shop-h3k5s7d9f2ab-node-3')];
    expect(seen(servers)).toMatchObject({ count: 1, servers: null });
  });
});
