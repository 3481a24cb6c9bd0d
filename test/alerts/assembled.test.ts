// The alerts' half as the daemon puts it together, on a virtual clock: how long a start listens first.
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { expect, it } from 'vitest';
import { volatileLedger, type Ledger } from '../../src/alerts/ledger/ledger.ts';
import { assembleAlerts } from '../../src/assemble-alerts.ts';
import { createPrometheusClient } from '../../src/clients/prometheus/client.ts';
import { configOrThrow, loadFiles } from '../../src/config/load.ts';
import type { Fence } from '../../src/leader/fence.ts';
import { later, minutes, rfc3339, seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { createLogger } from '../../src/server/log.ts';
import { goodTexts, inMemory, type FileTexts } from '../config/files.ts';
import { anIntent, start } from './builders.ts';
import { eventually } from './eventually.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { listening } from './listening.ts';

const atOnce = `
route: { receiver: team, group_by: [alertname], group_wait: 0s }
receivers: [{ name: team, webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }]
`;

/** Messages are written down and none leaves the process: what was decided is in the ledger. */
const closed: Fence = { refusal: () => 'nothing leaves this test', onClose: () => () => undefined };

function assembling(ledger: Ledger, clock: VirtualClock, listens = false, texts: FileTexts = {}) {
  const config = configOrThrow(loadFiles(inMemory({ ...goodTexts, 'alerts.yaml': atOnce, ...texts })), 'config');
  return assembleAlerts({
    config: () => config,
    clock,
    log: createLogger({ level: 'silent' }),
    prometheus: createPrometheusClient({ settings: config.daemon.prometheus }),
    ledger,
    fence: closed,
    onNotification: () => undefined,
    listens,
  });
}

async function secondOfMessage(ledger: Ledger, name: string, begins = start): Promise<number | null> {
  const clock = new VirtualClock(begins);
  const assembled = await assembling(ledger, clock);
  await assembled.alerts.push([
    { labels: { alertname: name }, startsAt: rfc3339(start), endsAt: rfc3339(later(begins, minutes(9))) },
  ]);
  const isSaid = (): boolean =>
    [...ledger.state.open.values()].some(({ intent }) =>
      intent.alerts.some(({ labels }) => labels['alertname'] === name),
    );
  for (let second = 0; second <= 60; second += 1) {
    if (isSaid()) {
      await assembled.close();
      return second;
    }
    clock.advance(seconds(1));
  }
  await assembled.close();
  return null;
}

it('a start hears everybody before it tells what is new, one that takes over at once tells at once', async () => {
  const ledger = volatileLedger();
  expect(await secondOfMessage(ledger, 'First')).toBe(30);
  expect(ledger.state.alerts.size).toBe(1);
  expect(await secondOfMessage(ledger, 'Second', later(start, seconds(50)))).toBeLessThan(2);
  // what began while nobody ran may be inhibited by what did so as well
  expect(await secondOfMessage(ledger, 'Third', later(start, minutes(60)))).toBe(30);
  // a clock that was set back says nothing about who has run
  expect(await secondOfMessage(ledger, 'Fourth', later(start, minutes(20)))).toBe(30);
});

it('alerts in a request that is too large are said to be lost', async () => {
  const daemon = `${goodTexts['springtide.yaml'] ?? ''}
  http: { alerts: { listen: '127.0.0.1:9093' } }
`;
  const assembled = await assembling(volatileLedger(), new VirtualClock(start), true, { 'springtide.yaml': daemon });
  const { answer, tooLarge } = assembled;
  if (answer === null) throw new Error('nobody listens');
  const port = await listening(createServer(answer));
  expect(tooLarge.at()).toBeNull();
  const body = ' '.repeat(64 * 1024 * 1024 + 1);
  const { status } = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`, { method: 'POST', body });
  expect([status, tooLarge.at()]).toMatchObject([413, { count: 1, limitMiB: 64 }]);
  await assembled.close();
});

const gateway = `
people: { zhang: { sms: '+8613800000001' } }
sms_gateways:
  - name: own
    http:
      url: 'http://127.0.0.1:1/'
      receipts: { token: { env: SPRINGTIDE_TEST_RECEIPTS }, list: all, id: id, status: state, delivered: [OK] }
route: { receiver: team }
receivers: [{ name: team, sms_configs: [{ to: [zhang] }] }]
`;

it('a posted report is answered when it is durable; where it cannot be written it is to come again', async () => {
  process.env['SPRINGTIDE_TEST_RECEIPTS'] = 'secret';
  const daemon = `${goodTexts['springtide.yaml'] ?? ''}
  http: { alerts: { listen: '127.0.0.1:9093' } }
`;
  const files = volatileLedger();
  let write = (): Promise<void> => Promise.reject(new Error('no space is left'));
  const ledger: Ledger = {
    ...files,
    append: async (records) => {
      await files.append(records);
      if (records.some(({ kind }) => kind === 'receipt')) await write();
    },
  };
  await files.append([
    { kind: 'intent', intent: anIntent('one', { to: ['zhang'] }) },
    { kind: 'sent', id: 'one', to: 'zhang', at: start, providerId: '7', gateway: 'own' },
    { kind: 'settled', id: 'one', at: start, how: 'done' },
  ]);
  const texts = { 'springtide.yaml': daemon, 'alerts.yaml': gateway };
  const assembled = await assembling(ledger, new VirtualClock(start), true, texts);
  const { answer } = assembled;
  if (answer === null) throw new Error('nobody listens');
  const url = `http://127.0.0.1:${await listening(createServer(answer))}/api/v1/sms/receipts/own?token=secret`;
  // one that is somebody else's comes with it
  const body = JSON.stringify({
    all: [
      { id: '8', state: 'OK' },
      { id: '7', state: 'OK' },
    ],
  });
  const post = async (): Promise<number> => (await fetch(url, { method: 'POST', body })).status;
  expect(await post()).toBe(503);

  let written: () => void = () => undefined;
  let isAsked = false;
  write = () => {
    isAsked = true;
    return new Promise((resolve) => (written = resolve));
  };
  let isAnswered = false;
  const answered = post().finally(() => (isAnswered = true));
  await eventually(() => expect(isAsked).toBe(true));
  // another request has been there and back
  expect(await fetch(url)).toMatchObject({ status: 404 });
  expect(isAnswered).toBe(false);
  written();
  expect(await answered).toBe(200);
  expect(files.state.recent[0]?.recipients.get('zhang')?.receipt?.status).toBe('delivered');
  await assembled.close();
});

it('a telephone whose number stands in two files, and beside them, is told once', async () => {
  const folder = await temporaryDirectory();
  const write = (name: string, number: string): Promise<void> => writeFile(path.join(folder, name), `${number}\n`);
  await write('zhang', '138 0000 0001');
  await write('duty', '+8613800000001');
  await write('li', '13800000002');
  const people = ['zhang', 'duty', 'li', 'gone'].map((name) => `${name}: { smsFile: ${path.join(folder, name)} }`);
  const ledger = volatileLedger();
  const clock = new VirtualClock(start);
  const assembled = await assembling(ledger, clock, false, {
    'alerts.yaml': `
people: { ${people.join(', ')}, desk: { sms: '8613800000001' } }
sms_gateways: [{ name: own, http: { url: 'http://127.0.0.1:1/' } }]
route: { receiver: team, group_by: [alertname], group_wait: 0s }
receivers: [{ name: team, sms_configs: [{ to: [zhang, duty, li, gone, desk] }] }]
`,
  });
  const toldOf = async (name: string): Promise<unknown> => {
    clock.advance(seconds(1));
    await assembled.alerts.push([{ labels: { alertname: name }, startsAt: rfc3339(clock.now()) }]);
    clock.advance(seconds(40));
    const open = [...ledger.state.open.values()].map(({ intent }) => intent);
    return open.find(({ alerts }) => alerts.some(({ labels }) => labels['alertname'] === name))?.to;
  };
  expect(await toldOf('First')).toEqual(['zhang', 'li', 'gone']);
  await write('li', '13800000001');
  await assembled.refresh();
  expect(await toldOf('Second')).toEqual(['zhang', 'gone']);
  await assembled.close();
});
