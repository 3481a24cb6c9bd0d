// Stories of somebody who is on it by what a message gave him, a link or a code: what it covers, how often, how long, over restarts.
import { cp } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, isCode, readCode } from '../../src/alerts/acknowledge-code.ts';
import { failed } from '../../src/alerts/channels/channel.ts';
import { openLedger, volatileLedger } from '../../src/alerts/ledger/ledger.ts';
import type { LedgerRecord } from '../../src/alerts/ledger/records.ts';
import { minutes, seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { start } from './builders.ts';
import { dutyDocument, pushDown } from './duty.ts';
import { aStory } from './recorder.ts';
import type { Story } from './recorder.ts';

const links = "links: { externalUrl: 'https://st.bank.cn/', secret: { env: LINKS } }";
const escalating = dutyDocument(`
escalation:
  - sms: { person: zhang }
  - { unacknowledgedFor: 10m, sms: { person: chief } }`);

const codeIn = (story: Story, message = -1): string =>
  story.taken.at(message)?.delivery.notice.acknowledgeCode ?? 'none';

describe('a code', () => {
  it('is read however it is typed, and what is none is none', () => {
    const words = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(words, words, (id, key) => {
        const code = codeOf(id, key);
        expect(isCode(code)).toBe(true);
        const typed = code.replaceAll('0', 'O').replaceAll('1', 'l').toUpperCase();
        expect([code, `#${code}`, ` # ${typed.slice(0, 4)}-${typed.slice(4)} `].map(readCode)).toEqual([
          code,
          code,
          code,
        ]);
        expect([code.slice(1), `${code}0`, `u${code.slice(1)}`].map(readCode)).toEqual([null, null, null]);
      }),
    );
    expect(codeOf('a message', 'one')).not.toBe(codeOf('a message', 'another'));
  });

  it('stops the escalation, once, without links too; what joins later is not covered', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(1), seconds(30));
    const code = codeIn(story);
    expect(isCode(code)).toBe(true);
    await pushDown(story, { instance: 'b' });
    expect(await story.pipeline.acknowledge({ code: `#${code.toUpperCase()}` }, 'zhang')).toEqual({
      outcome: 'done',
      groups: 1,
      alerts: 1,
    });
    expect(await story.pipeline.acknowledge({ code }, 'li')).toMatchObject({ outcome: 'already', by: 'zhang' });
    await story.pass(minutes(30), seconds(30));
    expect(story.told(1)).toEqual(['sms zhang: a b', 'sms chief: a b']);
    // that of the newer message covers both
    expect(codeIn(story)).not.toBe(code);
    expect(await story.pipeline.acknowledge({ code: codeIn(story) }, 'li')).toMatchObject({
      outcome: 'done',
      alerts: 2,
    });
  });

  it('says what it is good for no more: unknown, over, expired', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(1), seconds(30));
    const code = codeIn(story);
    for (const wrong of ['00000000', 'none', '', `${code}0`])
      expect(await story.pipeline.acknowledge({ code: wrong }, 'li')).toEqual({ outcome: 'unknown' });
    const at = story.taken.at(-1)?.delivery.at;
    await story.pass(minutes(24 * 60), minutes(60));
    expect(await story.pipeline.acknowledge({ code }, 'li')).toEqual({ outcome: 'expired', at });
    const newest = codeIn(story);
    await pushDown(story, { over: true });
    await story.pass(minutes(10), minutes(1));
    expect(await story.pipeline.acknowledge({ code: newest }, 'li')).toEqual({ outcome: 'nothing' });
  });

  it('is given with nothing that is over', async () => {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(1), seconds(30));
    await pushDown(story, { over: true });
    await story.pass(minutes(6), seconds(30));
    expect(story.told(1)).toEqual(['sms zhang: -a']);
    expect(codeIn(story)).toBe('none');
  });
});

