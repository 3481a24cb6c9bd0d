// The ledger: replay, torn and damaged lines, newer schemas, compaction, and a disk that fails.
import { mkdir, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { periodOf } from '../../src/alerts/alert.ts';
import { integrationsOf } from '../../src/alerts/integrations.ts';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import { decodeLine, encodeLine } from '../../src/alerts/ledger/line.ts';
import { recipientKey } from '../../src/alerts/ledger/records.ts';
import type { Intent, LedgerRecord } from '../../src/alerts/ledger/records.ts';
import { rememberedWay } from '../../src/alerts/ways.ts';
import { later, minutes } from '../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { anAlert, anAlertsDocument, anIntent, start } from './builders.ts';
import { dutyDocument } from './duty.ts';

let directory: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
});

const clock = new VirtualClock(start);
const at = (offset: number): Instant => (start + offset) as Instant;
const reopened = (options: { maxSegmentBytes?: number } = {}): Promise<Ledger> =>
  openLedger(directory, { clock, ...options });
const newestFile = async (): Promise<string> =>
  path.join(
    directory,
    (await readdir(directory))
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .at(-1) ?? '',
  );

const alert = anAlert({ summary: 'full' });
const intent = (id: string): Intent =>
  anIntent(id, { alerts: [alert], firing: [`${alert.fingerprint}@${alert.since}`], to: ['zhang', 'li'] });
const story: readonly LedgerRecord[] = [
  { kind: 'alert', alert },
  { kind: 'intent', intent: intent('one') },
  { kind: 'attempt', id: 'one', to: ['zhang', 'li'], at: at(1) },
  { kind: 'sent', id: 'one', to: 'zhang', at: at(2), providerId: 'p-1' },
];

