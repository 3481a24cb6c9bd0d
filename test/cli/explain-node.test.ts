// One node and one pod explained: what is meant, who is at fault, what waits for what; now, and out of the journal.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { explanationText } from '../../src/cli/explain.ts';
import { meantBy, type Meant } from '../../src/cli/explain/meant.ts';
import { plainPaint } from '../../src/cli/explain/page.ts';
import { explainMeant, explainPast, type Seen } from '../../src/cli/explain/sources.ts';
import { shippedTexts } from '../../src/config/texts.ts';
import { journalDirectory } from '../../src/journal/files.ts';
import { openJournal } from '../../src/journal/write.ts';
import type { Config } from '../../src/model/config.ts';
import type { Language } from '../../src/model/texts.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { rfc3339 } from '../../src/model/units.ts';
import { decide } from '../../src/policies/decide.ts';
import { aBudget, aConfig, aNodePolicy, aPod, aReplicaSet, at, noon, podsOf } from '../builders.ts';
import { pool, steady } from '../policies/nodes/worlds.ts';

const config: Config = aConfig([], [aNodePolicy()]);
const waiting = aPod('api-9')
  .ownedBy('ReplicaSet', 'api-abc')
  .requesting({ cpu: '3500m' })
  .meta({ creationTimestamp: rfc3339(at(-90)) })
  .unschedulable()
  .build();
const world = (): Snapshot =>
  pool(2)
    .replicaSets(aReplicaSet('shop', 'web'), aReplicaSet('shop', 'api'))
    .kubernetes({ poddisruptionbudgets: [aBudget('shop', 'web', { app: 'web' }, 0)] })
    .pods(...podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '1' }), waiting)
    .build();
const seen = (snapshot: Snapshot): Seen => ({
  snapshot,
  memory: steady(),
  now: noon,
  origin: { kind: 'live', where: 'test', memoryAt: null },
});
const explained = (meant: Meant, snapshot = world()) => explainMeant(seen(snapshot), config, meant);
const textOf = (meant: Meant, language: Language = 'en'): string =>
  explanationText(explained(meant), { ...config, texts: shippedTexts(language) }, 'UTC', plainPaint);

describe('meantBy', () => {
  it.each([
    [['node', 'w-1'], { kind: 'node', name: 'w-1' }],
    [['no/w-1'], { kind: 'node', name: 'w-1' }],
    [['pod', 'shop/web-1'], { kind: 'pod', namespace: 'shop', name: 'web-1' }],
    [['po', 'web-1', 'shop'], { kind: 'pod', namespace: 'shop', name: 'web-1' }],
    [['deploy', 'web', 'shop'], { kind: 'target', target: 'deploy/web', namespace: 'shop' }],
    [['deploy', 'shop/web'], { kind: 'target', target: 'shop/deploy/web', namespace: undefined }],
    [['shop/web'], { kind: 'target', target: 'shop/web', namespace: undefined }],
    [['nodegroup/a'], { kind: 'target', target: 'nodegroup/a', namespace: undefined }],
  ])('takes %j', ([first = '', second, third], expected) => {
    const isBare = second === undefined || first.includes('/');
    expect(meantBy(first, isBare ? undefined : second, third)).toEqual(expected);
  });

  it.each([
    ['pod', 'web-1', undefined],
    ['pod', 'shop/web-1', 'other'],
    ['pod', 'a/b/c', undefined],
    ['node', 'a/b', undefined],
  ])('refuses %s %s in %s', (first, second, namespace) => {
    expect(() => meantBy(first, second, namespace)).toThrow(/write|node/);
  });
});

