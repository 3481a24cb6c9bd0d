// Resizes sent to an embedded Magnum: read before written, victims named and told first, nothing sent that does not add up.
import { afterEach, describe, expect, it } from 'vitest';
import { resizeGroup } from '../../src/actuators/node-pool.ts';
import { drainStep } from '../../src/actuators/drain.ts';
import { drainOf } from '../../src/model/drain-record-on.ts';
import type { NodeDecision, NodeRemoval, ResizedOver } from '../../src/model/plan.ts';
import { minutes } from '../../src/model/units.ts';
import { serverId } from '../builders.ts';
import { aWorld, closeWorlds, moment, type World } from '../sandbox/openstack/cloud.ts';
import { aMoment, aNodeDecision, aStage, type Stage } from './stage.ts';

afterEach(closeWorlds);

interface Both {
  readonly cloud: World;
  readonly stage: Stage;
  send(decision: NodeDecision, signal?: AbortSignal): ReturnType<typeof resizeGroup>;
  posts(): number;
}
async function both(): Promise<Both> {
  const [cloud, stage] = await Promise.all([aWorld(), aStage()]);
  for (const [index] of cloud.workers().entries()) stage.world.addNode({ name: `n-${index + 1}` });
  return {
    cloud,
    stage,
    send: (decision, signal = new AbortController().signal) =>
      resizeGroup(
        { magnum: cloud.clients.magnum, nodes: stage.client.writes },
        decision,
        aMoment({ cluster: cloud.cluster, signal }),
      ),
    posts: () => cloud.cloud.requests.filter((one) => one.service === 'magnum' && one.method === 'POST').length,
  };
}
const grow = (from: number, to: number, over: ResizedOver = 'nothing'): NodeDecision =>
  aNodeDecision({ current: from, desired: to, action: 'grow', resize: { to, remove: [], over } });
const shrink = (
  from: number,
  to: number,
  remove: readonly NodeRemoval[],
  over: ResizedOver = 'nothing',
): NodeDecision =>
  aNodeDecision({ current: from, desired: to, action: 'shrink', remove, resize: { to, remove, over } });

async function drained({ cloud, stage }: Both, number: number): Promise<NodeRemoval> {
  const victim = { node: `n-${number}`, serverId: cloud.workers()[number - 1]?.id ?? '' };
  await drainStep(
    stage.client.writes,
    aNodeDecision(),
    { step: 'begin', nodeGroup: 'default-worker', ...victim },
    aMoment(),
  );
  return victim;
}

describe('a server that never became a node', () => {
  it('is named without a node that tells of it, and not when one stands for it by now', async () => {
    const world = await both();
    const victim = { node: 'never', serverId: world.cloud.workers()[0]?.id ?? '', unregistered: true as const };
    world.stage.world.addNode({ name: 'never' });
    expect(await world.send(shrink(3, 2, [victim]))).toMatchObject({ status: 'refused', code: 'Moved' });
    expect(world.posts()).toBe(0);
    world.stage.world.removeNode('never');
    expect(await world.send(shrink(3, 2, [victim]))).toMatchObject({ status: 'succeeded', remove: [victim] });
    world.cloud.clock.advance(moment);
    expect(world.cloud.cloud.calls.at(-1)).toMatchObject({ matched: [victim.serverId], unmatched: [] });
  });
});

