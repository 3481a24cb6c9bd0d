// Delivery reports: whose message each of them is about, where gateways count alike and numbers are written in many ways.
import { describe, expect, it } from 'vitest';
import { volatileLedger } from '../../src/alerts/ledger/ledger.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import type { LedgerRecord } from '../../src/alerts/ledger/records.ts';
import { aboutWhom, mayBeSameNumber } from '../../src/alerts/reports.ts';
import { retry } from '../../src/alerts/channels/channel.ts';
import type { Receipt } from '../../src/alerts/channels/sms/receipt.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import { aLostReport, anAlertsDocument, anIntent, start } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const escalating = dutyDocument(`
escalation:
  - sms: { person: zhang, gateway: main }
  - { unacknowledgedFor: 30m, sms: { person: li, gateway: main } }`);

const reported = ({ ledger: { state } }: Story): unknown[] =>
  [...state.open.values(), ...state.recent].flatMap(({ recipients }) =>
    [...recipients.values()].flatMap(({ receipt }) => receipt?.code ?? []),
  );

async function told(): Promise<Story> {
  const story = aStory(escalating);
  await pushDown(story, {});
  await story.pass(minutes(1), seconds(10));
  expect(story.told()).toEqual(['sms zhang: a']);
  return story;
}

describe('a report that nothing arrived', () => {
  it.each([
    ['of another gateway', aLostReport({ gateway: 'other' })],
    ['about another number', aLostReport({ to: '+8613999999999' })],
    ['of another message', aLostReport({ providerId: 'm2' })],
  ])('%s calls nobody else', async (_, receipt) => {
    const story = await told();
    await story.pipeline.receive(receipt);
    await story.pass(minutes(1), seconds(10));
    expect(story.told()).toEqual(['sms zhang: a']);
    expect(reported(story)).toEqual([]);
  });

  it.each([null, '+8613800000001', '13800000001', '0086 138-0000-0001', 'hidden'])(
    'about the number %s calls the next',
    async (to) => {
      const story = await told();
      await story.pipeline.receive(aLostReport({ to }));
      await story.pass(minutes(1), seconds(10));
      expect(story.told()).toEqual(['sms zhang: a', 'sms li: a']);
      expect(reported(story)).toEqual(['UNDELIV']);
    },
  );
});

describe('a report that is faster than the ledger', () => {
  /** Somebody whose message is given to the gateway, and not written down as taken. */
  async function early(until: number): Promise<Story> {
    const story: Story = aStory(escalating, (to, channel) => {
      if (channel === 'sms' && to === 'zhang' && story.clock.now() < later(start, seconds(until)))
        return retry(to, 'Timeout', 'it has taken it all the same', { uncertain: true });
      return null;
    });
    await pushDown(story, {});
    await story.pass(seconds(30), seconds(10));
    await story.pipeline.receive(aLostReport());
    await story.pass(seconds(until - 30), seconds(5));
    return story;
  }

  it('waits for a minute until it is known whose it is', async () => {
    const story = await early(60);
    await story.pass(minutes(1), seconds(5));
    expect(story.told()).toEqual(['sms zhang: a', 'sms li: a']);
    expect(reported(story)).toEqual(['UNDELIV']);
  });

  it('and no longer', async () => {
    const story = await early(240);
    await story.pass(minutes(8), seconds(5));
    expect(story.told()).toEqual(['sms zhang: a']);
    expect(reported(story)).toEqual([]);
  });
});

describe('of several messages with one id', () => {
  const document = anAlertsDocument(escalating);
  const message = (id: string, to: string, gateway?: string): LedgerRecord[] => [
    { kind: 'intent', intent: anIntent(id, { to: [to] }) },
    { kind: 'sent', id, to, at: start, providerId: '7', ...(gateway !== undefined && { gateway }) },
  ];
  const settled = (id: string): LedgerRecord => ({ kind: 'settled', id, at: later(start, seconds(1)), how: 'done' });

  async function ledgerOf(...records: readonly LedgerRecord[]): Promise<Ledger> {
    const ledger = volatileLedger();
    await ledger.append(records);
    return ledger;
  }
  const meant = async ({ state }: Ledger, receipt: Partial<Receipt>): Promise<string | undefined> =>
    (await aboutWhom(aLostReport({ providerId: '7', ...receipt }), state, document))?.notification.intent.id;

  it('the gateway tells them apart, then the number, and the newest is meant where nothing does', async () => {
    const ledger = await ledgerOf(
      ...message('old', 'zhang', 'main'),
      settled('old'),
      ...message('other', 'zhang', 'other'),
      ...message('middle', 'li', 'main'),
      ...message('new', 'zhang', 'main'),
    );
    expect(await meant(ledger, {})).toBe('new');
    expect(await meant(ledger, { gateway: 'other' })).toBe('other');
    expect(await meant(ledger, { to: '13800000002' })).toBe('middle');
    expect(await meant(ledger, { to: '13800000003' })).toBeUndefined();
    expect(await meant(ledger, { gateway: 'third' })).toBeUndefined();
  });

  it('one that was sent before its gateway was remembered may be meant by any', async () => {
    const ledger = await ledgerOf(...message('old', 'zhang'));
    expect(await meant(ledger, { gateway: 'third' })).toBe('old');
    expect(await meant(ledger, { gateway: 'third', to: '13800000003' })).toBeUndefined();
  });

  it('a record says which one, and one that does not means whoever has the id', async () => {
    const receipt = { status: 'delivered', code: 'DELIVRD', at: start } as const;
    const both = [...message('old', 'zhang', 'main'), ...message('new', 'zhang', 'main')];
    const codes = ({ state }: Ledger): unknown[] =>
      [...state.open.values()].map(({ recipients }) => recipients.get('zhang')?.receipt?.code);
    const of = { id: 'old', to: 'zhang' };
    expect(codes(await ledgerOf(...both, { kind: 'receipt', providerId: '7', of, receipt }))).toEqual([
      'DELIVRD',
      undefined,
    ]);
    expect(codes(await ledgerOf(...both, { kind: 'receipt', providerId: '7', receipt }))).toEqual([
      undefined,
      'DELIVRD',
    ]);
  });
});

it.each([
  ['+8613800000001', '13800000001', true],
  ['+447700900123', '07700 900123', true],
  ['13800000001', '+8613800000002', false],
  ['138****0001', '+8613800000002', true],
  ['0001', '+8613800000002', true],
  ['', '+8613800000002', true],
])('%s may be %s: %s', (one, other, expected) => {
  expect(mayBeSameNumber(one, other)).toBe(expected);
  expect(mayBeSameNumber(other, one)).toBe(expected);
});
