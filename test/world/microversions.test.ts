// A group that begins at zero, at each of Magnum's microversions: what only 1.14 tells, what the policy may state, and who leaves.
import { afterEach, describe, expect, it } from 'vitest';
import type { NodeDecision } from '../../src/model/plan.ts';
import type { TickReport } from '../../src/model/report.ts';
import { minutes } from '../../src/model/units.ts';
import type { Driver } from '../../src/sandbox/openstack/stack.ts';
import { Rig } from './rig.ts';

const pool = 'batch';
const flavor = { name: 'm1.large', vcpus: 4, ram: 8192, disk: 40 };
const group = {
  name: pool,
  count: 0,
  min: 0,
  max: 3,
  flavor: flavor.name,
  nodeLabels: { pool },
  nodeTaints: ['dedicated=batch:NoSchedule'],
};
const cluster = {
  name: 'demo',
  groups: [
    { name: 'default-master', role: 'master' as const, count: 1, flavor: flavor.name },
    { name: 'default-worker', count: 2, min: 1, max: 5, flavor: flavor.name },
    group,
  ],
};
const stated = ', shape: { labels: { pool: batch }, taints: [{ key: dedicated, value: batch, effect: NoSchedule }] }';
const policy = (shape: string): string => `
apiVersion: springtide/v1
kind: NodePolicy
metadata: { name: workers }
spec:
  nodeGroups:
    - { name: default-worker, min: 2, max: 5 }
    - { name: ${pool}, min: 0, max: 3${shape} }
  shrink: { unneededFor: 30s, afterGrowth: 30s, removal: byServerId }
  mode: act
`;

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.lower();
  rig = null;
});

async function raised(max: string, driver: Driver, shape = ''): Promise<Rig> {
  // Heat's driver is known by what Magnum shows of it; only the other one needs somebody's word.
  const nodes = driver === 'heat' ? policy(shape).replace(', removal: byServerId', '') : policy(shape);
  rig = await Rig.raise({
    driver,
    nodes,
    cloud: { cluster, flavors: [flavor], magnumVersions: { min: '1.1', max } },
  });
  rig.demand = 200;
  await rig.calm();
  return rig;
}

function deploy({ world }: Rig, name: string, replicas: number, tolerates: boolean): void {
  const labels = { app: name };
  const tolerations = tolerates ? [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }] : [];
  world.kubernetes.objects.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { pool },
          tolerations,
          containers: [{ name: 'app', image: 'job:1', resources: { requests: { cpu: '1500m', memory: '1Gi' } } }],
        },
      },
    },
  });
}

function poolOf(report: TickReport): NodeDecision {
  const decision = report.plan.nodes.find(({ nodeGroup }) => nodeGroup === pool);
  if (decision === undefined) throw new Error(`nothing was decided about ${pool}: ${JSON.stringify(report.errors)}`);
  return decision;
}

const running = ({ world }: Rig, app: string): readonly (string | undefined)[] =>
  world.kubernetes.objects
    .list('pods', 'shop')
    .filter(({ metadata, status }) => metadata.labels?.['app'] === app && status?.phase === 'Running')
    .map(({ spec }) => spec.nodeName);

const resizesOf = ({ world }: Rig) =>
  world.openstack.calls.filter((call) => call.group === pool && call.op === 'resize_cluster');

/** What the API was asked in, and what it did not understand of it. */
function asked({ world }: Rig): { readonly versions: readonly string[]; readonly refused: readonly string[] } {
  const calls = world.openstack.requests.filter(({ service, path }) => service === 'magnum' && path !== '/');
  return {
    versions: [...new Set(calls.map(({ microversion }) => microversion ?? 'none'))],
    refused: calls.filter(({ status }) => status === 406).map(({ path }) => path),
  };
}

async function growsAndGivesBack(at: Rig): Promise<void> {
  await at.until('the pods run', () => running(at, 'jobs').length === 2, 20);
  const [node] = new Set(running(at, 'jobs'));
  expect(resizesOf(at).map(({ previous, count }) => [previous, count])).toEqual([[0, 1]]);
  const server = at.world.openstack.servers().find(({ name }) => name === node);
  expect(server).toMatchObject({ group: pool });
  deploy(at, 'jobs', 0, true);
  await at.until('the VM is given back', () => resizesOf(at).length === 2, 40);
  await at.until('it is gone', () => at.world.openstack.servers().every(({ group: of }) => of !== pool), 10);
  expect(resizesOf(at).at(-1)).toMatchObject({ previous: 1, count: 0, matched: [server?.id], unmatched: [] });
}

describe.each([
  ['1.14', 'heat'],
  ['1.14', 'magnum-cluster-api'],
] as const)('at microversion %s, under %s', (version, driver) => {
  it('a group grows from zero by the labels and taints that Magnum names, and for nobody else', async () => {
    const at = await raised(version, driver);
    deploy(at, 'strangers', 1, false);
    await at.steps(4);
    expect(resizesOf(at)).toEqual([]);
    deploy(at, 'jobs', 2, true);
    await growsAndGivesBack(at);
    expect(running(at, 'strangers')).toEqual([]);
    expect(asked(at)).toEqual({ versions: [`container-infra ${version}`], refused: [] });
  });
});

describe.each(['1.10', '1.13'] as const)('at microversion %s', (version) => {
  it('a group at zero is for pods whose labels the policy states, and its VM is given back as named', async () => {
    const at = await raised(version, 'heat', stated);
    deploy(at, 'jobs', 2, true);
    await growsAndGivesBack(at);
    expect(asked(at)).toEqual({ versions: [`container-infra ${version}`], refused: [] });
  });
});

describe('a Magnum that changes behind its address', () => {
  it('is asked in what it speaks: less from the next call on, more within the hour', async () => {
    const at = await raised('1.13', 'heat');
    deploy(at, 'jobs', 2, true);
    const before = await at.steps(6);
    expect(before.map((report) => poolOf(report).action)).not.toContain('grow');
    expect(resizesOf(at)).toEqual([]);

    at.world.openstack.speak({ min: '1.1', max: '1.10' });
    const after = await at.steps(3);
    expect(after.flatMap(({ errors }) => errors)).toEqual([]);
    expect(asked(at).versions).toEqual(['container-infra 1.13', 'container-infra 1.10']);
    expect(asked(at).refused.length).toBeGreaterThan(0);

    at.world.openstack.speak({ min: '1.1', max: '1.99' });
    at.clock.advance(minutes(60));
    await growsAndGivesBack(at);
    expect(asked(at).versions).toEqual(['container-infra 1.13', 'container-infra 1.10', 'container-infra 1.14']);
  });
});