describe('explain node', () => {
  it('names the budget at fault, each pod with its rule, and what would have to change', () => {
    const text = textOf({ kind: 'node', name: 'w-1' });
    expect(text).toContain('Node w-1 of default-worker: stays');
    for (const part of ['BlockedByPDB', 'shop/web', 'WHAT WOULD HAVE TO CHANGE', 'disruptions allowed now: 0'])
      expect(text).toContain(part);
    expect(explained({ kind: 'node', name: 'w-1' })).toMatchObject({
      tier: 'node',
      standing: { kept: { reason: 'BlockedByPDB', by: 'shop/web' } },
      facts: { utilization: { percent: 25, below: 50 }, pods: [{ name: 'web-1', move: 'blocked' }] },
    });
  });

  it('says of a group since when its reason has stood', () => {
    const fits = pool(2).build();
    const since = at(-3600);
    const memory = steady({ why: { reason: 'PoolFits', at: since } });
    const group = explainMeant({ ...seen(fits), memory }, config, {
      kind: 'target',
      target: 'nodegroup/default-worker',
      namespace: undefined,
    });
    const said = (language: Language): string =>
      explanationText(group, { ...config, texts: shippedTexts(language) }, 'UTC', plainPaint);
    expect(said('en')).toContain('PoolFits; policy workers, since 11:00:00 (1h ago)');
    expect(said('zh-CN')).toMatch(/PoolFits.*自 11:00:00/);
  });

  it('says what the node really uses where its policy asks', () => {
    const shrink = {
      usage: {
        cpu: { query: 'cpu', holdAbove: 0.6 },
        memory: { query: 'memory', holdAbove: 0.8 },
        letGo: { requestsBelow: 0.9, cpuBelow: 0.2, memoryBelow: 0.4 },
      },
    };
    const busy = pool(2)
      .answering('cpu', {
        status: 'success',
        data: { resultType: 'vector', result: [{ metric: { node: 'w-1' }, value: [noon / 1000, '0.72'] }] },
      })
      .build();
    const asking = aConfig([], [aNodePolicy({ shrink })]);
    const found = explainMeant(seen(busy), asking, { kind: 'node', name: 'w-1' });
    expect(found).toMatchObject({ standing: { kept: { reason: 'UsageTooHigh', by: 'cpu 72 % > 60 %' } } });
    for (const language of ['en', 'zh-CN'] as const) {
      const text = explanationText(found, { ...asking, texts: shippedTexts(language) }, 'UTC', plainPaint);
      expect(text.replaceAll(/\s+/g, ' ')).toMatch(/72 %.*60 %.*memory.*Prometheus was not asked.*90 %.*20 %.*40 %/);
      expect(text).not.toMatch(/\{\w+\}/);
    }
  });

  it('speaks Chinese, and knows a node that is not there by its neighbours', () => {
    expect(textOf({ kind: 'node', name: 'w-2' }, 'zh-CN')).toMatch(/节点 w-2/);
    expect(() => explained({ kind: 'node', name: 'w-3' })).toThrow(/there is no node "w-3".*did you mean w-/);
  });
});

describe('explain pod', () => {
  it('says since when it waits, what is ordered for it, and what refuses it', () => {
    const found = explained({ kind: 'pod', namespace: 'shop', name: 'api-9' });
    expect(found).toMatchObject({
      state: 'waiting',
      since: '2026-11-20T11:58:30Z',
      waits: { pods: 1, ordered: [{ nodeGroup: 'default-worker', nodes: 1 }], why: [{ rule: 'resource', nodes: 2 }] },
    });
    expect(textOf({ kind: 'pod', namespace: 'shop', name: 'api-9' })).toContain('not enough cpu (nodes: 2)');
  });

  it('says of one that runs whether it may move, and where it could go', () => {
    expect(explained({ kind: 'pod', namespace: 'shop', name: 'web-1' })).toMatchObject({
      state: 'running',
      node: 'w-1',
      move: { move: 'blocked', reason: 'BlockedByPDB' },
      places: [{ rule: 'room', nodes: 1, detail: 'w-2' }],
    });
  });
});

describe('of the past', () => {
  let directory = '';
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is in the journal: why a node stayed, that a pod waited, and that it waited no more', async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'springtide-past-'));
    const written: Config = { ...config, daemon: { ...config.daemon, state: { ...config.daemon.state, directory } } };
    const journal = openJournal({ directory: journalDirectory(directory), log: { warn: () => undefined } });
    const write = (snapshot: Snapshot, number: number): void => {
      const { plan, memory } = decide(snapshot, config, steady(), noon);
      const time = rfc3339(at(number * 60));
      journal.write({ number, plan: { ...plan, time }, outcomes: [], targets: memory.targets });
    };
    write(world(), 0);
    write(pool(2).build(), 5);
    await journal.close();
    const pod: Meant = { kind: 'pod', namespace: 'shop', name: 'api-9' };
    expect(await explainPast(written, { kind: 'node', name: 'w-1' }, at(60))).toMatchObject({
      tier: 'node',
      standing: { kept: { reason: 'BlockedByPDB' } },
      facts: null,
    });
    expect(await explainPast(written, pod, at(60))).toMatchObject({ tier: 'pod', state: 'waiting' });
    expect(await explainPast(written, pod, at(400))).toMatchObject({ tier: 'pod', state: 'placed', waits: null });
    await expect(explainPast(written, { ...pod, name: 'nobody' }, at(60))).rejects.toThrow(/nothing was decided/);
  });
});
