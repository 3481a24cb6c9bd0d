// Delivery reports over SMPP: a centre is answered when what it says is durable, and delivers again what was not answered.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLedger } from '../../../src/alerts/ledger/ledger.ts';
import type { Ledger } from '../../../src/alerts/ledger/ledger.ts';
import type { LedgerRecord, Recipient } from '../../../src/alerts/ledger/records.ts';
import { smppReceiptOf } from '../../../src/alerts/channels/sms/smpp-receipt.ts';
import { assembleAlerts } from '../../../src/assemble-alerts.ts';
import { createPrometheusClient } from '../../../src/clients/prometheus/client.ts';
import type { Clock } from '../../../src/clock.ts';
import { configOrThrow, loadFiles } from '../../../src/config/load.ts';
import { noFence } from '../../../src/leader/fence.ts';
import { later, minutes, rfc3339, seconds } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { createLogger } from '../../../src/server/log.ts';
import { goodTexts, inMemory } from '../../config/files.ts';
import { start } from '../builders.ts';
import { eventually } from '../eventually.ts';
import type { Pdu } from '../../../src/alerts/channels/sms/smpp-package.ts';
import { startCentre } from './smsc.ts';
import type { Centre } from './smsc.ts';

process.env['SPRINGTIDE_TEST_SMPP'] = 'secret';

const alertsBy = ({ port }: Centre, more: string): string => `
people: { zhang: { sms: '+8613800000001' } }
sms_gateways:
  - name: carrier
    smpp: { host: 127.0.0.1, port: ${port}, systemId: bank, password: { env: SPRINGTIDE_TEST_SMPP }, ${more} }
route: { receiver: duty, group_by: ['...'], group_wait: 0s }
receivers: [{ name: duty, sms_configs: [{ to: [zhang], max_segments: 3 }] }]
`;

interface Stage {
  readonly centre: Centre;
  readonly clock: VirtualClock;
  /** Another process on the same files. */
  readonly begin: (ledgerOf?: (ledger: Ledger) => Ledger) => Promise<Process>;
}

interface Process {
  readonly ledger: Ledger;
  /** One message goes out, in so many parts. */
  readonly tell: (parts?: number) => Promise<void>;
  /** Nothing of it runs on, and its connections break. */
  readonly kill: () => Promise<void>;
  readonly end: () => Promise<void>;
}

async function aStage(more = 'perSecond: 20'): Promise<Stage> {
  const centre = await startCentre();
  const directory = await mkdtemp(join(tmpdir(), 'smpp-receipts-'));
  const clock = new VirtualClock(start);
  onTestFinished(async () => {
    await centre.close();
    await rm(directory, { recursive: true });
  });
  const texts = inMemory({ ...goodTexts, 'alerts.yaml': alertsBy(centre, more) });
  const config = configOrThrow(loadFiles(texts), 'config');

  const begin: Stage['begin'] = async (ledgerOf = (ledger) => ledger) => {
    let isAlive = true;
    const own: Clock = {
      now: () => clock.now(),
      after: (delay, run) => clock.after(delay, () => (isAlive ? run() : undefined)),
    };
    const files = await openLedger(directory, { clock: own, fsync: false });
    const ledger = ledgerOf(files);
    const binds = centre.binds.length;
    const assembled = await assembleAlerts({
      config: () => config,
      clock: own,
      log: createLogger({ level: 'silent' }),
      prometheus: createPrometheusClient({ settings: config.daemon.prometheus }),
      ledger,
      fence: noFence,
      onNotification: () => undefined,
      listens: false,
    });
    await eventually(() => expect(centre.binds.length).toBe(binds + 1));
    // whoever answers has heard that the bind was granted
    await centre.receipt('nobody', 'DELIVRD');
    const end = async (): Promise<void> => {
      await assembled.close();
      isAlive = false;
      // by a connection that is being closed nothing would be answered
      await eventually(() => expect(centre.sessions.size).toBe(0));
    };
    onTestFinished(() => (isAlive ? end() : undefined));
    return {
      ledger,
      end,
      tell: async (parts = 1) => {
        const summary = 'x'.repeat(67 * (parts - 1));
        await assembled.alerts.push([
          { labels: { alertname: 'Down' }, annotations: { summary }, endsAt: rfc3339(later(start, minutes(600))) },
        ]);
        clock.advance(seconds(31));
        await eventually(() => expect(centre.submits.length).toBeGreaterThan(0));
      },
      kill: async () => {
        isAlive = false;
        centre.sessions.forEach((session) => session.destroy());
        await files.close();
        await eventually(() => expect(centre.sessions.size).toBe(0));
      },
    };
  };
  return { centre, clock, begin };
}

