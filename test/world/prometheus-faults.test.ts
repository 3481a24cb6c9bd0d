// Prometheus down, lying, slow or partial while the demand seems to fall: nothing shrinks, people are told, and it ends by itself.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MetricReading } from '../../src/model/plan.ts';
import type { PrometheusFault } from '../../src/sandbox/prometheus/faults.ts';
import { alertNames, podsOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
});
afterEach(() => rig.lower());

interface Case {
  readonly fault: PrometheusFault;
  readonly state: MetricReading['state'];
  /** a query that got no answer at all is an error of the collection; what an answer says is judged by the policy */
  readonly named: boolean;
}

const cases: readonly Case[] = [
  { fault: { kind: 'unavailable' }, state: 'failed', named: true },
  { fault: { kind: 'garbage' }, state: 'failed', named: true },
  { fault: { kind: 'half' }, state: 'failed', named: true },
  { fault: { kind: 'hang' }, state: 'failed', named: true },
  { fault: { kind: 'empty' }, state: 'unknown', named: false },
  { fault: { kind: 'warnings' }, state: 'unknown', named: false },
  { fault: { kind: 'nan' }, state: 'unknown', named: false },
  { fault: { kind: 'stale' }, state: 'stale', named: false },
];

describe('while Prometheus fails', () => {
  it.each(cases)('$fault.kind', async ({ fault, state, named }) => {
    rig.demand = 800;
    await rig.calm();
    if (fault.kind === 'hang') rig.impatient();
    rig.world.prometheus.faults.switchOn(fault);
    rig.demand = 200;
    const during = await rig.steps(14);
    expect(during.flatMap((report) => report.outcomes)).toEqual([]);
    expect(rig.replicas).toBe(8);

    const last = await rig.step();
    const decision = podsOf(last);
    expect([decision.action, decision.reason, decision.metrics[0]?.state]).toEqual(['hold', 'MetricUnknown', state]);
    expect(last.errors.some(({ source, what }) => source === 'prometheus' && what === 'sum(demand)')).toBe(named);
    expect(alertNames(last)).toEqual(['SpringtideMetricUnknown']);
    expect(rig.subjects.at(-1)).toMatch(/^\[ALERT\] demo: .*shop\/web/);

    rig.world.prometheus.faults.clear();
    await rig.calm();
    await rig.steps(6);
    expect(rig.subjects.filter((subject) => /^\[RESOLVED\] demo: .*shop\/web/.test(subject))).toHaveLength(1);
  });
});
