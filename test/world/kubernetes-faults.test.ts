// The API server refusing, dropping, silent or in conflict: the loop goes on, old facts are named as old, nothing is done on them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesFault } from '../../src/sandbox/kubernetes/api/faults.ts';
import type { TickReport } from '../../src/model/report.ts';
import { alertNames, groupOf, podsOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
  rig.demand = 800;
  await rig.calm();
});
afterEach(() => rig.lower());

const written = (reports: readonly TickReport[]): readonly string[] =>
  reports.flatMap(({ outcomes }) =>
    outcomes.flatMap((one) =>
      one.kind === 'scale' ? [`${one.from} → ${one.to} ${one.status} ${one.code ?? ''}`] : [],
    ),
  );

describe('while the API server answers nothing of use', () => {
  it.each<KubernetesFault>(['http500', 'http429'])('%s', async (fault) => {
    rig.world.kubernetes.faults.set(fault);
    // What the open watches knew is served until they end; after a minute without a word it is no fact any more.
    await rig.steps(8, { seen: false });
    rig.demand = 200;
    const during = await rig.steps(6, { seen: false });
    expect(during.flatMap((report) => report.outcomes)).toEqual([]);
    expect([rig.replicas, rig.resizes]).toEqual([8, []]);
    const last = await rig.step({ seen: false });
    expect([podsOf(last).reason, groupOf(last).reason]).toEqual(['FailedGetScale', 'KubernetesUnreadable']);
    expect(last.errors).toContainEqual(
      expect.objectContaining({ source: 'kubernetes', what: 'deployments', code: 'Stale' }),
    );
    expect(alertNames(last)).toEqual(['SpringtideCollectorFailed', 'SpringtideMetricUnknown']);
    expect(rig.subjects).toContainEqual(expect.stringMatching(/^\[ALERT\] demo: .*kubernetes/));
    expect(rig.world.sms.messages).toHaveLength(1);

    rig.world.kubernetes.faults.clearAll();
    rig.demand = 900;
    await rig.reconnected();
    await rig.calm();
    expect(alertNames(await rig.step())).toEqual([]);
  });
});

describe('while watches fail', () => {
  it.each<KubernetesFault>(['watch410', 'watchDrop'])('%s once: the same tick knows the world again', async (fault) => {
    rig.world.kubernetes.faults.set(fault);
    rig.demand = 1000;
    const reports = await rig.calm();
    expect(reports.flatMap((report) => report.errors)).toEqual([]);
    expect(written(reports)).toEqual(['8 → 10 succeeded ']);
  });

  it('watches that fall silent: what we wrote ourselves is known, and not written again', async () => {
    rig.world.kubernetes.faults.set('watchSilent');
    rig.demand = 1000;
    const during = await rig.steps(12, { seen: false });
    expect(written(during)).toEqual(['8 → 10 succeeded ']);
    expect(rig.resizes).toEqual(['2 → 3']);
    rig.world.kubernetes.faults.clearAll();
    await rig.reconnected();
    await rig.calm();
  });
});

describe('while the write of replicas fails', () => {
  it('one conflict is no matter', async () => {
    rig.world.kubernetes.faults.set('conflictOnScale');
    rig.demand = 900;
    expect(written(await rig.calm())).toEqual(['8 → 9 succeeded ']);
  });

  it('conflicts without end are told, the nodes are seen to meanwhile, and it is written when it can be', async () => {
    rig.world.kubernetes.faults.set('conflictOnScale', { count: 1000 });
    rig.demand = 1000;
    const during = await rig.steps(5);
    expect(written(during)).toEqual(during.map(() => '8 → 10 failed Conflict'));
    expect(rig.replicas).toBe(8);
    expect(rig.resizes).toEqual(['2 → 3']);
    expect(alertNames(await rig.step())).toContain('SpringtideScalingFailed');
    await rig.step();
    expect(rig.world.sms.messages).toHaveLength(1);
    rig.world.kubernetes.faults.clearAll();
    await rig.calm();
    expect(rig.resizes).toEqual(['2 → 3']);
    expect(alertNames(await rig.step())).not.toContain('SpringtideScalingFailed');
  });

  it('an answer that is no JSON is a failure, but what is there by then is believed', async () => {
    rig.world.kubernetes.faults.set('garbage', { method: 'PUT' });
    rig.demand = 900;
    expect(written(await rig.steps(4))).toEqual(['8 → 9 failed NotJson']);
    expect(rig.replicas).toBe(9);
    expect(alertNames(await rig.step())).not.toContain('SpringtideScalingFailed');
  });
});
