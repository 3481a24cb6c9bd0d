// The decision journal: what is written and when, its bounds, crashes and full disks, and finding what was in force.
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/journal/entry.ts';
import { fileOf, type JournalLimits } from '../../src/journal/files.ts';
import { inForceAt, mentionedAt } from '../../src/journal/read.ts';
import { openJournal, type DecisionJournal, type JournalTick } from '../../src/journal/write.ts';
import { emptyTargetMemory } from '../../src/model/memory.ts';
import type { PodDecision } from '../../src/model/plan.ts';
import { minutes, rfc3339, type Instant, type Replicas } from '../../src/model/units.ts';
import { at, noon } from '../builders.ts';

let directory: string;
let warnings: string[];
const log = { warn: (_: object, text: string) => warnings.push(text) };
beforeEach(async () => {
  directory = path.join(await mkdtemp(path.join(tmpdir(), 'springtide-journal-')), 'decisions');
  warnings = [];
});
afterEach(() => rm(path.dirname(directory), { recursive: true, force: true }));

const key = 'shop/Deployment/web';

function aDecision(more: Partial<PodDecision> = {}, name = 'web'): PodDecision {
  return {
    policy: { namespace: 'shop', name },
    target: { kind: 'Deployment', namespace: 'shop', name },
    mode: 'act',
    current: 4 as Replicas,
    desired: 4 as Replicas,
    action: 'none',
    reason: 'WithinTolerance',
    limitedBy: [],
    conditions: [],
    steps: [],
    metrics: [],
    until: null,
    facts: {},
    message: 'all is well',
    governedBy: null,
    ...more,
  };
}

function aTick(time: Instant, ...pods: readonly PodDecision[]): JournalTick {
  const targets = { [key]: { ...emptyTargetMemory, seen: 4 } };
  return {
    number: 1,
    plan: { time: rfc3339(time), configHash: 'abc', pods, nodes: [], alerts: [] },
    outcomes: [],
    targets,
  };
}

async function written(day = '2026-11-20'): Promise<JournalEntry[]> {
  const text = await readFile(fileOf(directory, day), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalEntry);
}

async function journalOf(ticks: readonly JournalTick[], limits?: JournalLimits): Promise<DecisionJournal> {
  const journal = openJournal({ directory, log, ...(limits === undefined ? {} : { limits }) });
  for (const tick of ticks) {
    journal.write(tick);
    await journal.close();
  }
  return journal;
}

describe('writing', () => {
  it('writes a decision whole when it changes, and not while only its numbers move', async () => {
    const scaled = aDecision({ action: 'scale', desired: 8 as Replicas, reason: 'MetricAboveTarget' });
    const reading = { name: 'requests', target: 100, ageSeconds: 3, proposal: 4, state: 'ok' as const };
    const same = [400, 401, 402].map((value) => aDecision({ metrics: [{ ...reading, value }] }));
    await journalOf([...same.map((one, index) => aTick(at(index * 15), one)), aTick(at(45), scaled)]);
    const entries = await written();
    expect(entries.map(({ time, decision }) => [time, 'reason' in decision ? decision.reason : null])).toEqual([
      ['2026-11-20T12:00:00Z', 'WithinTolerance'],
      ['2026-11-20T12:00:45Z', 'MetricAboveTarget'],
    ]);
    expect(entries[0]).toMatchObject({ key, tier: 'pods', configHash: 'abc', outcome: null, memory: { seen: 4 } });
  });

  it.each([
    { what: 'a metric is unknown', more: { metrics: [{ name: 'cpu', state: 'unknown' }] } },
    { what: 'something else limits', more: { limitedBy: ['ScaleUpLimit'] } },
    { what: 'the mode is another', more: { mode: 'dryRun' } },
    { what: 'a hold ends at another time', more: { until: rfc3339(at(3600)) } },
  ] as { what: string; more: Partial<PodDecision> }[])('takes it for a change that $what', async ({ more }) => {
    await journalOf([aTick(noon, aDecision()), aTick(at(15), aDecision(more))]);
    expect(await written()).toHaveLength(2);
  });

  it('writes what stays the same at least every ten minutes', async () => {
    const ticks = Array.from({ length: 4 * 60 }, (_, index) => aTick(at(index * 15), aDecision()));
    await journalOf(ticks);
    const times = (await written()).map(({ time }) => Date.parse(time));
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(times.length).toBeGreaterThanOrEqual(6);
    expect(times.length).toBeLessThanOrEqual(8);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(minutes(10));
  });

  it('begins a file for each day and keeps seven', async () => {
    const day = 86_400;
    for (let index = 0; index < 9; index++) await journalOf([aTick(at(index * day), aDecision())]);
    expect(await readdir(directory)).toEqual(
      ['22', '23', '24', '25', '26', '27', '28'].map((date) => `decisions-2026-11-${date}.jsonl`),
    );
  });

  it('stays under its size: the day ends when it is full, and the oldest days go', async () => {
    const limits = { days: 7, totalBytes: 3000, dayBytes: 1000 };
    await mkdir(directory, { recursive: true });
    for (const day of ['2026-11-17', '2026-11-18', '2026-11-19'])
      await writeFile(fileOf(directory, day), 'x'.repeat(900));
    const ticks = Array.from({ length: 9 }, (_, index) =>
      aTick(at(index * 15), aDecision({ current: index as Replicas })),
    );
    const journal = openJournal({ directory, log, limits });
    for (const tick of ticks) {
      journal.write(tick);
      await journal.close();
    }
    expect(await readdir(directory)).toEqual(['18', '19', '20'].map((date) => `decisions-2026-11-${date}.jsonl`));
    expect(journal.counts.dropped).toBeGreaterThan(0);
    expect(journal.counts.written + journal.counts.dropped).toBe(9);
    expect(warnings).toEqual(['the decision journal of this day is full']);
  });

  it('never fails a tick: what cannot be written is counted and told once', async () => {
    await mkdir(path.dirname(directory), { recursive: true });
    await writeFile(directory, 'a file where the directory should be');
    const journal = openJournal({ directory, log });
    for (const second of [0, 15, 30]) {
      journal.write(aTick(at(second), aDecision({ current: second as Replicas })));
      await journal.close();
    }
    expect(journal.counts).toEqual({ written: 0, dropped: 0, failed: 3 });
    expect(warnings).toHaveLength(1);
  });
});

