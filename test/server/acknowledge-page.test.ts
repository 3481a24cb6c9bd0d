// Who it is that says on the page behind a link that he is on it: whoever has chosen himself, or written his name.
import { request } from 'node:http';
import { expect, it } from 'vitest';
import { pageOfMessage } from './page-of-message.ts';

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

it('is answered behind a proxy on the machine itself that passes Host on, where links lead to that name', async () => {
  const { page } = await pageOfMessage();
  expect(await statusAs(page, 'st.bank.cn')).toBe(421);
  const known = await pageOfMessage("links: { externalUrl: 'https://st.bank.cn', secret: { env: LINKS } }");
  expect(await statusAs(known.page, 'st.bank.cn')).toBe(200);
  expect(await statusAs(known.page, 'evil.cn')).toBe(421);
});

const statusAs = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { headers: { host }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject).end();
  });
