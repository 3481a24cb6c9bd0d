// Mode confirm over a daemon that runs: nothing moves before a yes, and then exactly what was allowed, in both tiers.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodPolicy } from '../../src/model/config.ts';
import type { Asked } from '../../src/model/approval.ts';
import type { Mode } from '../../src/model/plan.ts';
import { minutes, rfc3339 } from '../../src/model/units.ts';
import { controlInDirectory } from '../../src/state/control.ts';
import { groupOf, nodesText, podsOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise({ nodes: nodesText.replace('mode: act', 'mode: confirm') });
});
afterEach(() => rig.lower());

function podsIn(mode: { readonly up: Mode; readonly down: Mode }): void {
  const podPolicies = rig.config.podPolicies.map((policy): PodPolicy => ({
    ...policy,
    spec: { ...policy.spec, mode },
  }));
  rig.config = { ...rig.config, podPolicies };
}

async function approve(asked: Asked | undefined): Promise<void> {
  if (asked === undefined) throw new Error('nobody was asked');
  const { id, subject, way, from, to, remove } = asked;
  const at = rfc3339(rig.clock.now());
  await controlInDirectory(rig.directory).approve({ id, subject, way, from, to, remove, by: 'wei', at });
}

describe('replicas under confirm', () => {
  it('stay until somebody says yes, over a restart too, and move once for it', async () => {
    await rig.calm();
    podsIn({ up: 'confirm', down: 'confirm' });
    rig.demand = 800;
    const [asking] = (await rig.until('a question', (report) => podsOf(report).reason === 'AwaitingApproval')).slice(
      -1,
    );
    if (asking === undefined) throw new Error('no report');
    const { asked } = podsOf(asking);
    const later = await rig.steps(4);
    expect(later.map((report) => podsOf(report).asked?.id)).toEqual(later.map(() => asked?.id));
    expect(rig.replicas).toBe(5);
    await rig.kill();
    await rig.boot();
    expect(podsOf(await rig.step()).asked?.id).toBe(asked?.id);
    await approve(asked);
    expect(podsOf(await rig.step())).toMatchObject({ mode: 'act', action: 'scale', desired: asked?.to });
    expect(rig.replicas).toBe(asked?.to);
    rig.demand = 1200;
    const more = await rig.until('another question', (report) => podsOf(report).reason === 'AwaitingApproval');
    expect(podsOf(more.at(-1) ?? asking).asked?.id).not.toBe(asked?.id);
    expect(rig.replicas).toBe(asked?.to);
  });

  it('do not move by a yes that is older than a quarter of an hour', async () => {
    await rig.calm();
    podsIn({ up: 'act', down: 'confirm' });
    rig.demand = 300;
    const reports = await rig.until('a question', (report) => podsOf(report).reason === 'AwaitingApproval');
    const { asked } = podsOf(reports.at(-1) ?? (await rig.step()));
    await approve(asked);
    await rig.kill();
    rig.clock.advance(minutes(20));
    await rig.boot();
    await rig.steps(3, { seen: false });
    expect(rig.replicas).toBe(5);
  });
});

describe('VMs under confirm', () => {
  it('are ordered and given back only as it was allowed, the named ones and no others', async () => {
    rig.demand = 1100;
    const grown = await rig.until('a question', (report) => groupOf(report).reason === 'AwaitingApproval');
    const growth = groupOf(grown.at(-1) ?? (await rig.step())).asked;
    await rig.steps(3);
    expect(rig.resizes).toEqual([]);
    await approve(growth);
    await rig.until('the ordered VMs', () => rig.resizes.length === 1);
    expect(rig.resizes).toEqual([`${growth?.from ?? 0} → ${growth?.to ?? 0}`]);
    await rig.calm();
    const before = rig.resizes.length;
    rig.demand = 100;
    const idle = await rig.until('a question', (report) => groupOf(report).asked?.way === 'nodes.shrink');
    const shrink = groupOf(idle.at(-1) ?? (await rig.step())).asked;
    expect((await rig.steps(3)).flatMap((report) => groupOf(report).drains)).toEqual([]);
    expect(rig.resizes).toHaveLength(before);
    await approve(shrink);
    await rig.until('the VMs given back', () => rig.resizes.length > before, 80);
    const victims = new Set(shrink?.remove.map(({ node }) => node));
    await rig.until(
      'the end of the drains',
      (report) => groupOf(report).current === (growth?.to ?? 0) - victims.size,
      80,
    );
    const left = new Set(rig.world.kubernetes.objects.list('nodes').map(({ metadata }) => metadata.name));
    expect([...victims].filter((node) => left.has(node))).toEqual([]);
  });
});
