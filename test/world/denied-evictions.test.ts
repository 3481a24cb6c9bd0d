// An admission webhook that lets nobody evict: asked ever less often, named with its words, and the drain ends when it always did.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DrainOutcome } from '../../src/model/outcome.ts';
import type { TickReport } from '../../src/model/report.ts';
import { minutes } from '../../src/model/units.ts';
import { deployment } from '../sandbox/kubernetes/world.ts';
import { groupOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
});
afterEach(() => rig.lower());

const evictionsIn = (reports: readonly TickReport[]): readonly DrainOutcome[] =>
  reports.flatMap(({ outcomes }) =>
    outcomes.flatMap((one) => (one.kind === 'drain' && one.step === 'evict' ? [one] : [])),
  );
const rollBackIn = (report: TickReport) => groupOf(report).drains.find((one) => one.step === 'rollBack');
const isTakenBack = (report: TickReport): boolean => rollBackIn(report) !== undefined;
const words = 'admission webhook "evictions.guard.example" denied the request: evictions are closed for the weekend';

async function beginning(): Promise<void> {
  rig.demand = 2000;
  await rig.calm();
  // One that comes last runs on a node that came last, and stays there when the others have left.
  rig.world.kubernetes.objects.apply(deployment('late', 1));
  await rig.steps(2);
  rig.demand = 700;
  rig.world.kubernetes.faults.set('evictionDenied');
  await rig.until('an eviction', (report) => evictionsIn([report]).length > 0);
}

describe('evictions that an admission webhook denies', () => {
  it('are asked for ever less often, and the drain is taken back in its time, in the words of the webhook', async () => {
    await beginning();
    const begun = rig.clock.now();
    const reports = await rig.until('the drain taken back', isTakenBack, 60);
    const last = reports.at(-1);
    if (last === undefined) throw new Error('no tick');
    expect(rig.clock.now() - begun).toBeGreaterThan(minutes(9));
    expect(rig.clock.now() - begun).toBeLessThanOrEqual(minutes(10.5));
    const back = rollBackIn(last);
    expect(back).toMatchObject({ reason: 'DrainTimedOut' });
    expect(back?.by).toContain(`(${words})`);
    const asked = evictionsIn(reports);
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(asked.map(({ code }) => code)).toEqual(asked.map(() => 'EvictionDenied'));
    await rig.steps(2);
    expect(rig.world.mail.mails.map(({ text }) => text).join('\n')).toContain(words);
  });

  it('are asked for again soon enough when the webhook has changed its mind', async () => {
    await beginning();
    await rig.steps(4);
    rig.world.kubernetes.faults.clearAll();
    const reports = await rig.until('the node given back', () => rig.resizes.at(-1) === '3 → 2', 20);
    expect(reports.some(isTakenBack)).toBe(false);
  });
});