describe('after a restart', () => {
  it('owes once what took the place of another, however much of that was written', async () => {
    const next = { ...intent('one'), id: 'next', at: at(3) };
    const replacing: readonly LedgerRecord[] = [
      { kind: 'intent', intent: next },
      { kind: 'settled', id: 'one', at: at(3), how: 'superseded' },
    ];
    const first = await reopened();
    await first.append([...story, ...replacing, { kind: 'intent', intent: intent('beside') }]);
    await first.close();
    const lines = (await readFile(await newestFile(), 'utf8')).trimEnd().split('\n');
    const owedAfter = async (count: number): Promise<readonly string[]> => {
      await writeFile(await newestFile(), `${lines.slice(0, count).join('\n')}\n`);
      const again = await reopened();
      await again.close();
      return [...again.state.open.keys()];
    };
    expect(await owedAfter(lines.length)).toEqual(['next', 'beside']);
    expect(await owedAfter(lines.length - 1)).toEqual(['next']);
    expect(await owedAfter(lines.length - 2)).toEqual(['next']);
    expect(await owedAfter(lines.length - 3)).toEqual(['one']);
  });

  it('knows alerts, what was sent, and what is owed', async () => {
    const first = await reopened();
    await first.append(story);
    await first.close();
    const second = await reopened();
    expect([...second.state.alerts.values()]).toEqual([alert]);
    const open = second.state.open.get('one');
    expect(open?.recipients.get('zhang')).toMatchObject({ state: 'sent', providerId: 'p-1', maybeTwice: false });
    expect(open?.recipients.get('li')).toMatchObject({ state: 'attempted', attempts: 1 });
    expect([...second.state.told.values()]).toMatchObject([{ outcome: 'sent', at: at(2) }]);
    await second.append([{ kind: 'attempt', id: 'one', to: ['li'], at: at(9) }]);
    expect(open?.recipients.get('li')?.maybeTwice).toBe(true);
    await second.close();
  });

  it('knows what waits, which watchdogs are missing, and since when the central one is silent', async () => {
    const held = { groupKey: '{}:{}', receiver: 'duty', channel: 'sms', index: 0, to: ['zhang'] } as const;
    const first = await reopened();
    await first.append([
      { kind: 'held', held: { ...held, why: 'digest', until: at(9) } },
      { kind: 'watchdog', name: 'prometheus', missingSince: at(3) },
      { kind: 'watchdogHeard', name: 'prometheus', heard: { at: at(1), silentFor: minutes(2) } },
      { kind: 'central', silentSince: at(4) },
    ]);
    await first.close();
    const second = await reopened();
    expect([...second.state.held.values()]).toEqual([{ ...held, why: 'digest', until: at(9) }]);
    expect([...second.state.missingWatchdogs]).toEqual([['prometheus', at(3)]]);
    expect([...second.state.watchdogsHeard]).toEqual([['prometheus', { at: at(1), silentFor: minutes(2) }]]);
    expect(second.state.centralSilentSince).toBe(at(4));
    await second.append([
      { kind: 'held', held: { ...held, to: [], why: 'digest', until: at(9) } },
      { kind: 'watchdog', name: 'prometheus', missingSince: null },
      { kind: 'central', silentSince: null },
    ]);
    await second.close();
    const third = await reopened();
    expect([third.state.held.size, third.state.missingWatchdogs.size, third.state.centralSilentSince]).toEqual([
      0,
      0,
      null,
    ]);
    await third.close();
  });

  it('forgets in a quarter of a year what somebody was told, but not while it lasts', async () => {
    const entry = { firing: [periodOf(alert)], resolved: [], at: at(1), outcome: 'sent' } as const;
    const [lasts, isGone] = ['lasts', 'is gone'].map((to) => recipientKey(intent('one'), to)) as [string, string];
    const first = await reopened();
    await first.append([
      { kind: 'alert', alert },
      { kind: 'told', key: lasts, entry: { ...entry, firing: [], muted: [periodOf(alert)] } },
      { kind: 'told', key: isGone, entry: { ...entry, firing: ['another@1'] } },
    ]);
    await first.close();
    const muchLater = { clock: new VirtualClock(later(start, minutes(91 * 24 * 60))) };
    await (await openLedger(directory, muchLater)).close();
    const third = await openLedger(directory, muchLater);
    await third.close();
    expect([...third.state.told.keys()]).toEqual([lasts]);
  });

  it('knows when what is over has begun, as long as that may make it flap', async () => {
    const begun = { at: [at(0), at(5)], until: at(60_000) };
    const soonOver = { at: [at(1)], until: at(1) };
    const first = await reopened();
    await first.append([
      ...story,
      { kind: 'forgotten', fingerprint: alert.fingerprint, begun },
      { kind: 'forgotten', fingerprint: 'seldom', begun: soonOver },
    ]);
    await first.close();
    clock.advance(10 as Milliseconds);
    const second = await reopened();
    await second.close();
    const third = await reopened();
    expect([...third.state.begun]).toEqual([[alert.fingerprint, begun]]);
    await third.append([{ kind: 'alert', alert }]);
    expect(third.state.begun.size).toBe(0);
    await third.close();
  });

  it('tolerates a torn last line and reports it', async () => {
    const first = await reopened();
    await first.append(story);
    await first.close();
    const file = await newestFile();
    const { length } = await readFile(file);
    await truncate(file, length - 7);
    const second = await reopened();
    expect(second.damage).toMatchObject([{ file, kind: 'tornLastLine' }]);
    expect(second.state.open.get('one')?.recipients.get('zhang')?.state).toBe('attempted');
    expect(await readdir(directory)).toHaveLength(1);
    await second.close();
  });

  it('reads around damage, reports its place, and keeps the file aside', async () => {
    const first = await reopened();
    await first.append(story);
    await first.close();
    const file = await newestFile();
    const content = await readFile(file);
    const offset = content.indexOf(0x0a) + 1;
    const handle = await open(file, 'r+');
    await handle.write(Buffer.from('#'), 0, 1, offset + 40);
    await handle.close();
    const second = await reopened();
    expect(second.damage).toEqual([{ file, offset, kind: 'damagedLine' }]);
    expect(second.state.alerts.size).toBe(0);
    expect(second.state.open.get('one')?.recipients.get('zhang')?.state).toBe('sent');
    expect(await readdir(directory)).toContainEqual(expect.stringMatching(/^ledger-00000001\.jsonl\.damaged-/));
    await second.close();
  });

  it('refuses a newer schema and leaves the file alone', async () => {
    const file = path.join(directory, 'ledger-00000007.jsonl');
    await writeFile(file, encodeLine({ kind: 'ledger', schema: 99 }));
    await expect(reopened()).rejects.toMatchObject({ code: 'MemoryTooNew', where: file });
    expect(await readdir(directory)).toEqual(['ledger-00000007.jsonl']);
  });

  it('forgets a segment that was never finished', async () => {
    await writeFile(path.join(directory, 'ledger-00000009.jsonl.tmp'), 'half');
    const ledger = await reopened();
    expect(await readdir(directory)).toEqual(['ledger-00000001.jsonl']);
    await ledger.close();
  });

  it('says where it cannot be opened', async () => {
    const file = path.join(directory, 'file');
    await writeFile(file, '');
    await expect(openLedger(file, { clock })).rejects.toMatchObject({ code: 'LedgerUnreadable', where: file });
  });
});

