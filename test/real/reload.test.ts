// How soon: a policy in a ConfigMap, a mounted directory, and the switch, from the moment they are written to the daemon's last word on them.
import { stringify } from 'yaml';
import { beforeAll, expect, it } from 'vitest';
import type { PassedWrite } from './leader/lease-breaker.ts';
import { policyDocument, prepareReplica, target, type Policies, type Replica } from './leader/replica.ts';
import { useReplicaStage } from './leader/stage.ts';
import { at, listAt } from './servers/json.ts';
import { mergePatch } from './servers/kubernetes.ts';
import { eventually } from './servers/process.ts';
import { grant, manifestsOf } from './support/account.ts';
import { budgetOf, budgetsPath, create, deploymentOf, deploymentsPath, podsPath, shop } from './support/workloads.ts';

/** The bars, in milliseconds. */
const watchedWithin = 2_000;
const mountedWithin = 10_000;
const stopWithin = 2_000;
/** For so long nothing may be written after a stop was in force. */
const quietFor = 4_000;
const group = 'drained';
const pods = 40;

const stage = useReplicaStage();
const { kubernetes, replicas, cloud, breaker } = stage;

const podPolicy = (name: string, max: number): unknown => ({
  target: { apiVersion: 'apps/v1', kind: 'Deployment', name },
  replicas: { min: 1, max },
  metrics: [{ name: 'load', query: `sum(load{app="${name}"})`, target: { averageValue: 100 } }],
  behavior: {
    scaleUp: { policies: [{ type: 'Pods', value: 100, periodSeconds: 1 }] },
    scaleDown: { stabilizationWindow: '0s', policies: [{ type: 'Pods', value: 100, periodSeconds: 1 }] },
  },
  mode: 'act',
});
const workers: unknown = {
  nodeGroups: [{ name: group, min: 1, max: 2 }],
  shrink: { unneededFor: '1s', afterGrowth: '1s', afterFailure: '1s', drainTimeout: '30m' },
  mode: 'act',
};
const configured = (interval: string, max: number, nodes: Policies['nodes'] = {}) => ({
  interval,
  policies: { pods: { desk: podPolicy('desk', max) }, nodes },
});

beforeAll(async () => {
  for (const app of [target, 'desk']) stage.exporter().set(`load{app="${app}"}`, 100);
  for (const name of [target, 'desk'])
    await create(kubernetes(), deploymentsPath, deploymentOf({ name, replicas: 1, cpu: '1m' }));
  const servers = await stage.startCloud(group, 2);
  await grant(kubernetes(), manifestsOf('rights/policies/rights.yaml'));
  // What everybody writes goes past us.
  const { watched } = stage.ways();
  const shared = { kubeconfig: watched, prometheus: stage.prometheus().url, cloud: servers, ...configured('15s', 10) };
  for (const name of ['one', 'two']) replicas.push(await prepareReplica({ ...shared, name }));
  for (const replica of replicas) await replica.start();
  await eventually('one of them leads and the other one is ready', async () => {
    const leading = await Promise.all(replicas.map((one) => one.leads()));
    const ready = await Promise.all(replicas.map((one) => one.isReady()));
    return leading.includes(true) && leading.includes(false) && ready.every(Boolean) ? true : undefined;
  });
});
const leader = (): Promise<Replica> =>
  eventually('one of them leads', async () => {
    for (const one of replicas) if ((await one.leads()) === true) return one;
    return undefined;
  });
const maxOf = async (one: Replica, name: string): Promise<unknown> => {
  const decisions = listAt(await one.plan(), 'pods');
  return at(
    decisions.find((decision) => at(decision, 'target', 'name') === name),
    'facts',
    'max',
  );
};
/** Until the plan is made with this maximum; the milliseconds that it took. */
async function untilPlanned(one: Replica, name: string, max: number, since: number): Promise<number> {
  const isSo = async (): Promise<true | undefined> => ((await maxOf(one, name)) === max ? true : undefined);
  await eventually(`${name} is planned with ${max}`, isSo, 30_000, 10);
  return Date.now() - since;
}
const tell = (what: string, took: readonly number[]): void => console.info(`${what}: ${took.join(', ')} ms`);

it('a policy in a watched ConfigMap is in the next plan within two seconds', async () => {
  const one = await leader();
  const path = `/api/v1/namespaces/${shop}/configmaps`;
  const took: number[] = [];
  for (const max of [5, 6, 7, 8, 9]) {
    const data = { 'web.yaml': stringify(policyDocument('PodPolicy', target, podPolicy(target, max))) };
    const metadata = { name: 'scaling', labels: { 'springtide.io/config': 'policies' } };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    const since = Date.now();
    const isNew = took.length === 0;
    await kubernetes().write(isNew ? 'POST' : 'PUT', isNew ? path : `${path}/scaling`, { body });
    took.push(await untilPlanned(one, target, max, since));
  }
  tell('from the request that wrote a ConfigMap to the new plan', took);
  expect(Math.max(...took)).toBeLessThanOrEqual(watchedWithin);
});

