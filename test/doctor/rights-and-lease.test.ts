// Which rights the doctor asks for, what it says of a missing one, and how it looks at the lease.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiscovery } from '../../src/clients/kubernetes/discovery.ts';
import { createOwnObjects, type OwnObjects } from '../../src/clients/kubernetes/own-objects.ts';
import { createTransport, type KubernetesTransport } from '../../src/clients/kubernetes/transport.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import { askAround } from '../../src/doctor/ask.ts';
import { checkText } from '../../src/doctor/check-text.ts';
import { diagnose, type Answers } from '../../src/doctor/diagnose.ts';
import { missingRights, rightsFor, type Right, type Wanted } from '../../src/doctor/rights.ts';
import { microTime, objectOf } from '../../src/leader/lease.ts';
import type { Config } from '../../src/model/config.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { rights, type Right as Rule } from '../../src/model/rights.ts';
import { later, seconds, type Milliseconds } from '../../src/model/units.ts';
import { startKubernetes, type KubernetesWorld } from '../../src/sandbox/kubernetes/world.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { aConfig, aDaemon, aNodePolicy, aPodPolicy, aSnapshot, noon } from '../builders.ts';

const dryRun = aConfig([aPodPolicy('web', { mode: 'dryRun' })], [aNodePolicy({ mode: 'dryRun' })]);
const acting = aConfig(
  [aPodPolicy('web', { mode: { up: 'confirm', down: 'dryRun' } })],
  [aNodePolicy({ mode: 'act' })],
);
const inCluster: Config = {
  ...dryRun,
  daemon: aDaemon({ state: { kubernetes: {} }, kubernetes: { namespaces: ['shop', 'pay'] } }),
};
const names = (wanted: readonly Wanted[], isOptional = false): readonly string[] => [
  ...new Set(wanted.filter(({ optional }) => optional === isOptional).map(({ resource }) => resource)),
];
const resourcesOf = (...rules: readonly (readonly Rule[])[]): readonly string[] => [
  ...new Set(rules.flat().flatMap(({ resources }) => resources)),
];

describe('the rights that are asked for', () => {
  it('are those of the table that the configuration needs: a dry run sees and tells, what acts needs what it does', () => {
    expect(names(rightsFor(dryRun, null))).toEqual(resourcesOf(rights.seeCluster, rights.see, rights.tell));
    expect(names(rightsFor(dryRun, null), true)).toEqual(['configmaps']);
    expect(names(rightsFor(acting, null))).toEqual(
      resourcesOf(rights.seeCluster, rights.see, rights.tell, rights.scale, rights.nodes),
    );
    const cautious = { ...acting, daemon: aDaemon({ mode: 'dryRun' }) };
    expect(names(rightsFor(cautious, null))).toEqual(names(rightsFor(dryRun, null)));
  });

  it('are asked in each namespace that is named, and its own where the state is in the cluster', () => {
    const wanted = rightsFor(inCluster, 'springtide');
    const places = (resource: string): readonly (string | null)[] => [
      ...new Set(wanted.filter((one) => one.resource === resource && !one.optional).map(({ namespace }) => namespace)),
    ];
    expect([places('nodes'), places('pods'), places('leases')]).toEqual([[null], ['shop', 'pay'], ['springtide']]);
  });

  it('have the one for sleeping only where something is put to sleep', () => {
    const sleeping = aPodPolicy('web', { mode: 'act', replicas: { min: 0, whenActive: 1, max: 9 }, zero: {} });
    expect(names(rightsFor(aConfig([sleeping]), null))).toContain('statefulsets');
    const patches = (config: Config): number => rightsFor(config, null).filter(({ verb }) => verb === 'patch').length;
    expect([patches(aConfig([sleeping])), patches(aConfig([aPodPolicy('web', { mode: 'act' })]))]).toEqual([4, 0]);
  });
});

const answers = (more: Partial<Answers>): Answers => ({
  ...{ server: 'https://api', rights: [], skews: [], keystone: null, lease: null },
  ...more,
});
function told(more: Partial<Answers>, code: RegExp): readonly string[] {
  const config = aConfig();
  const checks = diagnose(aSnapshot().build(), config, emptyMemory(), answers(more), noon);
  return checks.filter((one) => code.test(one.code)).map((one) => checkText(config.texts, one));
}

