// Places for transmissions: one dead destination must not keep the others from being told, nor old messages the new ones.
import { expect, it } from 'vitest';
import type { Channel, Delivery, SendResult } from '../../src/alerts/channels/channel.ts';
import { retry } from '../../src/alerts/channels/channel.ts';
import { volatileLedger } from '../../src/alerts/ledger/ledger.ts';
import { createLimiter } from '../../src/alerts/limiter.ts';
import { createAlertPipeline } from '../../src/alerts/pipeline.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { anAlertsDocument, catalogue, start } from './builders.ts';

const clock = new VirtualClock(start);
const channel = (send: (delivery: Delivery) => Promise<readonly SendResult[]>): Channel<unknown> => ({
  style: 'together',
  send,
  close: () => undefined,
});
const sentTo = ({ to }: Delivery): SendResult[] => to.map((one) => ({ to: one, status: 'sent', providerId: null }));
/** What has been asked for is done, as far as no timer keeps it. */
const turns = () => new Promise((resolve) => setImmediate(resolve));

it('a mail server that hangs keeps no SMS, and no other mail server, waiting', async () => {
  const teams = Array.from({ length: 10 }, (_, number) => `t${number}`);
  const document = anAlertsDocument(`
people: { zhang: { sms: '+8613800000001' } }
sms_gateways: [{ name: main, http: { url: 'http://127.0.0.1:1/sms' } }]
global: { smtp_smarthost: 'dead:25', smtp_from: a@b.cn }
route: { receiver: page, group_by: [alertname], group_wait: 30s, routes: [${teams.map((team) => `{ receiver: ${team}, matchers: ['team="${team}"'] }`).join(', ')}] }
receivers:
  - { name: page, sms_configs: [{ to: [zhang], gateway: main }], email_configs: [{ to: noc@bank.cn, smarthost: 'alive:25' }] }
${teams.map((team) => `  - { name: ${team}, email_configs: [{ to: ${team}@bank.cn }] }`).join('\n')}
`);
  const told: string[] = [];
  let asked = 0;
  const pipeline = createAlertPipeline({
    config: () => document,
    texts: () => catalogue('en'),
    clock,
    ledger: volatileLedger(),
    random: () => 0.5,
    channels: {
      sms: channel((delivery) => {
        told.push('sms');
        return Promise.resolve(sentTo(delivery));
      }),
      email: channel((delivery) => {
        if (delivery.to[0] === 'noc@bank.cn') {
          told.push('mail');
          return Promise.resolve(sentTo(delivery));
        }
        asked += 1;
        // the time that a server which drops packets takes to be given up
        return new Promise((resolve) => {
          clock.after(seconds(10), () => resolve(delivery.to.map((to) => retry(to, 'Timeout', 'no answer'))));
        });
      }),
      webhook: channel((delivery) => Promise.resolve(sentTo(delivery))),
    },
  });
  const pass = async (many: number): Promise<void> => {
    for (let second = 0; second < many; second += 1) {
      clock.advance(seconds(1));
      await turns();
    }
  };
  const push = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
    labels: { alertname: name, ...labels },
    startsAt: rfc3339(clock.now()),
    endsAt: rfc3339(later(clock.now(), minutes(600))),
  });
  await pipeline.push(teams.flatMap((team) => Array.from({ length: 30 }, (_, number) => push(`N${number}`, { team }))));
  await pass(60);
  expect(asked).toBeGreaterThan(16);
  await pipeline.push([push('DatabaseDown')]);
  await pass(29);
  expect(told).toEqual([]);
  await pass(2);
  expect(told.sort()).toEqual(['mail', 'sms']);
});

it('what is new goes before what is tried again', async () => {
  const limited = createLimiter(1);
  const done: string[] = [];
  const begin = (name: string, isNews: boolean): Promise<void> =>
    limited(async () => {
      await turns();
      done.push(name);
    }, isNews);
  await Promise.all([begin('first', true), begin('again', false), begin('new', true), begin('newer', true)]);
  expect(done).toEqual(['first', 'new', 'newer', 'again']);
});

it('what waits for its place when its group ends does not tell of it any more', async () => {
  const story = new VirtualClock(start);
  const grouped = (by: string) =>
    anAlertsDocument(`
global: { smtp_smarthost: 'slow:25', smtp_from: a@b.cn }
route: { receiver: page, group_by: [${by}], group_wait: 30s, group_interval: 5m }
receivers: [{ name: page, email_configs: [{ to: noc@bank.cn, send_resolved: true }] }]
`);
  let document = grouped('instance');
  const told: (readonly string[])[] = [];
  const held: (() => void)[] = [];
  const pipeline = createAlertPipeline({
    config: () => document,
    texts: () => catalogue('en'),
    clock: story,
    ledger: volatileLedger(),
    random: () => 0.5,
    channels: {
      sms: channel((delivery) => Promise.resolve(sentTo(delivery))),
      email: channel((delivery) => {
        told.push(
          delivery.notice.alerts.map(({ labels, ended }) => `${ended === null ? '' : '-'}${labels['instance']}`),
        );
        return new Promise((resolve) => held.push(() => resolve(sentTo(delivery))));
      }),
      webhook: channel((delivery) => Promise.resolve(sentTo(delivery))),
    },
  });
  const push = (instances: readonly number[], endsAt = later(start, minutes(1000))) =>
    pipeline.push(
      instances.map((instance) => ({
        labels: { alertname: 'Down', instance: `i${instance}` },
        startsAt: rfc3339(start),
        endsAt: rfc3339(endsAt),
      })),
    );
  const pass = async (many: number): Promise<void> => {
    for (let half = 0; half < 2 * many; half += 1) {
      story.advance(seconds(30));
      for (let turn = 0; turn < 10; turn += 1) await turns();
      if (half > 6) for (const answer of held.splice(0)) answer();
    }
  };
  const all = Array.from({ length: 20 }, (_, number) => number);
  await push(all);
  await pass(2);
  // as many as may be at one mail server at once
  expect(told.map(({ length }) => length)).toEqual(Array.from({ length: 16 }, () => 1));
  const first = new Set(told.flat());
  const waiting = all.map((number) => `i${number}`).filter((name) => !first.has(name));
  document = grouped('alertname');
  await push([16, 17], story.now());
  await pass(30);
  const since = told.slice(16).flat();
  expect(waiting).toEqual(['i16', 'i17', 'i18', 'i19']);
  expect(since.filter((name) => waiting.includes(name.replace('-', ''))).toSorted()).toEqual([
    '-i16',
    '-i17',
    'i18',
    'i19',
  ]);
  await pipeline.stop(seconds(0));
});
