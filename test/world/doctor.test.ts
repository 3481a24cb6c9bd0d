// springtide doctor before the embedded world: what it finds, and the proof of removals under each of Magnum's drivers.
import { afterEach, describe, expect, it } from 'vitest';
import { connectDoctor, type DoctorWorld } from '../../src/doctor/connect.ts';
import { diagnose, worst, type Check } from '../../src/doctor/diagnose.ts';
import { proveRemoval, type ProofVerdict } from '../../src/doctor/prove-removal.ts';
import { loadCredentials } from '../../src/clients/openstack/credentials.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { seconds, type Milliseconds } from '../../src/model/units.ts';
import { controlInDirectory } from '../../src/state/control.ts';
import { removalProofsIn } from '../../src/state/removal-proofs.ts';
import { alertNames, groupOf, Rig, type Raising } from './rig.ts';

const quick = { attempts: 1, baseDelay: 1 as Milliseconds, maxDelay: 1 as Milliseconds };
let rig: Rig | null = null;
let doctor: DoctorWorld | null = null;
afterEach(async () => {
  await doctor?.close();
  await rig?.lower();
  doctor = null;
  rig = null;
});

async function raised(raising: Raising = {}): Promise<{ rig: Rig; doctor: DoctorWorld }> {
  rig = await Rig.raise(raising);
  doctor = await connectDoctor(rig.config, rig.clock, rig.connected.env, { retry: quick });
  return { rig, doctor };
}

async function found(raising?: Raising, before?: (rig: Rig) => void): Promise<readonly Check[]> {
  const world = await raised(raising);
  before?.(world.rig);
  const { snapshot, answers } = await world.doctor.look();
  return diagnose(snapshot, world.rig.config, emptyMemory(), answers, world.rig.clock.now());
}
const told = (checks: readonly Check[]): readonly string[] =>
  checks.filter(({ state }) => state !== 'ok').map(({ state, code }) => `${state} ${code}`);