describe('a segment', () => {
  it('is replaced by a shorter one that says the same', async () => {
    const ledger = await reopened({ maxSegmentBytes: 4_000 });
    await ledger.append(story);
    for (let round = 0; round < 60; round += 1)
      await ledger.append([
        { kind: 'intent', intent: intent(`round-${round}`) },
        { kind: 'failed', id: `round-${round}`, to: 'zhang', at: at(round), reason: 'ClientError', message: 'no' },
      ]);
    const open = [...ledger.state.open.keys()];
    await ledger.close();
    expect(await readdir(directory)).toHaveLength(1);
    expect(await newestFile()).not.toContain('00000001');
    const again = await reopened();
    expect(again.damage).toEqual([]);
    expect([...again.state.open.keys()]).toEqual(open);
    expect(again.state.open.get('one')?.recipients.get('li')).toMatchObject({ state: 'attempted', attempts: 1 });
    await again.close();
  });

  it('forgets a way by which nobody may be told any more, so that whoever uses it again writes it down again', async () => {
    const ledger = await reopened({ maxSegmentBytes: 1 });
    const document = anAlertsDocument(dutyDocument(`webhook_configs: [{ url: 'http://hooks/one' }]`));
    const [integration] = integrationsOf(document, 'duty', at(0));
    if (integration === undefined) throw new Error('there is no webhook');
    const remembered = (): ReturnType<typeof rememberedWay> =>
      rememberedWay(integration, { state: ledger.state, document });
    const { id, records } = remembered();
    const told = (firing: readonly string[]): LedgerRecord => {
      const key = JSON.stringify(['group', 'duty', 'webhook', 0, 'webhook 1']);
      return { kind: 'told', key, entry: { firing, resolved: [], at: at(1), outcome: 'sent', way: id } };
    };
    await ledger.append([...records, told(['a@1'])]);
    expect(remembered().records).toEqual([]);
    await ledger.append([told([])]);
    for (let round = 0; round < 60; round += 1) await ledger.append([{ kind: 'central', silentSince: at(round) }]);
    expect(remembered().records).toEqual(records);
    await ledger.close();
  });

  it('says nothing twice of what comes while it is replaced', async () => {
    const ledger = await reopened({ maxSegmentBytes: 1 });
    await ledger.append([...story, { kind: 'intent', intent: intent('two') }]);
    const renewed = ledger.append([{ kind: 'attempt', id: 'two', to: ['zhang'], at: at(3) }]);
    const files = await newestFile();
    // the new segment is being made by now, or will be: these are in it, or behind it
    const later: Promise<void>[] = [];
    for (let round = 0; round < 50; round += 1) {
      later.push(ledger.append([{ kind: 'attempt', id: 'one', to: ['li'], at: at(4 + round) }]));
      await Promise.resolve();
    }
    await Promise.all([renewed, ...later]);
    await ledger.close();
    expect(await newestFile()).not.toBe(files);
    const again = await reopened();
    expect(again.state.open.get('one')?.recipients.get('li')?.attempts).toBe(51);
    expect(again.state.open.get('two')?.recipients.get('zhang')?.attempts).toBe(1);
    await again.close();
  });

  it('is written in one go for appends that come together', async () => {
    const ledger = await reopened();
    await Promise.all(story.map((record) => ledger.append([record])));
    await ledger.close();
    const lines = (await readFile(await newestFile(), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => decodeLine(line)?.kind)).toEqual(['ledger', 'alert', 'intent', 'attempt', 'sent']);
    expect(lines.every((line) => typeof JSON.parse(line) === 'object')).toBe(true);
  });

  it('that could not be made is made with the next record, and nothing is missing', async () => {
    const ledger = await reopened({ maxSegmentBytes: 1 });
    await ledger.append(story.slice(0, 2));
    // a new one may be begun at this moment
    await rm(directory, { recursive: true, maxRetries: 10 });
    // it is replaced when it is full: whoever comes after that hears that it could not be
    const outcome = (): Promise<unknown> =>
      ledger.append(story.slice(0, 1)).then(
        () => null,
        (error: unknown) => error,
      );
    await expect.poll(outcome).toMatchObject({ code: 'LedgerUnwritable', retryable: true });
    await mkdir(directory);
    await ledger.append(story.slice(2));
    await ledger.close();
    const again = await reopened();
    expect(again.state.open.get('one')?.recipients.get('zhang')?.state).toBe('sent');
    expect(again.state.open.get('one')?.recipients.get('li')?.state).toBe('attempted');
    await again.close();
  });

  it('is refused once closed', async () => {
    const ledger = await reopened();
    await ledger.close();
    await expect(ledger.append(story)).rejects.toMatchObject({ code: 'LedgerUnwritable' });
  });
});
