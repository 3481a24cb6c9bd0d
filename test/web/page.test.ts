// The page in Chromium against the real server: both tiers, live, in two languages, on every screen, from one place only.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, startBrowser } from './browser.ts';
import { systemClock } from '../../src/clock.ts';
import type { PodDecision } from '../../src/model/plan.ts';
import type { TickReport } from '../../src/model/report.ts';
import { later, minutes, rfc3339, type Replicas } from '../../src/model/units.ts';
import type { Identify } from '../../src/server/access.ts';
import { dutyDocument } from '../alerts/duty.ts';
import { aStory } from '../alerts/recorder.ts';
import { aPodDecision } from '../server/samples.ts';
import { buildPage, removePage, servePage, type ServedPage } from './serve.ts';

let built: string;
beforeAll(async () => {
  built = await buildPage();
});
afterAll(() => removePage(built));

it('weighs less than 150 KB gzipped, and names no other place', () => {
  const files = readdirSync(built, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const contents = files.map((file) => readFileSync(path.join(file.parentPath, file.name)));
  const weight = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
  expect(weight).toBeLessThan(150 * 1024);
  const addresses = contents.flatMap((content) => content.toString().match(/https?:\/\/[\w.-]+/g) ?? []);
  expect(addresses.filter((address) => !address.startsWith('http://www.w3.org'))).toEqual([]);
});

const title =
  browserPath === undefined ? 'in a browser (skipped: no Chromium here; set CHROMIUM_PATH)' : 'in a browser';
describe.skipIf(browserPath === undefined)(title, () => {
  let browser: Browser;
  const open: ServedPage[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ server }) => server.close()));
  });
  afterAll(() => browser.close());

  async function served(ticks: number, identify: Identify | null = null): Promise<ServedPage> {
    const page = await servePage(built, '127.0.0.1:0', identify);
    open.push(page);
    page.flow(ticks);
    return page;
  }

  /** The tide, and beside it targets that stand in every way. */
  async function crowded(): Promise<ServedPage> {
    const shop = await served(59);
    shop.flow(1, (report) => withPods(report, [...report.plan.pods, ...crowd(10)]));
    return shop;
  }

  /** A page that notes whatever it should not do. */
  async function visit(url: string, options: BrowserContextOptions = {}): Promise<{ page: Page; trouble: string[] }> {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 }, ...options });
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text());
    });
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) trouble.push(`asked for ${request.url()}`);
    });
    await page.goto(url);
    await page.locator('#pods').waitFor();
    return { page, trouble };
  }

  it('of a replica that follows names where the one that leads is found', async () => {
    const follower = await servePage(built, '127.0.0.1:0', null, { role: 'follower' });
    open.push(follower);
    const page = await browser.newPage({ locale: 'en-GB' });
    await page.goto(follower.url);
    expect(await page.locator('#following').innerText()).toContain('kubectl -n springtide get lease');
    expect(await page.locator('main').innerText()).not.toContain('Waiting');
    await page.context().close();
  });

  it('shows both tiers, the decisions, the inbox and the charts, without a complaint', async () => {
    const { url } = await served(60);
    const { page, trouble } = await visit(url);
    expect(await page.locator('#pods tbody tr').allInnerTexts()).toEqual([
      expect.stringContaining('web'),
      expect.stringContaining('checkout'),
    ]);
    expect(await page.locator('#nodes tbody tr').innerText()).toContain('default-worker');
    expect(await page.locator('#decisions .entries > li').count()).toBeGreaterThan(3);
    expect(await page.locator('#messages').innerText()).toContain('default-worker grows');
    await page.locator('#charts canvas').nth(2).waitFor();
    expect(await page.locator('#charts [role=img]').first().getAttribute('aria-label')).toContain('requests');
    expect(trouble).toEqual([]);
  });

  it('waits for the first tick, then follows every tick', async () => {
    const shop = await served(0);
    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto(shop.url);
    await page.getByText('Waiting for the first tick').waitFor();
    shop.flow(1);
    await page.getByText('tick 1,').waitFor();
    shop.flow(30);
    await page.getByText('tick 31,').waitFor();
    expect(await page.locator('#decisions .entries > li').count()).toBe(7);
    await page.getByRole('button', { name: /^Show \d+ more$/ }).click();
    expect(await page.locator('#decisions .entries > li').count()).toBeGreaterThan(7);
  });

  it('asks for a token, keeps it in this tab only, and forgets it', async () => {
    let accepted = 'view-token';
    const caller = { name: 'wall', mayAcknowledge: false };
    const shop = await served(60, (token) => Promise.resolve(token === accepted ? caller : null));
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(shop.url);
    await page.getByLabel('Token').fill('a wrong one');
    await page.getByRole('button', { name: 'Show the page' }).click();
    await page.getByRole('alert').getByText('not accepted').waitFor();
    expect(await page.locator('body').innerText()).not.toContain('pay-sh-07');
    expect(await page.evaluate(faintTexts)).toEqual([]);
    await page.getByLabel('Token').fill('view-token');
    await page.getByLabel('Token').press('Enter');
    await page.locator('#pods').waitFor();
    await page.locator('#charts canvas').nth(2).waitFor();
    shop.flow(1);
    await page.getByText('tick 61,').waitFor();
    await page.reload();
    await page.locator('#pods').waitFor();
    expect(await context.cookies()).toEqual([]);
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('view-token');
    expect(asked.filter((url) => url.includes('token'))).toEqual([]);
    const other = await context.newPage();
    await other.goto(shop.url);
    await other.getByLabel('Token').waitFor();

    await page.getByRole('button', { name: 'Forget the token' }).click();
    await page.getByLabel('Token').fill('view-token');
    await page.getByRole('button', { name: 'Show the page' }).click();
    await page.locator('#pods').waitFor();
    accepted = 'another';
    await page.reload();
    await page.getByRole('alert').waitFor();
    expect(await page.locator('#pods').count()).toBe(0);
  });

  it('reads new decisions out', async () => {
    const shop = await served(5);
    const { page } = await visit(shop.url);
    const news = page.locator('#news[aria-live=polite]');
    expect(await news.innerText()).toBe('');
    shop.flow(1, (report) => {
      const [web] = report.plan.pods;
      if (web === undefined) return report;
      return {
        ...report,
        plan: { ...report.plan, pods: [{ ...web, action: 'refused', reason: 'AmbiguousSelector' }] },
      };
    });
    await expect.poll(() => news.textContent()).toContain('shop/web');
  });

  it('speaks Chinese when asked to, and remembers', async () => {
    const { url } = await served(20);
    const { page, trouble } = await visit(url);
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: '最近决策' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    expect(await page.locator('#pods').innerText()).toContain('个副本');
    await page.reload();
    await page.getByRole('heading', { name: '最近决策' }).waitFor();
    expect(await page.locator('body').innerText()).not.toMatch(/page\.\w|\{\w+\}/);
    expect(trouble).toEqual([]);
  });

  it('speaks the language of the browser at first', async () => {
    const { url } = await served(20);
    const { page } = await visit(url, { locale: 'zh-CN' });
    await page.getByRole('heading', { name: '最近决策' }).waitFor();
  });

  it('says what is wrong before anything else', async () => {
    const shop = await served(20);
    const { page } = await visit(shop.url);
    shop.flow(1, (report) => ({
      ...report,
      errors: [{ source: 'magnum', what: 'nodegroups', code: 'Timeout', message: 'no answer within 10 s' }],
    }));
    const notice = page.getByRole('status').filter({ hasText: 'magnum could not be read' });
    await notice.waitFor();
    expect(await notice.innerText()).toContain('no answer within 10 s');
    await page.getByText('Needs a look.').waitFor();
  });

  it('shows what fires first of all, and takes the word of whoever is on it', async () => {
    const story = aStory(dutyDocument('sms_configs: [{ to: [zhang], gateway: main }]'));
    const summary = 'checkout answers one request in three with an error';
    await story.pipeline.push(
      ['critical', 'warning'].map((severity) => ({
        labels: { alertname: severity === 'critical' ? 'CheckoutErrors' : 'DiskFills', severity, instance: 'a' },
        ...(severity === 'critical' && { annotations: { summary } }),
        startsAt: rfc3339(story.clock.now()),
        endsAt: rfc3339(later(story.clock.now(), minutes(600))),
      })),
    );
    const shop = await servePage(built, '127.0.0.1:0', null, {}, () => story.pipeline);
    open.push(shop);
    shop.flow(60);
    const { page, trouble } = await visit(shop.url, { viewport: { width: 390, height: 844 } });
    const rows = page.locator('#firing li');
    await rows.nth(1).waitFor();
    expect(await rows.first().innerText()).toContain(summary);
    expect(await page.evaluate(faintTexts)).toEqual([]);
    const take = page.getByRole('button', { name: `I am on it: ${summary}` });
    await take.click();
    // without a name the browser asks for one, and nothing is sent
    expect([...story.ledger.state.episodes.values()]).toEqual([]);
    await page.getByLabel('Your name').fill('Wang <Ops>');
    await take.click();
    await page.getByText('Wang <Ops> is on it since').waitFor();
    expect([...story.ledger.state.episodes.values()].map(({ acknowledged }) => acknowledged?.by)).toEqual([
      'Wang <Ops>',
    ]);
    expect(await rows.last().innerText()).toContain(summary);
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('button', { name: /^我来处理/ }).waitFor();
    expect(await page.getByLabel('您的姓名').inputValue()).toBe('Wang <Ops>');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await page.evaluate(faintTexts)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(trouble).toEqual([]);
  });

  it('folds a message that is longer than the screen, and shows the newest of many', async () => {
    const shop = await served(20);
    const text = Array.from({ length: 300 }, (_, line) => `line ${line}`).join('\n');
    const sent = Array.from({ length: 9 }, (_, at) => ({
      ...{ at: rfc3339(systemClock.now()), channel: 'email' as const, to: `noc-${at}@bank.cn`, text },
      outcome: 'sent' as const,
    }));
    shop.tide.receive(...sent);
    shop.flow(1);
    const { page } = await visit(shop.url, { viewport: { width: 390, height: 844 } });
    const messages = page.locator('#messages .entries > li');
    await page.locator('#messages').getByText('to noc-8@bank.cn').waitFor();
    expect(await messages.count()).toBe(5);
    const height = async (): Promise<number> => (await messages.first().boundingBox())?.height ?? 0;
    expect(await height()).toBeLessThan(844);
    await messages.first().getByRole('button', { name: 'Show the whole message' }).click();
    expect(await height()).toBeGreaterThan(300 * 10);
    await page
      .locator('#messages')
      .getByRole('button', { name: /^Show \d+ more$/ })
      .click();
    expect(await messages.count()).toBeGreaterThanOrEqual(9);
  });

  it('says so when the server is gone, and comes back with it', async () => {
    const shop = await served(20);
    const { page } = await visit(shop.url);
    await shop.server.close();
    await page.locator('#stale').waitFor();
    await page.getByText('Not connected').waitFor();
    const again = await servePage(built, new URL(shop.url).host);
    open.push(again);
    again.flow(3);
    await page.getByText('tick 3,').waitFor();
    expect(await page.locator('#stale').count()).toBe(0);
  });

  it('shows the charts of the target that is chosen', async () => {
    const { url } = await served(20);
    const { page } = await visit(url);
    await page.getByRole('heading', { name: 'Replicas of shop/web' }).waitFor();
    await page.getByRole('button', { name: 'shop/checkout' }).click();
    await page.getByRole('heading', { name: 'Replicas of shop/checkout' }).waitFor();
    expect(await page.getByRole('button', { name: 'shop/checkout' }).getAttribute('aria-pressed')).toBe('true');
  });

  it('is usable with thousands of targets: the first of them, found by name and by how they stand', async () => {
    const shop = await served(3);
    shop.flow(1, (report) => withPods(report, crowd(2000)));
    const { page, trouble } = await visit(shop.url);
    const rows = page.locator('#pods tbody tr');
    expect(await rows.count()).toBe(20);
    await page.getByRole('button', { name: 'Show 20 more' }).click();
    expect(await rows.count()).toBe(40);
    await page.getByText('500 of 2,003 targets are shown').waitFor();
    await page.getByRole('button', { name: 'asleep 1' }).click();
    expect(await rows.allInnerTexts()).toEqual([expect.stringContaining('nightly')]);
    await page.getByRole('button', { name: /^all/ }).click();
    await page.getByRole('searchbox', { name: 'Find a target' }).fill('cart');
    expect(await rows.allInnerTexts()).toEqual([expect.stringMatching(/held by a guard[^]*springtide release/)]);
    await page.getByRole('searchbox').fill('nobody');
    await page.getByText('No target is like that.').waitFor();
    expect(trouble).toEqual([]);
  });

  it('shows at a glance who sleeps, is paused or is held, and says on which day that ends', async () => {
    const shop = await served(3);
    shop.flow(1, (report) => withPods(report, crowd(0)));
    const { page } = await visit(shop.url, { timezoneId: 'Asia/Shanghai' });
    const chips = page.locator('#pods tbody .chip');
    expect(await chips.allInnerTexts()).toEqual(['held by a guard', 'asleep', 'paused']);
    await page.getByText('until Nov 11, 2099, 08:00').waitFor();
  });

  it.each([
    ['a phone', { width: 360, height: 740 }],
    ['a wall screen', { width: 3840, height: 2160 }],
  ])('fits %s without scrolling sideways', async (_screen, viewport) => {
    const { url } = await crowded();
    const { page } = await visit(url, { viewport });
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });

  it.each(['light', 'dark'] as const)('is legible in %s colours: 4.5 to 1 for every text', async (colorScheme) => {
    const { url } = await crowded();
    const { page } = await visit(url, { colorScheme });
    expect(await page.evaluate(faintTexts)).toEqual([]);
  });
});