it('a mounted directory is in the next plan within ten seconds of the swap', async () => {
  const one = await leader();
  const took: number[] = [];
  for (const max of [11, 12]) {
    const since = Date.now();
    for (const replica of replicas) replica.swap(configured('15s', max));
    took.push(await untilPlanned(one, 'desk', max, since));
  }
  tell('from the swap of a mounted directory to the new plan', took);
  expect(Math.max(...took)).toBeLessThanOrEqual(mountedWithin);
});

/** What touches workloads and nodes: not its own objects, not Events. */
const isOthers = ({ what }: PassedWrite): boolean => !/\/namespaces\/springtide\/|\/events\b|reviews\b/.test(what);
const written = (): readonly PassedWrite[] => breaker().writes;
const isStop = ({ what }: PassedWrite): boolean => /springtide-control|POST .*springtide\/configmaps$/.test(what);

/** Stops while writes of this kind come, and looks on for as long as none may come. */
async function stopped(what: string, way: string, isMeant: (write: PassedWrite) => boolean): Promise<void> {
  const one = await leader();
  const before = written().filter(isMeant).length;
  const many = (): true | undefined => (written().filter(isMeant).length >= before + 4 ? true : undefined);
  await eventually(`${what} come one after the other`, many, 60_000);
  const begun = written().length;
  await one.command('stop', way, '--until', '1h', '--why', 'test');
  const told = Date.now();
  const asked = written().slice(begun).find(isStop)?.at ?? Number.NaN;
  await eventually('the bar and a while more have passed', () => (Date.now() >= told + quietFor ? true : undefined));
  const later = written().filter((write) => isMeant(write) && write.at > asked);
  const last = later.at(-1)?.at ?? asked;
  console.info(
    `${what} after the switch was written: ${later.length}, the last ${last - asked} ms after it; the command ended ${told - asked} ms after it`,
  );
  expect(asked).toBeGreaterThan(0);
  expect(last - asked).toBeLessThanOrEqual(stopWithin);
}

it('after `springtide stop` the last replicas are written within two seconds', async () => {
  for (const replica of replicas) replica.swap(configured('1s', 10));
  let high = false;
  const still = stage.stir(1_100, () => {
    high = !high;
    stage.exporter().set('load{app="desk"}', high ? 900 : 200);
  });
  const isScale = (write: PassedWrite): boolean => isOthers(write) && write.what.includes('/deployments/desk');
  await stopped('replicas', '--pods', isScale);
  const before = written().filter(isScale).length;
  await (await leader()).command('release');
  await eventually('they come again', () => (written().filter(isScale).length > before ? true : undefined), 60_000);
  still();
});

it('after `springtide stop` the last pod is evicted within two seconds, and the drain goes on when it is released', async () => {
  const [kept, victim] = cloud().servers();
  if (kept === undefined || victim === undefined) throw new Error('there are no two nodes');
  const cordon = (unschedulable: boolean) =>
    kubernetes().write('PATCH', `/api/v1/nodes/${kept.name}`, {
      body: { spec: { unschedulable } },
      contentType: mergePatch,
    });
  const runs = (name: string, count: number): Promise<true> =>
    eventually(`${count} of ${name} run`, async () => {
      const { body } = await kubernetes().request('GET', `${deploymentsPath}/${name}`);
      return at(body, 'status', 'availableReplicas') === count ? true : undefined;
    });
  const on = (name: string, node: string) => {
    const deployment = deploymentOf({ name, replicas: 1, cpu: '2200m' });
    (at(deployment, 'spec', 'template', 'spec') as { nodeSelector?: unknown }).nodeSelector = {
      'kubernetes.io/hostname': node,
    };
    return deployment;
  };
  // One node is too full to be given back; the other one has pods that leave it two at a time.
  await create(kubernetes(), deploymentsPath, on('ballast', kept.name));
  await runs('ballast', 1);
  await cordon(true);
  await create(
    kubernetes(),
    deploymentsPath,
    deploymentOf({ name: 'team', replicas: pods, cpu: '20m', nodeGroup: group, startupMs: 2_000 }),
  );
  await create(kubernetes(), budgetsPath, budgetOf('team', pods - 2));
  await runs('team', pods);
  await cordon(false);
  for (const replica of replicas) replica.swap(configured('1s', 10, { workers }));
  const isEviction = (write: PassedWrite): boolean => write.what.endsWith('/eviction');
  await stopped('evictions', '--nodes', isEviction);
  const left = await kubernetes().request('GET', `${podsPath}?labelSelector=app%3Dteam`);
  expect(listAt(left.body, 'items').filter((pod) => at(pod, 'spec', 'nodeName') === victim.name)).not.toEqual([]);
  await (await leader()).command('release');
  // Nobody waits for the rest of them.
  await kubernetes().write('DELETE', `${budgetsPath}/team`);
  await eventually('the node is given back', () => (cloud().resizes().length === 1 ? true : undefined), 90_000);
  expect(cloud().resizes()).toEqual([{ from: 2, to: 1, removed: [victim.id] }]);
});
