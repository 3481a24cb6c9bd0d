// The page behind a link in a message, in a true browser: whoever presses the button is on it.
import pino from 'pino';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Browser } from 'playwright-core';
import { seconds } from '../../src/model/units.ts';
import { startAlertServer } from '../../src/server/alerts/listener.ts';
import { anAlertsDocument, catalogue, start } from '../alerts/builders.ts';
import { dutyDocument, pushDown } from '../alerts/duty.ts';
import { aStory } from '../alerts/recorder.ts';
import { browserPath, startBrowser } from './browser.ts';

let browser: Browser;
beforeAll(async () => {
  if (browserPath !== undefined) browser = await startBrowser();
});
afterAll(async () => {
  if (browserPath !== undefined) await browser.close();
});

it.runIf(browserPath !== undefined)('is answered by one press of its button', async () => {
  const text = dutyDocument('sms_configs: [{ to: [zhang] }]');
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
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(`${server.url}/a/${story.taken[0]?.delivery.notice.acknowledgeCode ?? ''}`);
  await page.getByLabel('Who are you?').selectOption('li');
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.getByRole('button').click();
  expect((await answered).status()).toBe(200);
  await page.getByText('li is on it').waitFor();
});
