// The node tier against true servers: a Magnum that is slow, full, busy, forgetful or wrong, group by group and all at once.
import { beforeAll, describe, expect, it } from 'vitest';
import type { NodeDaemon, ShownDecision } from './nodes/daemon.ts';
import { tokenSeconds, useNodeStage } from './nodes/stage.ts';
import { at, numberAt, textAt } from './servers/json.ts';
import { eventually } from './servers/process.ts';
import { drainOn, nameOf } from './support/stage.ts';

const intervalMs = 4000;
const interval = `${intervalMs}ms`;
const soon = { unneededFor: '3s', afterGrowth: '3s', afterFailure: '3s', removal: 'auto' };
const notNow = { ...soon, unneededFor: '30m' };
const growth = { provisionTimeout: '90s' };
const minute = 60_000;
/** Whoever looks at the same nodes beside the others must not take their drains for stray ones. */
const others = {
  nodeGroups: ['extra', 'broken', 'shared', 'full', 'dropped', 'liar'].map((name) => ({ name, max: 20 })),
  mode: 'off',
};

describe('springtide on a Magnum that has its moods', () => {
  const stage = useNodeStage({
    groups: [
      { name: 'extra', count: 1, min: 0, max: 5, pool: 'common' },
      { name: 'broken', count: 1, min: 0, max: 5, pool: 'common' },
      { name: 'shared', count: 1, min: 1, max: 20 },
      { name: 'full', count: 1, min: 1, max: 2 },
      { name: 'dropped', count: 1, min: 0, max: 5 },
      { name: 'liar', count: 2, min: 0, max: 5 },
    ],
    nameless: (server) => server.name.endsWith('-extra-node-0'),
  });
  let pool: NodeDaemon;
  let names: readonly string[] = [];
  let victim = '';
  let bystander = '';
  beforeAll(async () => {
    // What must stand before the first tick: it would give back at once what is empty.
    stage.driver.ignoreVictims('liar');
    names = stage.servers('liar').map((server) => server.name);
    [victim = '', bystander = ''] = stage.servers('liar').map((server) => server.server_id);
    const [meant = '', other = ''] = names;
    await stage.cordon(meant, true);
    await stage.deploy({ name: 'loyal', replicas: 1, cpu: '2500m', on: { pool: 'liar' } });
    await stage.deploy({ name: 'common', replicas: 2, cpu: '3', on: { pool: 'common' } });
    await stage.runs('loyal', 1);
    await stage.runs('common', 2);
    expect(await stage.places('loyal')).toEqual([other]);
    await stage.cordon(meant, false);
    pool = await stage.prepare({
      name: 'pool',
      interval,
      policies: {
        common: {
          nodeGroups: [
            { name: 'broken', min: 1, max: 4, prefer: 1 },
            { name: 'extra', min: 0, max: 4, prefer: 2 },
          ],
          growth,
          shrink: soon,
          mode: 'act',
        },
        shared: { nodeGroups: [{ name: 'shared', min: 1, max: 20 }], growth, shrink: notNow, mode: 'act' },
        full: { nodeGroups: [{ name: 'full', min: 1, max: 20 }], growth, shrink: notNow, mode: 'act' },
        dropped: { nodeGroups: [{ name: 'dropped', min: 1, max: 4 }], growth, shrink: notNow, mode: 'act' },
        liar: { nodeGroups: [{ name: 'liar', min: 1, max: 4 }], growth, shrink: soon, mode: 'act' },
        refused: {
          nodeGroups: [
            { name: 'nobody', max: 3 },
            { name: 'default-master', max: 3 },
          ],
          mode: 'act',
        },
      },
    });
    await pool.start();
  });
  const mailAbout = (group: string, what: RegExp): Promise<string> =>
    eventually(
      `mail about ${group}`,
      () => {
        const texts = stage.mail().mails.map((mail) => `${mail.subject ?? ''}\n${mail.text ?? ''}`);
        return texts.find((text) => text.includes(group) && what.test(text));
      },
      2 * minute,
    );
  const scale = async (name: string, replicas: number): Promise<void> => {
    const answer = await stage.kubernetes().request('PATCH', `/apis/apps/v1/namespaces/shop/deployments/${name}`, {
      body: { spec: { replicas } },
      contentType: 'application/merge-patch+json',
    });
    expect(answer.status).toBe(200);
  };

  it.concurrent(
    'sends nothing to a cluster that is being made or deleted, and tells why its conductor refuses',
    async () => {
      const worker = 'default-worker';
      const policy = (min: number): Readonly<Record<string, unknown>> => ({
        worker: { nodeGroups: [{ name: worker, min, max: 5 }], growth, shrink: notNow, mode: 'act' },
        others,
      });
      const { body: own } = await stage.operator(`/clusters/${stage.openstack().credentials.cluster.id}`);
      stage.driver.hold(worker, true);
      const made = await stage.operator('/clusters', {
        method: 'POST',
        body: {
          name: 'second',
          cluster_template_id: textAt(own, 'cluster_template_id'),
          node_count: 1,
          master_count: 1,
        },
      });
      const id = textAt(made.body, 'uuid');
      const status = (wanted: string): Promise<true> => stage.statusIs(wanted, { cluster: id });
      const sent = (): readonly number[] =>
        stage
          .openstack()
          .calls()
          .filter((call) => call.op === 'resize_cluster' && call.cluster === id)
          .map((call) => numberAt(call, 'node_count'));
      await status('CREATE_IN_PROGRESS');
      const daemon = await stage.prepare({ name: 'second', interval, cluster: id, policies: policy(2) });
      await daemon.start();
      const early = await daemon.decides(worker, 'waits for the creation', ({ action }) => action === 'hold');
      expect(early).toMatchObject({ reason: 'UpdateByOthers' });
      expect(early.message).toContain('CREATE_IN_PROGRESS');
      await daemon.ticks(2);
      expect(sent()).toEqual([]);
      stage.driver.hold(worker, false);
      await eventually('it asks for its minimum', () => (sent().length === 1 ? true : undefined));
      expect(sent()).toEqual([2]);
      await status('UPDATE_COMPLETE');

      // In a cluster where no other group is updated meanwhile: Magnum would take its word on this one back.
      const fragile = 'fragile';
      const group = { name: fragile, node_count: 1, min_node_count: 0, max_node_count: 5 };
      expect((await stage.operator(`/clusters/${id}/nodegroups`, { method: 'POST', body: group })).status).toBe(202);
      const groupOf = async (): Promise<unknown> =>
        (await stage.operator(`/clusters/${id}/nodegroups/${fragile}`)).body;
      await eventually('the second group is there', async () =>
        textAt(await groupOf(), 'status').endsWith('_COMPLETE') ? true : undefined,
      );
      await status('UPDATE_COMPLETE');
      const reason = 'ERROR: Stack is locked by another action';
      stage.driver.fault({ id: 'refused', op: 'resize_cluster', nodegroup: fragile, times: 1, mode: 'raise', reason });
      daemon.rewrite({
        ...policy(2),
        fragile: { nodeGroups: [{ name: fragile, min: 2, max: 4 }], growth, shrink: notNow, mode: 'act' },
      });
      const held = await daemon.decides(fragile, 'backs off', (shown) => shown.reason === 'GroupBackedOff', minute);
      stage.tell(`second: ${held.message}: ${String(held.facts['what'])}`);
      // The count is the old one again; Magnum says why in the group, and nowhere else.
      expect(held).toMatchObject({ current: 1, action: 'hold' });
      expect(held.facts['what']).toBe(reason);
      expect(held.until).not.toBeNull();
      expect(await groupOf()).toMatchObject({ status: 'UPDATE_FAILED', node_count: 1 });
      await mailAbout(fragile, /locked by another action/);
      await daemon.ticks(2);
      expect(sent()).toEqual([2, 2]);

      // A person's way out of the failure is taken for what it is.
      const wayOut = { node_count: 2, nodegroup: fragile };
      expect((await stage.operator(`/clusters/${id}/actions/resize`, { method: 'POST', body: wayOut })).status).toBe(
        202,
      );
      const isWhole = (shown: ShownDecision): boolean => shown.current === 2 && shown.action === 'none';
      await daemon.decides(fragile, 'is whole again', isWhole, minute);
      expect(sent()).toEqual([2, 2, 2]);
      await status('UPDATE_COMPLETE');

      stage.driver.hold(worker, true);
      expect((await stage.operator(`/clusters/${id}`, { method: 'DELETE' })).status).toBe(204);
      await status('DELETE_IN_PROGRESS');
      daemon.rewrite(policy(4));
      const late = await daemon.decides(
        worker,
        'waits for the end',
        ({ action, message }) => action === 'hold' && message.includes('DELETE_IN_PROGRESS'),
      );
      stage.tell(`second: ${late.message}`);
      await daemon.ticks(2);
      expect(sent()).toEqual([2, 2, 2]);
      await daemon.end({ keep: false });
      stage.driver.hold(worker, false);
    },
    300_000,
  );

  it.concurrent(
    'notices the wrong victim, takes back the drain, and removes nobody else',
    async () => {
      const group = 'liar';
      const [meant = '', other = ''] = names;
      const removals = (): readonly unknown[] =>
        stage.resizes(group).filter((call) => (call.nodes_to_remove ?? []).length > 0);
      const removal = await eventually('a removal', () => removals()[0], 2 * minute);
      expect(removal).toMatchObject({ nodes_to_remove: [victim], matched: [], previous: 2, node_count: 1 });
      await eventually('the wrong server has left', () =>
        stage.servers(group).some((server) => server.server_id === bystander) ? undefined : true,
      );
      const left = Date.now();
      stage.tell(`${group}: ${other} has left in place of ${meant}`);
      await eventually(
        'the survivor is back at work',
        async () => {
          const node = await stage.node(meant);
          return at(node, 'spec', 'unschedulable') !== true && drainOn(node) === null ? true : undefined;
        },
        5 * minute,
      );
      stage.tell(`${group}: noticed after ${((Date.now() - left) / 1000).toFixed(1)} s`);
      expect(await mailAbout(group, /removed another one/)).toContain(victim);
      expect(removals()).toHaveLength(1);
      await stage.runs('loyal', 1, 2 * minute);
    },
    400_000,
  );

  it.concurrent(
    'notices within a minute that an accepted order was dropped, and stops asking',
    async () => {
      const group = 'dropped';
      stage.driver.drop(group, true);
      await stage.deploy({ name: 'lost', replicas: 2, cpu: '3', on: { pool: group } });
      const drops = (): readonly { readonly t: number }[] =>
        stage
          .openstack()
          .calls()
          .filter((call) => call.op === 'dropped' && call.nodegroup_name === group);
      const lost = await eventually('the order is lost', () => drops()[0], minute);
      const held = await pool.decides(group, 'backs off', ({ reason }) => reason === 'GroupBackedOff', 2 * minute);
      const noticedMs = Date.now() - lost.t * 1000;
      stage.tell(`${group}: noticed after ${(noticedMs / 1000).toFixed(1)} s: ${held.message}`);
      // The stories share one Magnum, of ten answers a second on two idle cores.
      expect(noticedMs).toBeLessThan(minute + 10 * intervalMs);
      expect(held.until).not.toBeNull();
      await mailAbout(group, /accepted|did nothing/i);
      await pool.ticks(3);
      expect(drops()).toHaveLength(1);
    },
    200_000,
  );

  it.concurrent(
    'lives with an operator who uses the same group',
    async () => {
      const group = 'shared';
      const path = `/clusters/${stage.openstack().credentials.cluster.id}/nodegroups/${group}`;
      const status = (wanted: string): Promise<true> => stage.statusIs(wanted, { group });
      await stage.deploy({ name: 'guest', replicas: 1, cpu: '3', on: { pool: group } });
      await stage.runs('guest', 1);

      stage.driver.hold(group, true);
      const body = [{ op: 'replace', path: '/max_node_count', value: 18 }];
      expect((await stage.operator(path, { method: 'PATCH', body })).status).toBe(202);
      await status('UPDATE_IN_PROGRESS');
      await scale('guest', 2);
      const waits = await pool.decides(group, 'waits for the other', ({ reason }) => reason === 'UpdateByOthers');
      stage.tell(`${group}: ${waits.message}`);
      await pool.ticks(2);
      expect(stage.resizes(group)).toEqual([]);
      stage.driver.hold(group, false);
      await eventually('it orders when that is over', () => (stage.resizes(group).length === 1 ? true : undefined));
      await stage.runs('guest', 2);

      await pool.decides(group, 'is settled', ({ current, action }) => current === 2 && action === 'none');
      stage.driver.hold(group, true);
      await scale('guest', 3);
      await eventually('its own order is under way', () => (stage.resizes(group).length === 2 ? true : undefined));
      await scale('guest', 4);
      await eventually('it asks for more', () => (stage.resizes(group).length === 3 ? true : undefined));
      expect(stage.resizes(group).at(-1)).toMatchObject({ previous: 3, node_count: 4, superseded: true });
      stage.driver.hold(group, false);
      await stage.runs('guest', 4);

      await status('UPDATE_COMPLETE');
      const reason = 'Resource CREATE failed: No valid host was found';
      stage.driver.fault({ id: 'operator', op: 'resize_cluster', nodegroup: group, times: 1, reason });
      await stage.operatorResizes(group, 5);
      await status('UPDATE_FAILED');
      await pool.decides(group, 'takes the operator’s count for its own', ({ current }) => current === 5);
      await pool.ticks(2);
      expect(stage.resizes(group)).toHaveLength(4);
      await scale('guest', 5);
      await stage.runs('guest', 5, 2 * minute);
      expect(stage.resizes(group).at(-1)).toMatchObject({ previous: 5, node_count: 5 });
      expect(pool.linesOf(group).filter((line) => line['outcome'] === 'failed')).toEqual([]);
    },
    300_000,
  );

  it.concurrent(
    'serves from the next group when one is full, and takes no longer for it',
    async () => {
      const reason = 'Quota exceeded for cores: Requested 4, but already used 20 of 20 cores';
      stage.driver.fault({ id: 'quota', op: 'resize_cluster', nodegroup: 'broken', reason });
      await scale('common', 3);
      const tried = await eventually('the preferred group is asked', () => stage.resizes('broken')[0]);
      expect(tried).toMatchObject({ previous: 1, node_count: 2 });
      const served = await eventually('the next group is asked', () => stage.resizes('extra')[0], 2 * minute);
      stage.tell(`extra: asked ${(served.t - tried.t).toFixed(1)} s after broken, which took 1 s to fail`);
      expect(served.t - tried.t).toBeLessThan((6000 + 10 * intervalMs) / 1000);
      await stage.runs('common', 3);
      const mail = await mailAbout('broken', /quota/i);
      expect(mail).toContain('20 of 20 cores');

      await stage.remove('common');
      const emptied = Date.now();
      const removal = await eventually('the spare server is given back', () => stage.resizes('extra')[1], 2 * minute);
      const tookMs = removal.t * 1000 - emptied;
      stage.tell(`extra: given back ${(tookMs / 1000).toFixed(1)} s after its pods had gone`);
      expect(tookMs).toBeLessThan(2 * minute);
      const named = stage.servers('extra').find((server) => !server.name.endsWith('-0'));
      expect(removal).toMatchObject({ nodes_to_remove: [named?.server_id], unmatched: [] });
      expect(stage.resizes('broken')).toHaveLength(1);
      const { kept } = await pool.decides('extra', 'keeps whom it cannot name', ({ current }) => current === 1);
      expect(kept).toMatchObject([{ reason: 'ServerUnknown' }]);
      await pool.ticks(4);
      expect(stage.resizes('extra')).toHaveLength(2);
    },
    300_000,
  );

  it.concurrent(
    'ends at Magnum’s maximum, and leaves a group to whoever changes it twice',
    async () => {
      const group = 'full';
      const path = `/clusters/${stage.openstack().credentials.cluster.id}/nodegroups/${group}`;
      await stage.deploy({ name: 'crowd', replicas: 5, cpu: '3', on: { pool: group } });
      const full = await pool.decides(group, 'is full', ({ reason }) => reason === 'PoolAtMaximum', 2 * minute);
      stage.tell(`${group}: ${full.message}`);
      expect(full.current).toBe(2);
      await stage.runs('crowd', 2, 2 * minute);
      expect(pool.linesOf(group).filter((line) => line['outcome'] === 'failed')).toEqual([]);

      await scale('crowd', 1);
      await pool.decides(group, 'has nobody waiting', ({ reason }) => reason !== 'PoolAtMaximum');
      const more = [{ op: 'replace', path: '/max_node_count', value: 4 }];
      expect((await stage.operator(path, { method: 'PATCH', body: more })).status).toBe(202);
      // taken is not done: it is complete from before
      await eventually('Magnum has the new maximum', async () =>
        numberAt((await stage.operator(path)).body, 'max_node_count') === 4 ? true : undefined,
      );
      await stage.statusIs('UPDATE_COMPLETE', { group });
      const sent = stage.resizes(group).length;
      await stage.operatorResizes(group, 3);
      await pool.decides(group, 'takes the operator’s count for its own', ({ current }) => current === 3);
      await stage.operatorResizes(group, 4);
      await pool.decides(group, 'leaves it to the other', (shown) => shown.reason === 'AnotherAutoscaler', 2 * minute);
      await pool.ticks(2);
      expect(stage.resizes(group)).toHaveLength(sent + 2);
    },
    300_000,
  );

  it.concurrent('refuses the masters and a group that is not there, and says so', async () => {
    const nobody = await pool.decides('nobody', 'is refused', ({ action }) => action === 'refused');
    expect(nobody).toMatchObject({ reason: 'GroupNotFound' });
    expect(nobody.facts['what']).toMatch(/^Magnum has .*shared/);
    const master = await pool.decides('default-master', 'is refused', ({ action }) => action === 'refused');
    expect(master).toMatchObject({ reason: 'GroupIsMaster' });
  });

  it.concurrent('says what is wrong when it looks with the eyes of another project', async () => {
    const { authUrl, region, stranger, cluster } = stage.openstack().credentials;
    const daemon = await stage.prepare({
      name: 'stranger',
      interval,
      cluster: cluster.id,
      policies: { others },
      environment: {
        OS_AUTH_URL: authUrl,
        OS_USERNAME: stranger.user,
        OS_PASSWORD: stranger.password,
        OS_PROJECT_NAME: stranger.project,
        OS_USER_DOMAIN_NAME: 'Default',
        OS_PROJECT_DOMAIN_ID: 'default',
        OS_REGION_NAME: region,
      },
    });
    await daemon.start();
    const decision = await daemon.decides('extra', 'is not seen', ({ action }) => action === 'hold');
    stage.tell(`stranger: ${decision.message}: ${String(decision.facts['what'])}`);
    expect(decision.reason).toBe('MagnumUnreadable');
    expect(decision.facts['what']).toMatch(/not be found|not found|project/i);
    await daemon.end({ keep: false });
  });

  it('has lived on many short tokens and was never refused', async () => {
    const text = await pool.metrics();
    const lines = text.split('\n').filter((line) => /keystone|magnum/i.test(line) && /_total\{|_count\{/.test(line));
    stage.tell(`tokens of ${tokenSeconds} s:\n${lines.join('\n')}`);
    const failures = pool.lines().filter((line) => line['outcome'] === 'failed');
    expect(failures).toEqual([]);
    const nodes = await stage.nodes();
    const cordoned = nodes.filter((node) => at(node, 'spec', 'unschedulable') === true);
    expect(cordoned.map(nameOf)).toEqual([]);
    await pool.end({ keep: false });
  });
});
