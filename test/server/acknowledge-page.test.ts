// Who it is that says on the page behind a link that he is on it: whoever has chosen himself, or written his name.
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { seconds } from '../../src/model/units.ts';
import { startAlertServer } from '../../src/server/alerts/listener.ts';
import { anAlertsDocument, catalogue, start } from '../alerts/builders.ts';
import { dutyDocument, pushDown } from '../alerts/duty.ts';
import { aStory } from '../alerts/recorder.ts';

const text = dutyDocument('sms_configs: [{ to: [zhang] }]');

async function pageOfMessage() {
  const story = aStory(text, undefined, 'the secret of links');
  const server = await startAlertServer({
    listen: '127.0.0.1:0',
    desk: {
      ...story.pipeline,
      document: () => anAlertsDocument(text),
      now: () => story.clock.now(),
      startedAt: start,
      version: '1.2.3',
    },
    receipts: () => Promise.resolve({ status: 404, contentType: 'text/plain', body: '' }),
    words: () => ({ texts: catalogue('en'), people: ['zhang', 'li'] }),
    token: () => Promise.resolve(null),
    log: pino({ level: 'silent' }),
  });
  onTestFinished(() => server.close());
  await pushDown(story, {});
  await story.pass(seconds(31));
  const page = `${server.url}/a/${story.taken[0]?.delivery.notice.acknowledgeCode ?? ''}`;
  const acknowledgedBy = (): string | null =>
    [...story.ledger.state.episodes.values()].map(({ acknowledged }) => acknowledged?.by ?? null)[0] ?? null;
  return { page, acknowledgedBy };
}

const answered = async (
  page: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> => (await fetch(page, { method: 'POST', body: new URLSearchParams(fields), headers })).status;

it('chooses nobody before he chooses himself', async () => {
  const { page, acknowledgedBy } = await pageOfMessage();
  const shown = await (await fetch(page)).text();
  // what a browser sends where somebody only presses the button
  const [, value, words] = /<select name="by"><option(?: value="([^"]*)")?>([^<]*)</.exec(shown) ?? [];
  const first = value ?? words ?? 'no choice at all';
  expect(first).not.toBe('no choice at all');
  expect(await answered(page, { by: first, other: '' })).toBe(400);
  expect(acknowledgedBy()).toBeNull();
  expect(await answered(page, { by: 'li', other: '' })).toBe(200);
  expect(acknowledgedBy()).toBe('li');
});

it('is answered by whoever writes his name, also where another one was chosen', async () => {
  const { page, acknowledgedBy } = await pageOfMessage();
  expect(await answered(page, { by: 'zhang', other: 'Wang' })).toBe(200);
  expect(acknowledgedBy()).toBe('Wang');
});

it.each([
  ['keeps its address to itself, as browsers send it', 'null'],
  ['stands behind a proxy', 'https://st.bank.cn'],
])('is answered where the page %s', async (_, origin) => {
  const { page, acknowledgedBy } = await pageOfMessage();
  expect(await answered(page, { by: 'li', other: '' }, { origin })).toBe(200);
  expect(acknowledgedBy()).toBe('li');
});