const recipients = ({ state }: Ledger): readonly Recipient[] =>
  [...state.recent, ...state.open.values()].flatMap((one) => [...one.recipients.values()]);

const isTaken = (ledger: Ledger): Promise<void> => eventually(() => expect(recipients(ledger)[0]?.state).toBe('sent'));

const statusOf = async (answer: Promise<Pdu>): Promise<number> => (await answer).command_status;
const known = (ledger: Ledger): unknown => recipients(ledger)[0]?.receipt?.status;
const isReceipt = ({ kind }: LedgerRecord): boolean => kind === 'receipt';

/** ESME_RX_T_APPN */
const again = 0x64;

it('a report that a kill has kept from the disk is delivered again, and is known then', async () => {
  const { centre, begin } = await aStage();
  let reports = 0;
  const dying = await begin((ledger) => ({
    ...ledger,
    state: ledger.state,
    damage: [],
    close: () => ledger.close(),
    append: (records) => {
      if (!records.some(isReceipt)) return ledger.append(records);
      reports += 1;
      return new Promise(() => undefined);
    },
  }));
  await dying.tell();
  await isTaken(dying.ledger);
  let isAnswered = false;
  void centre.receipt('a0', 'UNDELIV').then(() => (isAnswered = true));
  await eventually(() => expect(reports).toBe(1));
  // what is sent by the same connection afterwards is answered before: nothing is on its way any more
  await centre.receipt('x', 'DELIVRD', { esm_class: 0 });
  expect(isAnswered).toBe(false);
  await dying.kill();

  const next = await begin();
  expect(known(next.ledger)).toBeUndefined();
  expect(await statusOf(centre.receipt('a0', 'UNDELIV'))).toBe(0);
  await next.end();
  expect(isAnswered).toBe(false);
  expect(known((await begin()).ledger)).toBe('failed');
});

it('a report that cannot be written is to come again, and one that comes twice is written once', async () => {
  const { centre, begin } = await aStage();
  let isFull = true;
  let reports = 0;
  const { ledger, tell } = await begin((files) => ({
    ...files,
    state: files.state,
    damage: [],
    close: () => files.close(),
    append: async (records) => {
      await files.append(records);
      if (records.some(isReceipt)) reports += 1;
      if (isFull && records.some(isReceipt)) throw new Error('no space is left');
    },
  }));
  await tell();
  await isTaken(ledger);
  expect(await statusOf(centre.receipt('a0', 'DELIVRD'))).toBe(again);
  isFull = false;
  expect(await statusOf(centre.receipt('a0', 'DELIVRD'))).toBe(0);
  expect(await statusOf(centre.receipt('a0', 'DELIVRD'))).toBe(0);
  expect(reports).toBe(2);
  // it is late, and older than what is known
  expect(await statusOf(centre.receipt('a0', 'ENROUTE'))).toBe(0);
  expect([known(ledger), reports]).toEqual(['delivered', 2]);
});

it('a report that is faster than the answer to the submit is answered when its message is known, or is to come again', async () => {
  const { centre, clock, begin } = await aStage('perSecond: 1, dataCoding: ucs2');
  const { ledger, tell } = await begin();
  await tell(2);
  expect(centre.submits).toHaveLength(1);
  const early = centre.receipt('a0', 'DELIVRD');
  await centre.receipt('x', 'DELIVRD', { esm_class: 0 });
  clock.advance(seconds(1));
  await isTaken(ledger);
  expect(centre.submits).toHaveLength(2);
  expect(await statusOf(early)).toBe(0);
  expect(known(ledger)).toBeUndefined();
  expect(await statusOf(centre.receipt('161', 'DELIVRD'))).toBe(0);
  expect(known(ledger)).toBe('delivered');
});

