// The page behind a reverse proxy that names itself in Host, in a true browser: it takes the word of who is on it, or says what to write.
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { dutyDocument, pushDown } from '../alerts/duty.ts';
import { aStory } from '../alerts/recorder.ts';
import { browserPath, startBrowser } from './browser.ts';
import { buildPage, removePage, servePage } from './serve.ts';

let built: string;
let browser: Browser;
beforeAll(async () => {
  if (browserPath === undefined) return;
  built = await buildPage();
  browser = await startBrowser();
});
afterAll(async () => {
  if (browserPath === undefined) return;
  await browser.close();
  await removePage(built);
});

/** Beneath a path of its own, as `location /springtide/ { proxy_pass http://springtide/; }`. */
async function proxyTo(to: () => string, hidden: () => readonly string[]): Promise<string> {
  const proxy = createServer((request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => name !== 'host' && !hidden().includes(name)),
    );
    const url = `${to()}${(request.url ?? '').replace('/springtide', '')}`;
    const onward = ask(url, { method: request.method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => undefined);
    });
    pipeline(request, onward, () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

it.runIf(browserPath !== undefined)(
  'takes the word of whoever is on it where anything tells whose page it is',
  async () => {
    const story = aStory(dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]'));
    await pushDown(story, {}, { name: 'Disk', instance: 'd' });
    const duty = { name: 'duty', mayAcknowledge: true };
    const knows = { publicUrl: null as string | null, isOldBrowser: true };
    const shop = await servePage(
      built,
      '127.0.0.1:0',
      () => Promise.resolve(duty),
      {},
      () => story.pipeline,
      () => knows.publicUrl,
    );
    onTestFinished(() => shop.server.close());
    shop.flow(3);
    const outside = await proxyTo(
      () => shop.url,
      () => (knows.isOldBrowser ? ['sec-fetch-site'] : []),
    );
    const page = await browser.newPage({ locale: 'en-GB' });
    onTestFinished(() => page.close());
    await page.goto(`${outside}/springtide/`);
    await page.getByLabel('Token').fill('any');
    await page.getByLabel('Token').press('Enter');
    const buttonOf = (title: string) => page.getByRole('button', { name: `I am on it: ${title}` });

    await buttonOf('Down instance=a').click();
    await page.getByText(`http.publicUrl: ${outside} in the Daemon document`).waitFor();
    knows.publicUrl = `${outside}/springtide/`;
    await buttonOf('Down instance=a').click();
    await page.getByText('duty is on it since').waitFor();

    knows.publicUrl = null;
    knows.isOldBrowser = false;
    await buttonOf('Disk instance=d').click();
    await page.getByText('duty is on it since').nth(1).waitFor();
    const heldBy = [...story.ledger.state.episodes.values()].map(({ acknowledged }) => acknowledged?.by);
    expect(heldBy).toEqual(['duty', 'duty']);
  },
);
