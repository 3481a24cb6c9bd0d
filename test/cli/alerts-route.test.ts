// springtide alerts route: under each receiver whom it tells now, whom later, and when it does not.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { route } from '../../src/cli/alerts/route.ts';
import type { Language } from '../../src/model/texts.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { start } from '../alerts/builders.ts';
import { goodTexts, writeTexts } from '../config/files.ts';

const alerts = `
global: { smtp_smarthost: 'mail:25', smtp_from: a@b.cn }
people: { zhang: { sms: '+8613800000001' }, li: { sms: '+8613800000002' } }
oncall: [{ name: nights, rotation: [zhang, li], handover: '0 9 * * 1', timeZone: Asia/Shanghai, since: '2026-11-09T09:00:00+08:00' }]
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]
time_intervals: [{ name: always, time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }] }]
route:
  receiver: silent
  routes:
    - { matchers: [severity=page], receiver: duty, continue: true }
    - { matchers: [severity=page], receiver: team, mute_time_intervals: [always] }
receivers:
  - { name: silent }
  - name: duty
    escalation: [{ sms: { oncall: nights } }, { unacknowledgedFor: 10m, sms: { person: li }, email: { to: noc@bank.cn } }]
    fallback: { receiver: team, after: 5m }
  - { name: team, email_configs: [{ to: team@bank.cn }], webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }
`;
const made: string[] = [];
afterEach(async () => {
  for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function routed(lang: Language, ...words: readonly string[]): Promise<string> {
  const directory = path.join(await mkdtemp(path.join(tmpdir(), 'springtide-route-')), 'config');
  made.push(path.dirname(directory));
  await writeTexts(directory, { 'springtide.yaml': goodTexts['springtide.yaml'] ?? '', 'alerts.yaml': alerts });
  let out = '';
  const clock = new VirtualClock(start);
  await route(words, { config: directory, output: 'text', lang }, { clock, print: (text) => (out += text) });
  return out;
}

it('names people, steps, hours and who stands in', async () => {
  expect(await routed('en', 'severity=page')).toBe(`duty  by {severity="page"}  [0], and on to the next
    step 1: sms zhang
    step 2, after 10m without an acknowledgement: sms li
    step 2, after 10m without an acknowledgement: email noc@bank.cn
    where these cannot be reached: receiver team
team  by {severity="page"}  [1]
    not now, it is outside of its hours: always
    email team@bank.cn
    webhook 1
`);
  expect(await routed('en', 'Down')).toBe('silent  by the root  []\n    it tells nobody\n');
  expect(await routed('zh-CN', 'severity=page')).toContain('第 2 级，10m 内无人接手时：sms li');
});