/** The world goes on while the doctor waits. */
async function proven(
  { rig: at, doctor: by }: { rig: Rig; doctor: DoctorWorld },
  stop = new AbortController(),
): Promise<{ verdict: ProofVerdict; said: readonly string[] }> {
  const said: string[] = [];
  const ports = await by.proofPorts('default-worker');
  const verdict = proveRemoval({ ...ports, signal: stop.signal, say: (code) => said.push(code) });
  let isOver = false;
  const over = verdict.finally(() => (isOver = true)).catch(() => undefined);
  while (!isOver) {
    at.clock.advance(seconds(5));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await over;
  return { verdict: await verdict, said };
}

describe('a sound installation', () => {
  it('on Heat lacks nothing', async () => {
    const checks = await found();
    expect(told(checks).filter((line) => line !== 'warn rightsUnknown')).toEqual([]);
    expect(checks.map(({ code }) => code)).toEqual(
      expect.arrayContaining([
        'kubernetes',
        'prometheus',
        'keystone',
        'magnum',
        'cluster',
        'nova',
        'quota',
        'group',
        'removal.driver',
      ]),
    );
  });

  it.each(['magnum-capi-helm', 'magnum-cluster-api'] as const)('on %s has a removal to prove', async (driver) => {
    const checks = await found({ driver });
    expect(told(checks).filter((line) => line !== 'warn rightsUnknown')).toEqual(['warn removal.unproven']);
    expect(worst(checks)).toBe('warn');
  });
});

describe('what is missing is named', () => {
  it.each<[string, Raising, (rig: Rig) => void, string]>([
    [
      'a Magnum that fails',
      {},
      ({ world }) => void world.openstack.inject({ kind: 'http500', service: 'magnum' }),
      'fail magnumUnreachable',
    ],
    [
      'a right at Magnum',
      {},
      ({ world }) => void world.openstack.inject({ kind: 'forbidden403', service: 'magnum', path: '/clusters' }),
      'fail clusterMissing',
    ],
    [
      'Keystone',
      {},
      ({ world }) => void world.openstack.inject({ kind: 'forbidden403', service: 'keystone' }),
      'fail keystoneRefused',
    ],
    ['Nova', { cloud: { nova: 'absent' } }, () => undefined, 'warn novaAbsent'],
    [
      'node groups in an old Magnum',
      { cloud: { magnumVersions: { min: '1.1', max: '1.8' } } },
      () => undefined,
      'fail magnumTooOld',
    ],
    [
      'a group of nothing in an older Magnum',
      { cloud: { magnumVersions: { min: '1.1', max: '1.9' } } },
      () => undefined,
      'warn magnumNoZero',
    ],
    ['a Node', {}, ({ world }) => world.kubernetes.removeNode('demo-default-worker-node-1'), 'warn unregistered'],
  ])('%s', async (_, raising, before, expected) => {
    expect(told(await found(raising, before))).toContain(expected);
  });

  it('the trust of a cluster’s own user', async () => {
    const { rig: at } = await raised();
    const { snapshot, answers } = await (doctor as DoctorWorld).look();
    const keystone = { user: 'u', roles: [], origin: '/etc/cloud-config', trust: true };
    const checks = diagnose(snapshot, at.config, emptyMemory(), { ...answers, keystone }, at.clock.now());
    expect(told(checks)).toContain('warn trustUser');
    expect(loadCredentials({ env: at.connected.env }).authentication.kind).toBe('password');
  });
});

describe('the proof of removals', () => {
  it.each(['heat', 'magnum-cluster-api'] as const)(
    'is found under %s, and the daemon shrinks by it',
    async (driver) => {
      const world = await raised({ driver });
      const { verdict, said } = await proven(world);
      expect(verdict).toMatchObject({ result: 'proven', of: 3 });
      expect(said).toEqual(['growing', 'cordoned', 'removing']);
      expect(world.rig.resizes).toEqual(['2 → 3', '3 → 2']);

      const cluster = world.rig.world.openstack.clusterId;
      await removalProofsIn(world.rig.directory).add({
        cluster,
        group: 'default-worker',
        at: world.rig.clock.now(),
        by: 'wei',
      });
      world.rig.demand = 200;
      const reports = await world.rig.until('the shrink', () => world.rig.resizes.includes('2 → 1'), 80);
      expect(reports.flatMap(alertNames)).not.toContain('SpringtideDrainFailed');
      expect(world.rig.springtide.daemon.memory.removalProof).toMatchObject({ cluster, by: 'wei' });
      // What was learned stays when the file is gone.
      expect(groupOf(await world.rig.step()).reason).not.toBe('RemovalNotProven');
    },
  );

  it('is denied by a driver that ignores the choice, and the fresh node goes to work', async () => {
    const world = await raised({ driver: 'magnum-capi-helm' });
    const { verdict, said } = await proven(world);
    expect(verdict.result).toBe('refuted');
    expect(said.at(-1)).toBe('uncordoned');
    const nodes = world.rig.world.kubernetes.objects.list('nodes');
    expect(nodes.filter(({ spec }) => spec.unschedulable === true)).toEqual([]);
  });

  it('is not tried at the maximum, and nothing is sent', async () => {
    const flavor = { name: 'm1.large', vcpus: 4, ram: 8192 };
    const groups = [{ name: 'default-worker', count: 2, min: 1, max: 2, flavor: flavor.name }];
    const world = await raised({ cloud: { cluster: { name: 'demo', groups }, flavors: [flavor] } });
    await expect(proven(world)).rejects.toThrow('at its maximum of 2');
    expect(world.rig.resizes).toEqual([]);
  });

  it('ends undecided where the fresh node never comes', async () => {
    const world = await raised();
    world.rig.world.openstack.inject({ kind: 'neverRegisters' });
    const { verdict } = await proven(world);
    expect(verdict).toMatchObject({ result: 'undecided', why: expect.stringContaining('no fresh node') as unknown });
  });

  it('stands beside the switch, and neither takes the other away', async () => {
    const world = await raised();
    const home = controlInDirectory(world.rig.directory);
    const proof = { cluster: 'c', group: 'g', at: world.rig.clock.now(), by: 'wei' };
    await removalProofsIn(world.rig.directory).add(proof);
    expect((await home.read()).control).toMatchObject({ off: [], removalProofs: [proof] });
    await home.write({ off: ['nodes.shrink'], until: null, by: 'li', why: 'x', releasedAt: null });
    expect((await home.read()).control).toMatchObject({ off: ['nodes.shrink'], removalProofs: [proof] });
  });
});
