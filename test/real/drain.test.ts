// Drains in a true cluster: fifty pods under budgets and a daemon that is killed, a batch that a budget divides, a node in use.
import { beforeAll, describe, expect, it } from 'vitest';
import type { NodeDaemon, ShownDecision } from './nodes/daemon.ts';
import { betweenTicks, drainPolicy, expectCleanDrain, setDrainStory } from './nodes/drain-story.ts';
import { placePods, podNames } from './nodes/small-pods.ts';
import { useNodeStage } from './nodes/stage.ts';
import { at } from './servers/json.ts';
import { eventually } from './servers/process.ts';
import { useScraped } from './support/ground.ts';
import { drainOn } from './support/stage.ts';
import { budgetOf, budgetsPath, create } from './support/workloads.ts';

const group = 'drained';
const minute = 60_000;

describe('drains', () => {
  const stage = useNodeStage({
    groups: [
      { name: group, count: 3, min: 0, max: 5 },
      { name: 'batch', count: 3, min: 0, max: 5 },
      { name: 'busy', count: 2, min: 0, max: 5 },
    ],
  });
  const { exporter, prometheus } = useScraped();

  it('of fifty pods are finished by whoever comes after three kills', async () => {
    const story = await setDrainStory(stage, group);
    const daemon = await stage.prepare({ name: 'drainer', interval: '2s', policies: { drained: drainPolicy(group) } });
    await daemon.start();
    const again = async (why: string): Promise<void> => {
      await daemon.kill();
      stage.tell(`killed ${why}, ${story.evicted()} pods evicted`);
      await daemon.start();
    };
    const began = await eventually('the drain has begun', async () => (await story.record()) ?? undefined, 2 * minute);
    expect(began).toMatchObject({ step: 'draining', serverId: story.serverId, nodeGroup: group });
    await again('before the first eviction');
    await eventually('some have left', () => (story.evicted() > 10 ? true : undefined), 2 * minute);
    // An eviction that died with the daemon would keep its place in the budget for two minutes.
    await betweenTicks(daemon, group);
    expect(await story.record()).toMatchObject({ step: 'draining' });
    await again('in the middle of the evictions');
    stage.driver.hold(group, true);
    await eventually('Magnum is at work', () => stage.resizes(group)[0], 3 * minute);
    expect(await story.record()).toMatchObject({ step: 'removing', countAfter: 2 });
    await again('while Magnum removed the server');
    await daemon.ticks(2);
    stage.driver.hold(group, false);
    await eventually(
      'the node is gone',
      async () => (at(await stage.node(story.victim), 'code') === 404 ? true : undefined),
      minute,
    );
    stage.tell('the node is gone');
    await daemon.decides(group, 'is at rest', ({ action, current }) => action === 'none' && current === 2, minute);
    await expectCleanDrain(stage, group, story);
    story.stop();
    await daemon.end({ keep: false });
  }, 600_000);

  describe('of small pods', () => {
    const shrink = { unneededFor: '3s', afterGrowth: '3s', removal: 'auto' };
    let daemon: NodeDaemon;
    beforeAll(async () => {
      daemon = await stage.prepare({ name: 'small', interval: '4s', prometheus: prometheus().url, policies: {} });
      await daemon.start();
    });

    it.concurrent(
      'give back what of a batch is empty, and are taken back alone where a budget holds',
      async () => {
        const [empty, stuck, last] = stage.servers('batch');
        if (empty === undefined || stuck === undefined || last === undefined)
          throw new Error('batch has no three nodes');
        await placePods(stage, 'batch', { pods: { easy: empty.name, held: stuck.name }, kept: last.name });
        const held = await podNames(stage, 'held');
        const patience = { afterFailure: '10m', drainTimeout: '30s', atOnce: { drained: 2 } };
        daemon.rewrite({
          batch: { nodeGroups: [{ name: 'batch', min: 1, max: 4 }], shrink: { ...shrink, ...patience }, mode: 'act' },
        });
        const isDraining = async ({ name }: { readonly name: string }): Promise<boolean> =>
          drainOn(await stage.node(name))?.step === 'draining';
        await eventually(
          'both are on their way out',
          async () => ((await isDraining(empty)) && (await isDraining(stuck)) ? true : undefined),
          2 * minute,
        );
        // It comes when the decision is made, and before the evictions: those begin five seconds later at the soonest.
        await create(stage.kubernetes(), budgetsPath, budgetOf('held', 1));
        const removal = await eventually('one is given back', () => stage.resizes('batch')[0], 3 * minute);
        expect(removal).toMatchObject({
          previous: 3,
          node_count: 2,
          nodes_to_remove: [empty.server_id],
          unmatched: [],
        });
        const isAtRest = ({ action, current }: ShownDecision): boolean => action === 'none' && current === 2;
        await daemon.decides('batch', 'is at rest', isAtRest, 2 * minute);
        await daemon.ticks(2);
        expect(stage.resizes('batch')).toHaveLength(1);
        expect(new Set(stage.servers('batch').map(({ name }) => name))).toEqual(new Set([stuck.name, last.name]));
        expect(await podNames(stage, 'held')).toEqual(held);
        const node = await stage.node(stuck.name);
        expect(at(node, 'spec', 'unschedulable') ?? false).toBe(false);
        expect(at(node, 'spec', 'taints') ?? []).toEqual([]);
        expect(drainOn(node)).toBeNull();
        expect(at(await stage.node(empty.name), 'code')).toBe(404);
        const told = await eventually(
          'somebody is told of the budget',
          () => stage.mail().mails.find(({ text }) => text.includes(stuck.name) && text.includes('shop/held')),
          minute,
        );
        stage.tell(told.subject);
      },
      400_000,
    );

    it.concurrent(
      'do not begin where little is requested and much is used',
      async () => {
        const [hot, last] = stage.servers('busy');
        if (hot === undefined || last === undefined) throw new Error('busy has no two nodes');
        await placePods(stage, 'busy', { pods: { hot: hot.name }, kept: last.name });
        const use = (share: number): void => {
          for (const { name } of [hot, last]) exporter().set(`node_busy{node="${name}"}`, share);
        };
        use(0.9);
        const usage = { cpu: { query: 'max by (node) (node_busy)', holdAbove: 0.6 }, maxAge: '60s' };
        daemon.rewrite({
          busy: { nodeGroups: [{ name: 'busy', min: 1, max: 4 }], shrink: { ...shrink, usage }, mode: 'act' },
        });
        const why = ({ kept }: ShownDecision) => kept.find(({ node }) => node === hot.name);
        const isKept = (shown: ShownDecision): boolean => why(shown)?.reason === 'UsageTooHigh';
        expect(why(await daemon.decides('busy', 'keeps it for its use', isKept, 2 * minute))?.by).toBe(
          'cpu 90 % > 60 %',
        );
        await daemon.ticks(3);
        expect(stage.resizes('busy')).toEqual([]);
        use(0.1);
        const removal = await eventually(
          'it is given back when it is idle',
          () => stage.resizes('busy')[0],
          3 * minute,
        );
        expect(removal).toMatchObject({ previous: 2, node_count: 1, nodes_to_remove: [hot.server_id] });
      },
      400_000,
    );
  });
});