describe('growing', () => {
  it('sends the absolute count and keeps the request id', async () => {
    const world = await both();
    const outcome = await world.send(grow(3, 5));
    expect(outcome).toMatchObject({ kind: 'resize', status: 'succeeded', from: 3, to: 5, remove: [] });
    expect(outcome.requestId).toMatch(/^req-/);
    world.cloud.clock.advance(moment);
    expect((await world.cloud.group()).node_count).toBe(5);
  });

  it('is refused when the count has moved since', async () => {
    const world = await both();
    expect(await world.send(grow(2, 4))).toMatchObject({ status: 'refused', code: 'Moved' });
    expect(world.posts()).toBe(0);
  });

  it('to the count of today is sent only as the way out of a failed update', async () => {
    const world = await both();
    expect(await world.send(grow(3, 3))).toMatchObject({ status: 'refused', code: 'Moved' });
    expect(world.posts()).toBe(0);
    world.cloud.cloud.inject({ kind: 'bootFails', times: 1 });
    await world.send(grow(3, 4));
    world.cloud.clock.advance(minutes(5));
    expect((await world.cloud.group()).status).toBe('UPDATE_FAILED');
    expect(await world.send(grow(4, 4))).toMatchObject({ status: 'succeeded', from: 4, to: 4 });
    world.cloud.clock.advance(minutes(5));
    expect((await world.cloud.group()).status).toBe('UPDATE_COMPLETE');
  });

  it.each([
    ['http500', 'ServerFault', true],
    ['forbidden403', 'Forbidden', undefined],
  ] as const)(
    'that ends with %s says whether Magnum may have it, and under which request',
    async (kind, code, unanswered) => {
      const world = await both();
      world.cloud.cloud.inject({ kind, service: 'magnum', path: '/actions/resize' });
      const outcome = await world.send(grow(3, 5));
      expect(outcome).toMatchObject({ status: 'failed', code });
      expect(outcome.unanswered).toBe(unanswered);
      expect(outcome.message).toContain(outcome.requestId ?? 'no request id');
      expect(world.posts()).toBe(1);
    },
  );

  it('is not sent where Magnum would drop it', async () => {
    const world = await both();
    world.cloud.cloud.forceStatus('CREATE_IN_PROGRESS');
    expect(await world.send(grow(3, 5))).toMatchObject({ status: 'refused' });
    expect(world.posts()).toBe(0);
  });

  it('waits where somebody else has begun an update of the group since, whatever it does to the count', async () => {
    const world = await both();
    world.cloud.cloud.resize('default-worker', 4);
    world.cloud.clock.advance(moment);
    expect(await world.cloud.group()).toMatchObject({ status: 'UPDATE_IN_PROGRESS', node_count: 4 });
    for (const over of ['nothing', 'otherGroups'] as const)
      expect(await world.send(grow(4, 5, over))).toMatchObject({
        status: 'refused',
        code: 'Moved',
        message: 'default-worker is at UPDATE_IN_PROGRESS by now',
      });
    expect(world.posts()).toBe(0);
  });

  it('takes the place of our own update that it was decided over', async () => {
    const world = await both();
    await world.send(grow(3, 4));
    world.cloud.clock.advance(moment);
    expect(await world.cloud.group()).toMatchObject({ status: 'UPDATE_IN_PROGRESS', node_count: 4 });
    expect(await world.send(grow(4, 5, 'ownResize'))).toMatchObject({ status: 'succeeded', to: 5 });
    expect(world.posts()).toBe(2);
  });

  it('waits where an update of the whole cluster has begun since', async () => {
    const world = await both();
    world.cloud.cloud.forceStatus('UPDATE_IN_PROGRESS');
    expect(await world.send(grow(3, 5))).toMatchObject({
      status: 'refused',
      code: 'Moved',
      message: 'the cluster is at UPDATE_IN_PROGRESS by now',
    });
    expect(world.posts()).toBe(0);
  });

  it.each(['nothing', 'otherGroups'] as const)(
    'is sent beside the update of another group, decided over %s',
    async (over) => {
      const world = await both();
      world.cloud.cloud.resize('extra', 2);
      world.cloud.clock.advance(moment);
      const cluster = await world.cloud.clients.magnum.getCluster(world.cloud.cluster);
      expect(cluster.status).toBe('UPDATE_IN_PROGRESS');
      expect(await world.send(grow(3, 5, over))).toMatchObject({ status: 'succeeded', to: 5 });
    },
  );

  it('never touches masters', async () => {
    const world = await both();
    const decision = { ...grow(1, 2), nodeGroup: 'default-master' };
    expect(await world.send(decision)).toMatchObject({ status: 'refused', code: 'GroupIsMaster' });
  });

  it.each([
    ['an unknown group', { ...grow(3, 5), nodeGroup: 'nobody' }, 'NotFound'],
    ['beyond Magnum’s max', grow(3, 11), 'BadRequest'],
  ])('%s fails by code', async (_, decision, code) => {
    const world = await both();
    const outcome = await world.send(decision);
    expect(outcome.status).toBe('failed');
    expect(outcome.code).toMatch(new RegExp(`${code}|Rejected|Invalid`));
  });
});

describe('a plan that does not add up never reaches Magnum', () => {
  const victim = (number: number): NodeRemoval => ({ node: `n-${number}`, serverId: serverId(number) });
  it.each([
    ['nothing to send', aNodeDecision()],
    ['an unresolved server', shrink(3, 2, [{ node: 'n-1', serverId: '' }])],
    ['an index for a server', shrink(3, 2, [{ node: 'n-1', serverId: '2' }])],
    ['fewer victims than the count says', shrink(3, 1, [victim(1)])],
    ['more victims than the count says', shrink(3, 2, [victim(1), victim(2)])],
    ['a victim named twice', shrink(3, 1, [victim(1), victim(1)])],
    ['a smaller pool without victims', shrink(3, 2, [])],
  ])('%s', async (_, decision) => {
    const world = await both();
    expect(await world.send(decision)).toMatchObject({ status: 'refused', code: 'Inconsistent' });
    expect(world.cloud.cloud.requests).toEqual([]);
    expect(world.stage.written()).toBe(0);
  });
});

