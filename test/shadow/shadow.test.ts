// A rehearsal beside another autoscaler, told from the journal alone: minutes above and below, shortfalls, VMs, the exit status.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerShadow } from '../../src/cli/shadow.ts';
import type { JournalEntry } from '../../src/journal/entry.ts';
import { openJournal, type JournalTick } from '../../src/journal/write.ts';
import type { KeptNode, NodeDecision, PodDecision } from '../../src/model/plan.ts';
import { rfc3339, type Instant, type Replicas } from '../../src/model/units.ts';
import { minutesApart, ShadowComparison, type Comparison } from '../../src/shadow/compare.ts';
import { at, noon } from '../builders.ts';

const aPod = (live: number, ours: number, more: Partial<PodDecision> = {}): PodDecision => ({
  policy: { namespace: 'shop', name: 'web' },
  target: { kind: 'Deployment', namespace: 'shop', name: 'web' },
  mode: 'dryRun',
  current: live as Replicas,
  desired: ours as Replicas,
  action: live === ours ? 'none' : 'scale',
  reason: 'MetricAboveTarget',
  limitedBy: [],
  conditions: [],
  steps: [],
  metrics: [],
  until: null,
  facts: {},
  message: '',
  governedBy: null,
  ...more,
});
const kept = (node: string): KeptNode => ({ node, reason: 'NotUnderutilized', by: null, since: null, until: null });
const aGroup = (nodes: readonly string[], leaving: readonly string[] = []): NodeDecision => ({
  policy: { name: 'workers' },
  nodeGroup: 'default-worker',
  mode: 'dryRun',
  current: nodes.length,
  desired: nodes.length - leaving.length,
  action: leaving.length === 0 ? 'none' : 'shrink',
  reason: 'PoolFits',
  for: [],
  remove: leaving.map((node) => ({ node, serverId: node })),
  resize: null,
  drains: leaving.map((node) => ({ step: 'begin', node, serverId: node, nodeGroup: 'default-worker' })),
  kept: nodes.filter((node) => !leaving.includes(node)).map(kept),
  upcoming: 0,
  until: null,
  facts: {},
  message: '',
});
const podEntry = (time: Instant, decision: PodDecision): JournalEntry => ({
  time: rfc3339(time),
  tick: 1,
  key: `shop/Deployment/${decision.target.name}`,
  configHash: 'a',
  tier: 'pods',
  decision,
  outcome: null,
  memory: null,
});
const nodeEntry = (time: Instant, decision: NodeDecision): JournalEntry => ({
  time: rfc3339(time),
  tick: 1,
  key: 'nodegroup/default-worker',
  configHash: 'a',
  tier: 'nodes',
  decision,
  outcomes: [],
});
const minute = (count: number): Instant => at(count * 60);

function compared(
  entries: readonly (readonly [number, (time: Instant) => JournalEntry])[],
  from = noon,
): readonly Comparison[] {
  const comparison = new ShadowComparison(from);
  for (const [when, entry] of entries) comparison.take(entry(minute(when)), minute(when));
  return comparison.end();
}
const pod =
  (live: number, ours: number, more: Partial<PodDecision> = {}) =>
  (time: Instant) =>
    podEntry(time, aPod(live, ours, more));
const group =
  (nodes: readonly string[], leaving: readonly string[] = []) =>
  (time: Instant) =>
    nodeEntry(time, aGroup(nodes, leaving));

describe('replicas', () => {
  it('are counted while they are above and below, with the largest shortfall and when', () => {
    const [web] = compared([
      [0, pod(4, 4)],
      [10, pod(4, 9)],
      [12, pod(8, 9)],
      [15, pod(9, 9)],
      [30, pod(9, 5)],
      [40, pod(5, 5)],
    ]);
    expect(web).toEqual({
      tier: 'pods',
      policy: 'shop/web',
      minutesSeen: 40,
      minutesAbove: 10,
      minutesBelow: 5,
      surplus: 40,
      missing: 13,
      largestShortfall: { by: 5, at: rfc3339(minute(10)), of: 'shop/web' },
      removedByUsOnly: [],
      removedByOtherOnly: [],
    });
  });

  it('count from the time that was asked for, with what stood before', () => {
    expect(
      compared([
        [-5, pod(4, 6)],
        [5, pod(4, 4)],
      ]),
    ).toMatchObject([{ minutesSeen: 5, minutesBelow: 5, missing: 10 }]);
  });

  it('of a policy that acts, or that could not be read, are not compared', () => {
    const acting = pod(4, 9, { mode: 'act' });
    const unread = pod(4, 9, { current: null });
    expect(
      compared([
        [0, acting],
        [5, unread],
        [10, acting],
      ]),
    ).toEqual([]);
    expect(
      compared([
        [0, pod(4, 9)],
        [5, acting],
        [10, acting],
      ]),
    ).toMatchObject([{ minutesSeen: 5 }]);
  });

  it('are not known while springtide did not run', () => {
    expect(
      compared([
        [0, pod(4, 9)],
        [10, pod(4, 9)],
        [300, pod(4, 9)],
        [310, pod(9, 9)],
      ]),
    ).toMatchObject([{ minutesSeen: 20, minutesBelow: 20 }]);
  });

  it('of several targets are one policy', () => {
    const api = pod(2, 3, { target: { kind: 'Deployment', namespace: 'shop', name: 'api' } });
    expect(
      compared([
        [0, pod(4, 4)],
        [0, api],
        [10, pod(4, 4)],
        [10, api],
      ]),
    ).toMatchObject([{ minutesSeen: 20, minutesBelow: 10, largestShortfall: { by: 1, of: 'shop/api' } }]);
  });

  it('are never apart for longer than they were seen', () => {
    const step = fc.record({ after: fc.integer({ min: 0, max: 40 }), live: fc.nat(9), ours: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let when = 0;
        const entries = steps.map(({ after, live, ours }) => [(when += after), pod(live, ours)] as const);
        for (const one of compared(entries)) {
          expect(minutesApart(one)).toBeLessThanOrEqual(one.minutesSeen + 0.2);
          expect(one.minutesSeen).toBeLessThanOrEqual(when);
          expect(one.largestShortfall === null).toBe(one.minutesBelow === 0);
        }
      }),
    );
  });
});