const withPods = (report: TickReport, pods: readonly PodDecision[]): TickReport => ({
  ...report,
  plan: { ...report.plan, pods },
});

/** A guard, a sleeper and a pause, and as many as there may be at rest beside them. */
function crowd(resting: number): PodDecision[] {
  const stays = (name: string, count: number, more: Partial<PodDecision>): PodDecision => {
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name };
    const counts = { current: count as Replicas, desired: count as Replicas };
    return aPodDecision({ target, action: 'hold', ...counts, facts: { current: count, desired: count }, ...more });
  };
  const guard = { guard: 'targetsLowered', proposal: 2, count: 96, of: 300, percent: 30, current: 9 };
  const night = { schedule: 'night', min: 0, max: 0, desired: 0 };
  return [
    ...Array.from({ length: resting }, (_, at) =>
      stays(`service-${at}`, 3, { action: 'none', reason: 'DesiredWithinRange' }),
    ),
    stays('cart', 9, { reason: 'GuardTripped', facts: guard }),
    stays('nightly', 0, { reason: 'ScheduleWindow', facts: night, until: '2099-11-11T00:00:00Z' }),
    stays('checkout', 4, { reason: 'Paused' }),
  ];
}

/** Runs in the page: texts whose contrast with the nearest ground is below what WCAG AA asks. */
const faintTexts = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const [r, g, b, a = 1] = channels(getComputedStyle(at).backgroundColor);
      if (a > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
    .filter((element) => element.checkVisibility() && element.closest('svg, option') === null)
    .map((element) => {
      const [one, other] = [light(channels(getComputedStyle(element).color)), light(ground(element))];
      return [(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), element.outerHTML.slice(0, 90)];
    })
    .filter(([contrast]) => contrast < 4.5);
})()`;
