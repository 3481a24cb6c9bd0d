// Stories of reloads that follow each other faster than the ledger writes down what people know.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { periodOf } from '../../src/alerts/alert.ts';
import { retry } from '../../src/alerts/channels/channel.ts';
import { volatileLedger } from '../../src/alerts/ledger/ledger.ts';
import type { LedgerRecord } from '../../src/alerts/ledger/records.ts';
import { sleep } from '../../src/clock.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import type { Milliseconds } from '../../src/model/units.ts';
import { anAlert, anIntent } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';
import { byInstance, left, ofDown, sms } from './reload-words.ts';

interface SlowStory {
  readonly story: Story;
  /** this takes so long to be written: what is carried from account to account, or what a gateway has answered */
  slow: Milliseconds;
  of: 'told' | 'retry';
  readonly pass: (some: number) => Promise<void>;
  readonly change: (to: string) => Promise<void>;
}

function aSlowStory(text: string, answer: (to: string) => ReturnType<typeof retry> | null = () => null): SlowStory {
  const ledger = volatileLedger();
  const story: Story = aStory(text, answer, null, {
    ...ledger,
    state: ledger.state,
    append: async (records) => {
      await ledger.append(records);
      if (slow.slow > 0 && records.some(({ kind }) => kind === slow.of)) await sleep(story.clock, slow.slow);
    },
  });
  const slow: SlowStory = {
    story,
    slow: seconds(0),
    of: 'told',
    pass: async (some) => {
      for (let passed = 0; passed < minutes(some); passed += seconds(10)) {
        story.clock.advance(seconds(10));
        for (let turns = 0; turns < 5; turns += 1) await turn();
      }
    },
    change: async (to) => {
      story.reload(to);
      await pushDown(story, { name: 'Beside', instance: 'beside' });
    },
  };
  return slow;
}

const ends = (story: Story, who: string): readonly string[] =>
  ofDown(story)
    .filter((line) => line.startsWith(`${who} `))
    .flatMap((line) => line.split(' ').filter((word) => word.startsWith('-')))
    .toSorted();

const hook = (...urls: readonly string[]): string =>
  `webhook_configs: [${urls.map((url) => `{ url: 'http://127.0.0.1:1/${url}' }`).join(', ')}]`;

it('lose nothing of what comes to an account that is being cleared', async () => {
  const both = dutyDocument(`${sms('li')}\n${hook('a')}`);
  const one = dutyDocument(sms('li'));
  const slow = aSlowStory(both);
  const { story, pass, change } = slow;
  await pushDown(story, {});
  await pass(2);
  await change(one);
  const gone = [...story.ledger.state.told].filter(([key]) => key.includes('webhook'));
  expect(gone).toHaveLength(1);
  await change(both);
  await pushDown(story, { instance: 'b' });
  await pass(6);
  expect(ofDown(story)).toContain('webhook 1 a b');
  // a kill has come before that was cleared
  await story.ledger.append(gone.map(([key, entry]): LedgerRecord => ({ kind: 'told', key, entry })));
  slow.slow = minutes(40);
  await change(one);
  await pushDown(story, { over: true }, { instance: 'b', over: true });
  await pass(12);
  expect(ends(story, 'webhook')).toEqual(['-a', '-b']);
  await pass(120);
  expect([ends(story, 'webhook'), left(story)]).toEqual([['-a', '-b'], []]);
});

it('tell an end once to whoever is back before it is written that he was gone', async () => {
  const slow = aSlowStory(dutyDocument(hook('a', 'b')));
  const { story, pass, change } = slow;
  await pushDown(story, {});
  await pass(2);
  await change(dutyDocument(hook('b')));
  await pass(1);
  slow.slow = minutes(40);
  await change(dutyDocument(hook('a', 'b')));
  await pushDown(story, { over: true });
  await pass(60);
  const over = story.taken.filter(({ resolved }) => resolved.includes('a')).map(({ url }) => url);
  expect(over.toSorted()).toEqual(['http://127.0.0.1:1/a', 'http://127.0.0.1:1/b']);
});

it('tell no end again by the account that what he knows was carried from', async () => {
  let down = false;
  const slow = aSlowStory(dutyDocument(sms('zhang', 'li')), (to) =>
    down && to === 'li' ? retry(to, 'ServerError', 'down') : null,
  );
  const { story, pass, change } = slow;
  await pushDown(story, {});
  await pass(2);
  slow.slow = minutes(20);
  down = true;
  await change(byInstance(dutyDocument(sms('zhang'))));
  await pass(1);
  await pushDown(story, { over: true });
  await pass(60);
  expect(ends(story, 'zhang')).toEqual(['-a']);
  down = false;
  await pass(120);
  expect([ends(story, 'zhang'), ends(story, 'li'), left(story)]).toEqual([['-a'], ['-a'], []]);
});

it('forget no alert while somebody is told that it fires', async () => {
  let down = true;
  const plain = dutyDocument(sms('zhang'));
  const slow = aSlowStory(plain, (to) => (down && to === 'zhang' ? retry(to, 'ServerError', 'down') : null));
  const { story, pass, change } = slow;
  slow.of = 'retry';
  slow.slow = minutes(4);
  await pushDown(story, {});
  await pass(1);
  await pushDown(story, { over: true });
  await change(dutyDocument(sms('zhang'), '', `routes: [{ matchers: ['alertname="Down"'], receiver: boss }]`));
  await pass(3);
  down = false;
  await pass(60);
  expect(ofDown(story)).toEqual([]);
  expect(left(story)).toEqual([]);
});

it('say of nothing that it fires whose end everybody has heard, where a kill came before a message was withdrawn', async () => {
  const ledger = volatileLedger();
  const alert = anAlert({}, { alertname: 'Down' });
  const firing = [periodOf(alert)];
  const intent = anIntent('old', { groupKey: '{}:{alertname="Down"}', alerts: [alert], firing });
  await ledger.append([{ kind: 'intent', intent }]);
  const story = aStory(byInstance(dutyDocument(sms('zhang'))), () => null, null, ledger);
  await story.pass(minutes(10), seconds(30));
  expect([story.told(), left(story)]).toEqual([[], []]);
});
