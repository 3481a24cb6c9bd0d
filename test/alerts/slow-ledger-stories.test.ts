// Stories of a ledger that takes longer to write than the gateway asks to wait: what is new is said in place of what is tried again.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { retry } from '../../src/alerts/channels/channel.ts';
import { volatileLedger } from '../../src/alerts/ledger/ledger.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import { sleep } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

/** Settling would wait for the ledger, which waits for the clock. */
async function pass({ clock }: Story, span: Milliseconds): Promise<void> {
  for (let passed = 0; passed < span; passed += seconds(1)) {
    clock.advance(seconds(1));
    for (let turns = 0; turns < 3; turns += 1) await turn();
  }
}

const slow = (write: Ledger, clock: () => Clock, takes: Milliseconds): Ledger => ({
  ...write,
  state: write.state,
  append: async (records) => {
    await write.append(records);
    await sleep(clock(), takes);
  },
});

it('tells what has begun and ended while an older message was tried again all the time', async () => {
  const ledger = volatileLedger();
  let isDown = true;
  const story: Story = aStory(
    dutyDocument('email_configs: [{ to: archive@bank.cn, send_resolved: false }]'),
    (to) => (isDown ? retry(to, 'ServerError', 'out of order') : null),
    null,
    slow(ledger, () => story.clock, minutes(4)),
  );
  void pushDown(story, { name: 'Disk', instance: 'a' });
  await pass(story, minutes(20));
  void pushDown(story, { name: 'Disk', instance: 'b' });
  await pass(story, minutes(40));
  void pushDown(story, { name: 'Disk', instance: 'b', over: true });
  isDown = false;
  await pass(story, minutes(40));
  expect(story.taken.flatMap(({ firing, resolved }) => [...firing, ...resolved])).toContain('b');
});

it('keeps no place at a gateway for an answer that is being written', async () => {
  const story: Story = aStory(
    dutyDocument('webhook_configs: [{ url: http://127.0.0.1:1/hook }]').replace('[alertname]', '[alertname, instance]'),
    () => null,
    null,
    slow(volatileLedger(), () => story.clock, seconds(20)),
  );
  // twice as many as there are places
  const all = Array.from({ length: 8 }, (_, number) => ({ instance: `${number}` }));
  void pushDown(story, ...all);
  // they wait for their group, then the attempt of the first four is written, then of the others
  await pass(story, seconds(30 + 20 + 20 + 5));
  expect(story.taken).toHaveLength(8);
});

it('writes in one that somebody was told, and that nobody is owed the message any more', async () => {
  const ledger = volatileLedger();
  const written: string[] = [];
  const story = aStory(
    dutyDocument('sms_configs: [{ to: [zhang, li] }]'),
    (to) => (to === 'li' && story.taken.length === 0 ? retry(to, 'ServerError', 'down') : null),
    null,
    {
      ...ledger,
      state: ledger.state,
      append: (records) => {
        written.push(records.map(({ kind }) => kind).join(' '));
        return ledger.append(records);
      },
    },
  );
  await pushDown(story, {});
  await story.pass(minutes(2), seconds(10));
  expect(written.filter((kinds) => kinds.includes('settled'))).toEqual(['sent settled']);
  expect(story.taken.map(({ to }) => to)).toEqual(['zhang', 'li']);
});