it('keeps a few ticks waiting for a slow disk, no more', async () => {
  const journal = openJournal({ directory, log });
  for (let index = 0; index < 10; index++)
    journal.write(aTick(at(index * 15), aDecision({ current: index as Replicas })));
  await journal.close();
  expect(journal.counts).toEqual({ written: 4, dropped: 6, failed: 0 });
});

describe('reading', () => {
  const story = [
    aTick(noon, aDecision(), aDecision({}, 'api')),
    aTick(at(60), aDecision({ action: 'hold', reason: 'ScaleDownStabilized' })),
    aTick(at(120), aDecision({ action: 'hold', reason: 'ScaleDownStabilized', message: 'still' })),
    aTick(at(180), aDecision({ action: 'scale', desired: 2 as Replicas })),
  ];

  it.each([
    { when: 'between two', second: 90, found: at(60), next: at(180) },
    { when: 'just when one was written', second: 60, found: at(60), next: at(180) },
    { when: 'after the last', second: 9000, found: at(180), next: null },
    { when: 'days later', second: 3 * 86_400, found: at(180), next: null },
  ])('finds what was in force $when, and the next change', async ({ second, found, next }) => {
    await journalOf(story);
    const answer = await inForceAt(directory, key, at(second));
    expect([answer?.entry.time, answer?.next?.time ?? null]).toEqual([
      rfc3339(found),
      next === null ? null : rfc3339(next),
    ]);
  });

  it('says since when it stands, over heartbeats and restarts', async () => {
    await journalOf(story.slice(0, 2));
    await journalOf(story.slice(2));
    const answer = await inForceAt(directory, key, at(130));
    expect([answer?.entry.time, answer?.since]).toEqual([rfc3339(at(120)), rfc3339(at(60))]);
  });

  it('finds the next change on another day', async () => {
    await journalOf([
      aTick(noon, aDecision()),
      aTick(at(86_400), aDecision()),
      aTick(at(2 * 86_400), aDecision({ current: 9 as Replicas })),
    ]);
    expect((await inForceAt(directory, key, at(5)))?.next?.time).toBe('2026-11-22T12:00:00Z');
  });

  it('knows nothing of before the first, of others, and of a directory that is not there', async () => {
    await journalOf(story);
    expect(await inForceAt(directory, key, at(-1))).toBeNull();
    expect(await inForceAt(directory, 'shop/Deployment/we', at(90))).toBeNull();
    expect(await inForceAt(`${directory}-not`, key, at(90))).toBeNull();
    expect([...(await mentionedAt(directory, at(90))).keys]).toEqual([key, 'shop/Deployment/api']);
  });

  it('passes over a line that a crash has torn, and writes on behind it', async () => {
    await journalOf(story.slice(0, 1));
    await appendFile(
      fileOf(directory, '2026-11-20'),
      '{"time":"2026-11-20T12:00:30Z","tick":3,"key":"shop/Deployment/web","dec',
    );
    await journalOf(story.slice(1));
    expect((await inForceAt(directory, key, at(50)))?.entry.time).toBe('2026-11-20T12:00:00Z');
    expect((await inForceAt(directory, key, at(65)))?.entry.time).toBe('2026-11-20T12:01:00Z');
  });
});