describe('what is said of them', () => {
  const all = rightsFor(acting, null).map((wanted): Right => ({ ...wanted, allowed: true }));
  const without = (resource: string, allowed: boolean | null = false): readonly Right[] =>
    all.map((right) => (right.resource === resource ? { ...right, allowed } : right));

  it('is one message with the rules to add, as they belong into the role', () => {
    expect(told({ rights: without('deployments/scale') }, /^right/)).toEqual([
      `FAIL  The account may not: get deployments/scale, update deployments/scale
      add to the rules of a role that is bound to it (ClusterRole; docs/install.md has them whole):
        - {apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["get", "update"]}`,
    ]);
  });

  it('is a warning for what is done without, and for what nobody says', () => {
    expect(told({ rights: without('configmaps') }, /^right/)).toEqual([
      expect.stringMatching(/^ok {4}Rights: all \d+ that/),
      expect.stringMatching(
        /^warn {2}The account may not, and does without: get configmaps in kube-system\n.*Role kube-system/,
      ),
    ]);
    expect(told({ rights: without('nodes', null) }, /^right/)).toEqual([
      expect.stringMatching(/^warn {2}The API server does not say/),
    ]);
  });

  it('are lines that put back what the table has', () => {
    const nothing = all.map((right): Right => ({ ...right, allowed: false }));
    const lines = missingRights(nothing).flatMap(({ rules }) => rules);
    expect(lines).toContain('{apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"]}');
    expect(lines).toHaveLength(new Set(nothing.map(({ group, resource }) => `${group}/${resource}`)).size);
  });
});

describe('the lease', () => {
  let world: KubernetesWorld;
  let transport: KubernetesTransport;
  let own: OwnObjects;
  beforeEach(async () => {
    world = await startKubernetes({ clock: systemClock, random: seededRandom(1) });
    world.objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'springtide' } });
    const credentials = { headers: { authorization: `Bearer ${world.token}` }, tls: {} };
    transport = createTransport({
      connection: {
        server: world.url,
        namespace: 'springtide',
        credentials: () => Promise.resolve(credentials),
        forget: () => undefined,
      },
      timeout: seconds(5),
    });
    own = createOwnObjects({ transport, timeout: seconds(5) });
  });
  afterEach(async () => {
    transport.close();
    await world.close();
  });

  const name = { namespace: 'springtide', name: 'springtide' };
  const record = (holder: string, secondsAgo: number) => ({
    ...{ holder, durationSeconds: 15, acquireTime: microTime(noon), transitions: 1, address: null },
    renewTime: microTime(later(noon, (-secondsAgo * 1000) as Milliseconds)),
  });
  /** Waits for nothing; what happens between two looks the test says. */
  const looking = (between: () => Promise<void> = () => Promise.resolve()): Clock => ({
    now: () => noon,
    after: (_delay, run) => {
      void between().then(run);
      return () => undefined;
    },
  });
  const seen = async (clock: Clock): Promise<readonly string[]> => {
    const discovery = createDiscovery(transport, clock);
    const kubernetes = { transport, discovery, own, namespace: 'springtide', server: world.url };
    const { lease } = await askAround({ config: inCluster, kubernetes, cloud: null, clock });
    return told({ lease }, /^lease/);
  };

  it('is held by whoever has renewed it a moment ago, or renews it while it is looked at, whatever clocks say', async () => {
    expect(await seen(looking())).toEqual([expect.stringMatching(/^warn {2}Nobody holds the lease/)]);
    let lease = await own.create(objectOf(record('one_1', 5), null, name));
    const held = ['ok    The lease is held by one_1 and renewed'];
    expect(await seen(looking())).toEqual(held);
    lease = await own.replace({ ...lease, spec: objectOf(record('one_1', 300), null, name).spec });
    const renews = async (): Promise<void> => {
      lease = await own.replace({ ...lease, spec: objectOf(record('one_1', 298), null, name).spec });
    };
    expect(await seen(looking(renews))).toEqual(held);
  });

  it('is nobody’s where it was given back, and stale where its holder is silent', async () => {
    const lease = await own.create(objectOf(record('', 5), null, name));
    expect(await seen(looking())).toEqual([expect.stringMatching(/^warn {2}Nobody holds the lease/)]);
    await own.replace({ ...lease, spec: objectOf(record('one_1', 300), null, name).spec });
    expect(await seen(looking())).toEqual([
      expect.stringMatching(/^FAIL {2}one_1 holds the lease and has not renewed it since 2026-11-20T11:55:00/),
    ]);
  });
});
