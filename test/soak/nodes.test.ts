// Fifty pods leave a node while the daemon is killed again and again, at moments nobody chose: SOAK_KILLS of them, ten by default.
import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ShownDecision } from '../real/nodes/daemon.ts';
import { drainPolicy, expectCleanDrain, setDrainStory } from '../real/nodes/drain-story.ts';
import { useNodeStage } from '../real/nodes/stage.ts';
import { at, textAt } from '../real/servers/json.ts';
import { eventually } from '../real/servers/process.ts';

const kills = Number(process.env['SOAK_KILLS'] ?? 10);
const group = 'drained';

describe(`a drain under ${kills} kills`, () => {
  const stage = useNodeStage({ groups: [{ name: group, count: 3, min: 0, max: 5 }] });
  const tell = (fact: string): void => {
    process.stdout.write(`${fact}\n`);
    const file = process.env['SOAK_REPORT'];
    if (file !== undefined) appendFileSync(file, `- ${fact}\n`);
  };

  it('ends where it would have ended without them', async () => {
    const story = await setDrainStory(stage, group);
    const daemon = await stage.prepare({ name: 'drainer', interval: '2s', policies: { drained: drainPolicy(group) } });
    await daemon.start();
    const began = Date.now();
    const isGone = async (): Promise<boolean> => at(await stage.node(story.victim), 'code') === 404;
    const steps = new Map<string, number>();
    for (let count = 0; count < kills && !(await isGone()); count += 1) {
      // The moment of a kill is chance itself; nothing is waited for.
      await wait(randomInt(500, 6000));
      const record = await story.record();
      const step = record === null ? 'no drain' : textAt(record, 'step');
      steps.set(step, (steps.get(step) ?? 0) + 1);
      await daemon.kill();
      await daemon.start();
    }
    const where = [...steps].map(([step, count]) => `${count} at "${step}"`).join(', ');
    tell(`a node of fifty pods: killed ${where}`);
    // An eviction that died with the daemon keeps its place in the budget for two minutes.
    await eventually('the node is gone', async () => ((await isGone()) ? true : undefined), 1_200_000);
    tell(`the node was gone ${Math.round((Date.now() - began) / 1000)} s after the first start`);
    const isAtRest = ({ action, current }: ShownDecision): boolean => action === 'none' && current === 2;
    await daemon.decides(group, 'is at rest', isAtRest, 300_000);
    await expectCleanDrain(stage, group, story);
    story.stop();
    expect([...steps.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(Math.min(kills, 3));
  }, 1_800_000);
});
