// Servers that never register and nodes that fall silent, under a policy that gives them back: exactly they leave, and others come first.
import { afterEach, describe, expect, it } from 'vitest';
import { alertNames, groupOf, nodesText, Rig } from './rig.ts';

const policyOf = (min: number): string =>
  nodesText
    .replace('min: 1', `min: ${min}`)
    .replace('provisionTimeout: 5m', 'provisionTimeout: 2m')
    .replace('shrink: {', 'shrink: { unready: { after: 1m, action: remove },');

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.lower();
  rig = null;
});
async function raised(min: number): Promise<Rig> {
  rig = await Rig.raise({ nodes: policyOf(min) });
  rig.demand = 600;
  await rig.calm();
  return rig;
}
const workers = ({ world }: Rig) => world.openstack.servers().filter(({ role }) => role === 'worker');
const nodesOf = ({ world }: Rig): readonly string[] => {
  const servers = new Set(world.openstack.servers().flatMap(({ role, name }) => (role === 'worker' ? [name] : [])));
  return world.kubernetes.objects.list('nodes').flatMap(({ metadata: { name } }) => (servers.has(name) ? [name] : []));
};
const removals = ({ world }: Rig) =>
  world.openstack.calls.filter(
    (call) => call.op === 'resize_cluster' && call.matched.length + call.unmatched.length > 0,
  );

describe('a server that never registers', () => {
  it('is told, others serve, and it is given back by its id, over a restart as well', async () => {
    const at = await raised(1);
    const before = new Set(workers(at).map(({ id }) => id));
    at.world.openstack.inject({ kind: 'neverRegisters', times: 1 });
    at.demand = 900;
    await at.until('the server', () => workers(at).some(({ id, state }) => !before.has(id) && state === 'ACTIVE'));
    const [lost] = workers(at).filter(({ id }) => !before.has(id));
    await at.until('the page', (report) => alertNames(report).includes('SpringtideNodesNeverReady'), 60);
    await at.kill();
    await at.boot();
    await at.until('its removal', () => removals(at).length > 0, 120);
    expect(removals(at)).toMatchObject([{ matched: [lost?.id], unmatched: [], previous: 3, count: 2 }]);
    at.demand = 600;
    const reports = await at.steps(8);
    expect(at.resizes).toEqual(['2 → 3', '3 → 2']);
    expect(new Set(workers(at).map(({ id }) => id))).toEqual(before);
    expect(reports.slice(-1).flatMap(alertNames)).not.toContain('SpringtideNodesNeverReady');
    expect(at.springtide.daemon.memory.groups['default-worker']?.nodeless).toBeUndefined();
  });
});

describe('a node that falls silent in a group at its minimum', () => {
  it('leaves when another one has come, and no other leaves', async () => {
    const at = await raised(2);
    const [silent = '', other = ''] = nodesOf(at);
    const server = workers(at).find(({ name }) => name === silent);
    // A node that has only just come would pass for one that never came.
    await at.steps(20);
    at.world.kubernetes.faults.set(`nodeNotReady:${silent}`);
    const ordered = await at.until('the order', () => at.resizes.length > 0, 40);
    expect(ordered.map((report) => groupOf(report).reason)).toContain('NodesReplaced');
    await at.until('its removal', () => removals(at).length > 0, 60);
    expect(at.resizes).toEqual(['2 → 3', '3 → 2']);
    expect(removals(at)).toMatchObject([{ matched: [server?.id], unmatched: [] }]);
    await at.steps(8);
    expect(nodesOf(at)).toHaveLength(2);
    expect(nodesOf(at)).toContain(other);
    expect(at.resizes).toHaveLength(2);
  });
});
