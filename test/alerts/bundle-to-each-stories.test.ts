// Stories of messages for several groups whose people need not hear the same, on a virtual clock.
import { expect, it } from 'vitest';
import type { PushOutcome } from '../../src/alerts/intake.ts';
import { retry } from '../../src/alerts/channels/channel.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';

const storm = dutyDocument('sms_configs: [{ to: [zhang, li], gateway: main }]', 'limits: { messagesInMinute: 3 }');

it('says to somebody who is still owed the last message for several groups nothing that this one will say', async () => {
  let isLost = true;
  const story = aStory(storm, (to) =>
    to === 'li' && isLost ? retry(to, 'Timeout', 'the answer was lost', { uncertain: true }) : null,
  );
  const burst = (from: number, many: number): Promise<PushOutcome> =>
    pushDown(story, ...Array.from({ length: many }, (_one, i) => ({ name: `A${from + i}`, instance: `a${from + i}` })));
  await burst(0, 8);
  await story.pass(minutes(4), seconds(1));
  const together = [...story.ledger.state.open.values()].find(({ intent }) => (intent.covers?.length ?? 0) > 1);
  expect(together?.recipients.get('zhang')?.state).toBe('sent');
  expect(together?.recipients.get('li')?.state).toBe('owed');
  // more of the same groups, and groups that are new
  await pushDown(story, ...Array.from({ length: 8 }, (_one, i) => ({ name: `A${i}`, instance: `b${i}` })));
  await burst(8, 8);
  await story.pass(minutes(4), seconds(1));
  isLost = false;
  await story.pass(minutes(90), seconds(1));
  for (const who of ['zhang', 'li']) {
    const heard = new Set<string>();
    for (const { to, firing } of story.taken) {
      if (to !== who) continue;
      expect({ who, new: firing.filter((name) => !heard.has(name)) }).not.toEqual({ who, new: [] });
      for (const name of firing) heard.add(name);
    }
    expect({ who, heard: heard.size }).toEqual({ who, heard: 24 });
  }
  expect(story.pipeline.status()).toMatchObject({ owed: 0 });
});
