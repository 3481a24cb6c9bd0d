// A removal that was sent: seen through to its end, taken back where the wrong server left, never sent twice.
import { describe, expect, it } from 'vitest';
import type { Node } from '../../../src/model/kubernetes.ts';
import { emptyMemory } from '../../../src/model/memory.ts';
import type { MagnumNodeGroup } from '../../../src/model/openstack.ts';
import { aNode, aNodeGroup, at, noon, podsOf, serverId } from '../../builders.ts';
import { group, pool, steady, tick } from './worlds.ts';

describe('a removal', () => {
  const removing = (sentAt: number) =>
    aNode('w-2').leaving({ startedAt: at(sentAt - 60), step: 'removing', removingAt: at(sentAt), countAfter: 1 });
  const world = (node: Node, magnum: Partial<MagnumNodeGroup>) =>
    pool(2, [aNode('w-1').build(), node])
      .groups(aNodeGroup(group, 1, magnum))
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }));
  const address = { node_addresses: ['10.0.0.1'] };
  const dead = (node: ReturnType<typeof aNode>): Node => node.notReady(at(-60)).build();

  it.each([
    ['is under way', removing(-300).build(), { status: 'UPDATE_IN_PROGRESS' }, []],
    ['has just been sent', removing(-30).build(), {}, []],
    [
      'is done: the Node object is cleaned up',
      dead(removing(-300)),
      address,
      [{ step: 'forget', node: 'w-2', serverId: serverId(2) }],
    ],
    ['is done, says Magnum; the address is still there', dead(removing(-300)), { node_addresses: ['10.0.0.2'] }, []],
  ])('%s', (_, node, magnum, drains) => {
    expect(tick(world(node, magnum).build()).decision.drains).toEqual(drains);
  });

  it.each([
    [
      'is still there',
      [{ id: serverId(2) }],
      [{ step: 'rollBack', node: 'w-2', reason: 'WrongServerLeft', by: serverId(2) }],
    ],
    [
      'is still listed as deleted',
      [{ id: serverId(2), status: 'DELETED' }],
      [{ step: 'forget', node: 'w-2', serverId: serverId(2) }],
    ],
    ['has left', [{ id: serverId(1) }], [{ step: 'forget', node: 'w-2', serverId: serverId(2) }]],
  ])('with Nova: the server %s', (_, servers, drains) => {
    const snapshot = world(dead(removing(-300)), {})
      .nova({ servers })
      .build();
    expect(tick(snapshot).decision.drains).toEqual(drains);
  });

  it('that Magnum has taken up is never sent again, though a growth overtook it before it was settled', () => {
    const sent = { at: at(-59), from: 2, to: 1, remove: [{ node: 'w-2', serverId: serverId(2) }], begun: false };
    const taken = tick(world(removing(-59).build(), {}).build(), { memory: steady({ sent }) });
    expect(taken.memory.groups[group]?.lastShrink).toBe(noon);
    const growth = { at: at(0), from: 1, to: 2, remove: [], begun: true };
    const memory = steady({ ...taken.memory.groups[group], sent: growth });
    const { decision } = tick(world(removing(-59).build(), { node_count: 2 }).build(), { memory, now: at(30) });
    expect(decision.resize).toBeNull();
  });

  it.each([
    ['nobody remembers it, and the count shows it', 1, undefined, false, false],
    ['nobody remembers it, and the group has grown since', 2, undefined, false, false],
    ['nobody has watched since then, and the node is silent', 2, -3600, true, false],
    ['nobody has watched since then, and the node may be a minute dead', 2, -59, false, false],
    ['nobody has watched since then, and the node lives', 2, -61, false, true],
    ['it was watched since then, and the node is silent', 2, -86_400, true, true],
  ] as const)('where %s, is a drain again only if its server surely stands', (_, count, since, silent, again) => {
    const node = silent ? dead(removing(-7_000)) : removing(-7_000).build();
    const memory = since === undefined ? emptyMemory() : { ...steady(), steadySince: at(since), lastTick: at(-15) };
    const { decision } = tick(world(node, { node_count: count }).build(), { memory });
    expect(decision.resize).toBeNull();
    expect(decision.drains.map(({ step }) => step)).toEqual(again ? ['reopen'] : []);
  });

  it('is not sent again for a server that has left, whatever the count says', () => {
    const { decision } = tick(world(dead(removing(-300)), { ...address, node_count: 2 }).build());
    expect(decision.resize).toBeNull();
    expect(decision.drains).toMatchObject([{ step: 'forget' }]);
  });

  it.each([
    ['for three minutes', {}, 180],
    ['for one minute where Magnum still lists it', { node_addresses: ['10.0.0.2'] }, 60],
  ])('hit the wrong server: seen %s after the end of the update, not of its start', (_, magnum, wait) => {
    const snapshot = world(removing(-600).build(), magnum).build();
    const memory = steady({ lastShrink: at(0) });
    expect(tick(snapshot, { memory, now: at(wait - 1) }).decision.drains).toEqual([]);
    expect(tick(snapshot, { memory, now: at(wait + 1) }).decision.drains).toEqual([
      { step: 'rollBack', node: 'w-2', reason: 'WrongServerLeft', by: serverId(2) },
    ]);
  });

  it('that was done once is never sent again, though the group has grown since', () => {
    const snapshot = world(removing(-90).build(), { node_count: 2, node_addresses: ['10.0.0.2'] }).build();
    const { decision } = tick(snapshot, { memory: steady({ lastShrink: at(-20) }) });
    expect(decision.resize).toBeNull();
    expect(decision.drains).toEqual([]);
  });

  it('ends where it was first seen to be done, or where the update that was seen ends', () => {
    const end = (begun: boolean): number | null | undefined => {
      const sent = { at: at(-40), from: 2, to: 1, remove: [{ node: 'w-2', serverId: serverId(2) }], begun };
      const memory = steady({ sent, lastShrink: at(-20) });
      return tick(world(removing(-40).build(), {}).build(), { memory }).memory.groups[group]?.lastShrink;
    };
    expect([end(false), end(true)]).toEqual([at(-20), noon]);
  });

  it('that was seen through to the end proves who leaves', () => {
    const sent = { at: at(-120), from: 2, to: 1, remove: [{ node: 'w-2', serverId: serverId(2) }], begun: true };
    const { memory } = tick(
      pool(1)
        .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }))
        .build(),
      { memory: steady({ sent }) },
    );
    expect(memory.groups[group]).toMatchObject({ removal: 'proven', sent: null, lastShrink: noon });
  });
});