it.each(['after two seconds', 'when the process stops'])(
  'a report that nobody can place while a submit has no answer is to come again, %s',
  async (when) => {
    const { centre, clock, begin } = await aStage();
    centre.script.push('hang');
    const { tell, end } = await begin();
    await tell();
    const early = centre.receipt('a0', 'DELIVRD');
    await centre.receipt('x', 'DELIVRD', { esm_class: 0 });
    if (when === 'after two seconds') clock.advance(seconds(2));
    const ended = end();
    expect(await statusOf(early)).toBe(again);
    // what is on its way has so long to end
    clock.advance(seconds(10));
    await ended;
  },
);

it('a report that a slow disk keeps waiting does not keep the centre waiting', async () => {
  const { centre, clock, begin } = await aStage();
  let reports = 0;
  const { ledger, tell, kill } = await begin((files) => ({
    ...files,
    state: files.state,
    damage: [],
    close: () => files.close(),
    append: async (records) => {
      await files.append(records);
      if (!records.some(isReceipt)) return;
      reports += 1;
      await new Promise(() => undefined);
    },
  }));
  await tell();
  await isTaken(ledger);
  const answer = centre.receipt('a0', 'DELIVRD');
  await eventually(() => expect(reports).toBe(1));
  clock.advance(seconds(5));
  expect(await statusOf(answer)).toBe(again);
  await kill();
});

describe('of a message in parts', () => {
  it('each report is kept: the last one says that it has arrived, whatever has ended in between', async () => {
    const { centre, begin } = await aStage('dataCoding: ucs2');
    const first = await begin();
    await first.tell(3);
    await isTaken(first.ledger);
    expect(centre.submits).toHaveLength(3);
    // 0xa2, as the centre has answered
    expect(await statusOf(centre.receipt('162', 'DELIVRD'))).toBe(0);
    await first.kill();
    const second = await begin();
    for (const id of ['162', 'A0', 'A0']) expect(await statusOf(centre.receipt(id, 'DELIVRD'))).toBe(0);
    expect(known(second.ledger)).toBeUndefined();
    await centre.receipt('a1', 'ENROUTE');
    expect(known(second.ledger)).toBe('unknown');
    await centre.receipt('unknown-1', 'DELIVRD', { receipted_message_id: 'a1\0' });
    expect(known(second.ledger)).toBe('delivered');
  });

  it('one that is lost is the loss of all, also where others come later', async () => {
    const { centre, begin } = await aStage('dataCoding: ucs2');
    const { ledger, tell, end } = await begin();
    await tell(2);
    await isTaken(ledger);
    for (const [id, stat] of [
      ['161', 'UNDELIV'],
      ['160', 'DELIVRD'],
      ['161', 'DELIVRD'],
    ] as const)
      expect(await statusOf(centre.receipt(id, stat))).toBe(0);
    expect(known(ledger)).toBe('failed');
    await end();
    expect(known((await begin()).ledger)).toBe('failed');
  });
});

it.each([
  [
    { esm_class: 4, short_message: 'id:7 stat:ENROUTE err:000' },
    { providerId: '7', alsoWritten: [], status: 'unknown', code: 'ENROUTE' },
  ],
  [
    { esm_class: 4, short_message: { message: 'id: 161 stat:REJECTD err:045' } },
    { alsoWritten: ['a1', 'A1', '353'], status: 'failed', code: 'REJECTD 045' },
  ],
  [
    { esm_class: 4, receipted_message_id: '9\0', message_state: 2 },
    { providerId: '9', status: 'delivered', code: 'DELIVRD' },
  ],
  [
    { esm_class: 4, short_message: 'id:A1 stat:DELIVRD' },
    { providerId: 'A1', alsoWritten: ['a1', '161'] },
  ],
  [{ esm_class: 4, short_message: 'no words' }, null],
  [{ esm_class: 0, short_message: 'id:7 stat:DELIVRD' }, null],
  [{}, null],
])('a report is read from %j', (pdu: Readonly<Record<string, unknown>>, expected) => {
  const receipt = smppReceiptOf(pdu);
  if (expected === null) expect(receipt).toBeNull();
  else expect(receipt).toMatchObject(expected);
});
