// Nodes that are judged by what they use: a busy one stays, one of unknown use stays, over a restart too, and an idle one leaves.
import { afterEach, describe, expect, it } from 'vitest';
import { compileUsage } from '../../src/config/compile-usage.ts';
import type { TickReport } from '../../src/model/report.ts';
import { minutes } from '../../src/model/units.ts';
import { groupOf, nodesText, Rig } from './rig.ts';

const usage = `{ cpu: { query: 'max by (node) (busy)', holdAbove: 0.6 }, memory: { holdAbove: 0.9 }, maxAge: 30s }`;

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.lower();
  rig = null;
});

const reasons = (report: TickReport): readonly string[] => groupOf(report).kept.map(({ reason }) => reason);
const workers = ({ world }: Rig): readonly string[] =>
  world.openstack.servers().flatMap(({ role, name }) => (role === 'worker' ? [name] : []));

describe('a pool of which little is requested', () => {
  it('shrinks when its nodes are known to be idle, and not before', async () => {
    rig = await Rig.raise({ nodes: nodesText.replace('shrink: {', `shrink: { usage: ${usage},`) });
    const at = rig;
    let busy: number | null = 0.9;
    at.world.prometheus.addTarget({ job: 'nodes' }, () =>
      busy === null ? [] : workers(at).map((node) => ({ name: 'busy', labels: { node }, value: busy ?? 0 })),
    );
    await at.calm();
    at.demand = 200;
    await at.calm();
    const held = await at.steps(3);
    expect(held.slice(-1).flatMap(reasons)).toEqual(['UsageTooHigh', 'UsageTooHigh']);
    busy = null;
    await at.until('the gap', (report) => reasons(report).includes('UsageUnknown'), 30);
    await at.kill();
    await at.boot();
    const unknown = await at.steps(3);
    expect(new Set(unknown.flatMap(reasons))).toEqual(new Set(['UsageUnknown']));
    expect(at.resizes).toEqual([]);
    busy = 0.1;
    await at.until('the removal', () => at.resizes.length > 0, 60);
    expect(at.resizes).toEqual(['2 → 1']);
    const { cpu } = compileUsage({ cpu: { holdAbove: 0.6 }, label: 'node', maxAge: minutes(2) });
    const answer = at.world.prometheus.query(cpu?.query ?? '');
    expect(JSON.stringify(answer)).toContain(workers(at)[0] ?? 'no worker');
  });
});
