// A node with fifty pods under budgets leaves a true cluster, and its daemon is killed at each step of the drain.
import { describe, expect, it } from 'vitest';
import { betweenTicks, drainPolicy, expectCleanDrain, setDrainStory } from './nodes/drain-story.ts';
import { useNodeStage } from './nodes/stage.ts';
import { at } from './servers/json.ts';
import { eventually } from './servers/process.ts';

const group = 'drained';
const minute = 60_000;

describe('a drain of fifty pods', () => {
  const stage = useNodeStage({ groups: [{ name: group, count: 3, min: 0, max: 5 }] });

  it('is finished by whoever comes after three kills', async () => {
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
  }, 600_000);
});