describe('shrinking', () => {
  it('tells the victim first, then names its server', async () => {
    const world = await both();
    const victim = await drained(world, 2);
    expect(await world.send(shrink(3, 2, [victim]))).toMatchObject({ status: 'succeeded', remove: [victim] });
    const node = await world.stage.client.writes.getNode('n-2');
    expect(node === null ? null : drainOf(node)).toMatchObject({ step: 'removing', countAfter: 2 });
    world.cloud.clock.advance(moment);
    expect(world.cloud.cloud.calls.at(-1)).toMatchObject({ previous: 3, count: 2, matched: [victim.serverId] });
  });

  it('says on the node what is about to happen even where Magnum then fails', async () => {
    const world = await both();
    const victim = await drained(world, 2);
    world.cloud.cloud.inject({ kind: 'forbidden403', service: 'magnum' });
    expect(await world.send(shrink(3, 2, [victim]))).toMatchObject({ status: 'failed' });
    const before = world.posts();
    expect(await world.send(shrink(3, 2, [victim]))).toMatchObject({ status: 'failed' });
    expect(world.posts()).toBe(before);
  });

  it.each([
    ['that is gone', { node: 'n-9', serverId: serverId(9) }],
    ['that was not drained', { node: 'n-1', serverId: serverId(1) }],
  ])('spares a node %s', async (_, victim) => {
    const world = await both();
    expect(await world.send(shrink(3, 2, [victim]))).toMatchObject({ status: 'refused', code: 'Moved' });
    expect(world.posts()).toBe(0);
  });

  it('is sent once by a process that died after sending and asks again', async () => {
    const world = await both();
    const victim = await drained(world, 2);
    await world.send(shrink(3, 2, [victim]));
    world.cloud.clock.advance(moment);
    expect(await world.send(shrink(3, 2, [victim]))).toMatchObject({ status: 'refused', code: 'Moved' });
    world.cloud.clock.advance(minutes(5));
    expect(world.cloud.workers()).toHaveLength(2);
    expect(world.cloud.cloud.calls.filter((call) => call.op === 'resize_cluster')).toHaveLength(1);
  });

  it('asked again before Magnum shows the first one costs no second server', async () => {
    const world = await both();
    const victim = await drained(world, 2);
    await world.send(shrink(3, 2, [victim]));
    expect(await world.send(shrink(3, 2, [victim]))).toMatchObject({ status: 'succeeded' });
    world.cloud.clock.advance(minutes(5));
    expect(world.cloud.deleted.map(({ id }) => id)).toEqual([victim.serverId]);
    expect(world.cloud.workers()).toHaveLength(2);
  });

  it('waits while the group updates', async () => {
    const world = await both();
    const victim = await drained(world, 2);
    world.cloud.cloud.resize('default-worker', 4);
    world.cloud.clock.advance(moment);
    expect(await world.cloud.group()).toMatchObject({ status: 'UPDATE_IN_PROGRESS', node_count: 4 });
    expect(await world.send(shrink(4, 3, [victim]))).toMatchObject({ status: 'refused', code: 'Moved' });
    expect(world.posts()).toBe(0);
  });

  it('waits while certificates of the whole cluster are renewed', async () => {
    const world = await both();
    const victim = await drained(world, 2);
    world.cloud.cloud.forceStatus('UPDATE_IN_PROGRESS');
    expect(await world.send(shrink(3, 2, [victim]))).toMatchObject({ status: 'refused', code: 'Moved' });
    expect(world.posts()).toBe(0);
    const node = await world.stage.client.writes.getNode(victim.node);
    expect(node === null ? null : drainOf(node)).toMatchObject({ step: 'draining' });
  });

  it('sends nothing more once springtide stops', async () => {
    const world = await both();
    const victim = await drained(world, 2);
    expect(await world.send(shrink(3, 2, [victim]), AbortSignal.abort())).toMatchObject({
      status: 'refused',
      code: 'Stopping',
    });
    expect(world.posts()).toBe(0);
  });
});

describe('the announcement of a removal', () => {
  it('is written though a kubelet writes its node at the same time', async () => {
    const world = await both();
    const victim = await drained(world, 1);
    const { writes } = world.stage.client;
    let overtaken = 0;
    const nodes = {
      getNode: async (name: string) => {
        const node = await writes.getNode(name);
        if (overtaken < 2) await writes.patchNode(name, { annotations: { heartbeat: String((overtaken += 1)) } });
        return node;
      },
      patchNode: writes.patchNode.bind(writes),
    };
    const { magnum } = world.cloud.clients;
    const moment = aMoment({ cluster: world.cloud.cluster });
    expect(await resizeGroup({ magnum, nodes }, shrink(3, 2, [victim]), moment)).toMatchObject({ status: 'succeeded' });
    const node = await writes.getNode(victim.node);
    expect(node === null ? null : drainOf(node)).toMatchObject({ step: 'removing', countAfter: 2 });
  });
});
