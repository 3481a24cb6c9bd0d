// The page behind a link in a message, in a true browser: whoever presses the button is on it.
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Browser } from 'playwright-core';
import { pageOfMessage } from '../server/page-of-message.ts';
import { browserPath, startBrowser } from './browser.ts';

let browser: Browser;
beforeAll(async () => {
  if (browserPath !== undefined) browser = await startBrowser();
});
afterAll(async () => {
  if (browserPath !== undefined) await browser.close();
});

it.runIf(browserPath !== undefined)('is answered by one press of its button', async () => {
  const { page: address } = await pageOfMessage();
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(address);
  await page.getByLabel('Who are you?').selectOption('li');
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.getByRole('button').click();
  expect((await answered).status()).toBe(200);
  await page.getByText('li is on it').waitFor();
});
