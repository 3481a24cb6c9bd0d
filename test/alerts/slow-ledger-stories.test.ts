// Stories of a ledger that takes longer to write than the gateway asks to wait: what is new is said in place of what is tried again.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { volatileLedger } from '../../src/alerts/ledger/ledger.ts';
import { sleep } from '../../src/clock.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

it('tells what has begun and ended while an older message was tried again all the time', async () => {
  const ledger = volatileLedger();
  let isDown = true;
  const story: Story = aStory(
    dutyDocument('email_configs: [{ to: archive@bank.cn, send_resolved: false }]'),
    (to) => (isDown ? retry(to, 'ServerError', 'out of order') : null),
    null,
    {
      ...ledger,
      state: ledger.state,
      append: async (records) => {
        await ledger.append(records);
        await sleep(story.clock, minutes(4));
      },
    },
  );
  // settling would wait for the ledger, which waits for the clock
  const pass = async (span: Milliseconds): Promise<void> => {
    for (let passed = 0; passed < span; passed += seconds(1)) {
      story.clock.advance(seconds(1));
      for (let turns = 0; turns < 3; turns += 1) await turn();
    }
  };
  void pushDown(story, { name: 'Disk', instance: 'a' });
  await pass(minutes(20));
  void pushDown(story, { name: 'Disk', instance: 'b' });
  await pass(minutes(40));
  void pushDown(story, { name: 'Disk', instance: 'b', over: true });
  isDown = false;
  await pass(minutes(40));
  expect(story.taken.flatMap(({ firing, resolved }) => [...firing, ...resolved])).toContain('b');
});