describe('VMs', () => {
  it('that one would have given back and the other not are named', () => {
    const [workers] = compared([
      [0, group(['w-1', 'w-2', 'w-3'])],
      [10, group(['w-1', 'w-2', 'w-3'], ['w-2', 'w-3'])],
      [20, group(['w-2', 'w-3'], ['w-2'])],
      [30, group(['w-2'])],
    ]);
    expect(workers).toMatchObject({
      tier: 'nodes',
      policy: 'workers',
      minutesAbove: 20,
      removedByUsOnly: ['default-worker/w-2'],
      removedByOtherOnly: ['default-worker/w-1'],
    });
  });

  it('are not gone because nobody could look', () => {
    const unread = (time: Instant) => nodeEntry(time, { ...aGroup([]), current: null, desired: null });
    expect(
      compared([
        [0, group(['w-1'])],
        [5, unread],
        [10, group(['w-1'])],
        [15, group(['w-1'])],
      ]),
    ).toMatchObject([{ minutesSeen: 10, removedByOtherOnly: [] }]);
  });
});

describe('springtide shadow report', () => {
  let directory = '';
  beforeEach(async () => {
    directory = path.join(await mkdtemp(path.join(tmpdir(), 'shadow-')), 'decisions');
    const journal = openJournal({ directory, log: { warn: () => undefined } });
    const story: readonly (readonly [number, PodDecision, NodeDecision])[] = [
      [0, aPod(4, 4), aGroup(['w-1', 'w-2'])],
      [10, aPod(4, 9), aGroup(['w-1', 'w-2'], ['w-2'])],
      [20, aPod(9, 9), aGroup(['w-1', 'w-2'], ['w-2'])],
      [30, aPod(9, 9), aGroup(['w-1', 'w-2'])],
    ];
    for (const [when, web, workers] of story) {
      const tick: JournalTick = {
        number: when,
        plan: { time: rfc3339(minute(when)), configHash: 'a', pods: [web], nodes: [workers], alerts: [] },
        outcomes: [],
        targets: {},
      };
      journal.write(tick);
      await journal.close();
    }
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
    await rm(path.dirname(directory), { recursive: true, force: true });
  });

  async function run(...words: string[]): Promise<{ readonly out: string; readonly code: unknown }> {
    let out = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    });
    process.exitCode = undefined;
    const program = new Command('springtide').exitOverride();
    registerShadow(program);
    const since = ['--since', rfc3339(noon), '--journal', directory];
    await program.parseAsync(['shadow', 'report', ...since, ...words], { from: 'user' });
    return { out, code: process.exitCode };
  }

  it('tells it of each policy, in both languages', async () => {
    const { out, code } = await run();
    expect(code).toBeUndefined();
    expect(out).toContain('shop/web (replicas), 30 min seen');
    expect(out).toContain('fewer: 10 min, 50 in all times minutes');
    expect(out).toContain('the largest shortfall: 5 of shop/web, from 2026-11-20T12:10:00Z');
    expect(out).toContain('springtide would have given back 1 VMs that stayed: default-worker/w-2');
    expect((await run('--lang', 'zh-CN')).out).toContain('最大缺口：shop/web 少 5');
    expect(`${out}${(await run('--lang', 'zh-CN')).out}`).not.toMatch(/\{\w+\}/);
  });

  it('ends with 4 when a policy was apart for longer than is allowed', async () => {
    expect((await run('--threshold', '25')).code).toBeUndefined();
    const { out, code } = await run('--threshold', '15', '--output', 'json');
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({
      over: ['workers'],
      policies: [{ policy: 'shop/web' }, { policy: 'workers' }],
    });
  });

  it('says so where there is no journal, or no time', async () => {
    await rm(directory, { recursive: true });
    await expect(run()).rejects.toMatchObject({ code: 'UsageInvalid' });
    await expect(run('--since', 'yesterday')).rejects.toMatchObject({ code: 'UsageInvalid' });
  });
});