describe('a message for several groups', () => {
  const bundling = dutyDocument(
    'sms_configs: [{ to: [zhang], gateway: main }]',
    `budgets: { sms: { bundle: 2m } }\n${links}`,
  );
  const bundled = async (): Promise<Story> => {
    const story = aStory(bundling, undefined, 'only ours');
    await pushDown(story, { name: 'First', instance: 'f' });
    await story.pass(minutes(1), seconds(5));
    await pushDown(story, { name: 'B', instance: 'b' }, { name: 'C', instance: 'c' });
    await story.pass(minutes(3), seconds(5));
    expect(story.taken.map(({ firing }) => firing.toSorted())).toEqual([['f'], ['b', 'c']]);
    return story;
  };
  const isOnIt = (story: Story): string[] =>
    [...story.ledger.state.episodes]
      .filter(([, { acknowledged }]) => acknowledged !== null)
      .map(([owner]) => /alertname=\\*"(\w+)/.exec(owner)?.[1] ?? '')
      .toSorted();

  it('has one link, to all of them and to no other', async () => {
    const story = await bundled();
    const code = codeIn(story);
    expect(story.taken.at(-1)?.delivery.text).toContain(` https://st.bank.cn/a/${code}`);
    expect(await story.pipeline.acknowledge({ code }, 'zhang')).toEqual({ outcome: 'done', groups: 2, alerts: 2 });
    expect(isOnIt(story)).toEqual(['B', 'C']);
    expect(await story.pipeline.acknowledge({ code }, 'li')).toMatchObject({ outcome: 'already', by: 'zhang' });
  });

  it('leaves to others what they are on already', async () => {
    const story = await bundled();
    const key = story.pipeline.groups().find(({ labels }) => labels['alertname'] === 'B')?.key ?? '';
    await story.pipeline.acknowledge({ groupKey: key }, 'li');
    expect(await story.pipeline.acknowledge({ code: codeIn(story) }, 'zhang')).toEqual({
      outcome: 'done',
      groups: 1,
      alerts: 1,
    });
    const by = [...story.ledger.state.episodes.values()].map(({ acknowledged }) => acknowledged?.by).toSorted();
    expect(by).toEqual(['li', 'zhang']);
  });
});

it('the link of a receiver that stands in leads to the group that it stands in for', async () => {
  const document = dutyDocument(
    'sms_configs: [{ to: [zhang], gateway: main }]\nfallback: { receiver: boss, after: 5m }',
    links,
  );
  const story = aStory(
    document,
    (to, channel) => (channel === 'sms' ? failed(to, 'AddressInvalid', 'no such number') : null),
    'only ours',
  );
  await pushDown(story, {});
  await story.pass(minutes(6), seconds(30));
  expect(story.told()).toEqual(['email boss@bank.cn: a']);
  const { acknowledgeUrl = '', acknowledgeCode: code = '' } = story.taken[0]?.delivery.notice ?? {};
  const token = acknowledgeUrl.replace('https://st.bank.cn/a/', '');
  expect(await story.pipeline.acknowledge({ token }, 'boss')).toMatchObject({ outcome: 'done', alerts: 1 });
  expect(await story.pipeline.acknowledge({ code }, 'li')).toMatchObject({ outcome: 'already', by: 'boss' });
});

describe('what cannot be written', () => {
  const reading = async (directory: string): Promise<readonly (string | undefined)[]> => {
    const ledger = await openLedger(directory, { clock: new VirtualClock(start), fsync: false });
    await ledger.close();
    return [...ledger.state.episodes.values()].map(({ acknowledged }) => acknowledged?.by);
  };

  it.each(['token', 'code'] as const)('is confirmed at no press of a %s before it is', async (kind) => {
    const directory = await temporaryDirectory();
    let refusal: string | null = null;
    const permission = { refusal: () => refusal };
    const ledger = await openLedger(directory, { clock: new VirtualClock(start), fsync: false, permission });
    const story = aStory(`${escalating}\n${links}`, undefined, 'only ours', ledger);
    await pushDown(story, {});
    await story.pass(minutes(1), seconds(30));
    const { acknowledgeUrl = '' } = story.taken[0]?.delivery.notice ?? {};
    const token = acknowledgeUrl.replace('https://st.bank.cn/a/', '');
    const target = kind === 'token' ? { token } : { code: codeIn(story) };
    refusal = 'the disk is full';
    for (let press = 0; press < 3; press++)
      await expect(story.pipeline.acknowledge(target, 'zhang')).rejects.toThrow('the disk is full');
    refusal = null;
    expect(await story.pipeline.acknowledge(target, 'li')).toMatchObject({ outcome: 'already', by: 'zhang' });
    // whoever is told so may rely on it although the process dies now
    const copy = await temporaryDirectory();
    await cp(directory, copy, { recursive: true });
    expect(await reading(copy)).toEqual(['zhang']);
    await story.pipeline.stop();
    await ledger.close();
  });
});

describe('codes in the ledger', () => {
  /** A code, and three hundred messages after it. */
  async function recordsOfADay(): Promise<{ readonly code: string; readonly records: readonly LedgerRecord[] }> {
    const story = aStory(escalating);
    await pushDown(story, {});
    await story.pass(minutes(1), seconds(30));
    const [notification] = [...story.ledger.state.recent];
    if (notification === undefined) throw new Error('nothing was told');
    const { intent } = notification;
    const copies = Array.from({ length: 301 }, (_, number): LedgerRecord[] => {
      const id = `copy-${number}`;
      return [
        { kind: 'intent', intent: { ...intent, id, acknowledgeCode: codeOf(id, 'key') } },
        { kind: 'settled', id, at: intent.at, how: 'done' },
      ];
    });
    return { code: codeOf('copy-0', 'key'), records: copies.flat() };
  }

  it('outlive the messages that are kept for explaining, over starts, and go with their time', async () => {
    const directory = await temporaryDirectory();
    const { code, records } = await recordsOfADay();
    const clock = new VirtualClock(start);
    const first = await openLedger(directory, { clock, fsync: false });
    await first.append(records);
    const stands = first.state.codes.get(code);
    expect(stands?.owners).toHaveLength(1);
    expect(first.state.recent.some(({ intent }) => intent.acknowledgeCode === code)).toBe(false);
    await first.close();
    const second = await openLedger(directory, { clock, fsync: false });
    await second.close();
    const third = await openLedger(directory, { clock, fsync: false });
    expect(third.state.codes.get(code)).toEqual(stands);
    expect(third.state.codes.size).toBe(301);
    await third.close();
    // it is still said that it was one, not what it meant; and one day it is forgotten
    clock.advance(minutes(25 * 60));
    await (await openLedger(directory, { clock, fsync: false })).close();
    const late = await openLedger(directory, { clock, fsync: false });
    expect(late.state.codes.get(code)).toEqual({ ...stands, owners: [] });
    await late.close();
    clock.advance(minutes(3 * 24 * 60));
    await (await openLedger(directory, { clock, fsync: false })).close();
    const gone = await openLedger(directory, { clock, fsync: false });
    expect(gone.state.codes.has(code)).toBe(false);
    await gone.close();
  });

  it('do not pile up in a process that runs for weeks', async () => {
    const { records } = await recordsOfADay();
    const ledger = volatileLedger();
    await ledger.append(records);
    const [record] = records;
    if (record?.kind !== 'intent') throw new Error('no intent');
    const { intent } = record;
    const at = new VirtualClock(intent.at);
    at.advance(minutes(4 * 24 * 60));
    await ledger.append([
      { kind: 'intent', intent: { ...intent, id: 'late', at: at.now(), acknowledgeCode: 'k7m2p9qx' } },
    ]);
    expect([...ledger.state.codes.keys()]).toEqual(['k7m2p9qx']);
  });
});
