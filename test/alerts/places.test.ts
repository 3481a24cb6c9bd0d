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
