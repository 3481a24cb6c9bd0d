// What the audit log says of writes, and what is not written where it can say nothing.
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  drainOutcome,
  resizeOutcome,
  scaleOutcome,
  type Actuator,
  type Actuators,
} from '../../src/actuators/actuator.ts';
import { awaitsApproval, dryRun } from '../../src/actuators/rehearsal.ts';
import { openAuditLog, type AuditLog } from '../../src/audit/open.ts';
import { verify } from '../../src/audit/verify.ts';
import { systemClock } from '../../src/clock.ts';
import type { NodeDecision, PodDecision } from '../../src/model/plan.ts';
import type { ControlFacts } from '../../src/model/snapshot.ts';
import { decide } from '../../src/policies/decide.ts';
import { aConfig, aNodePolicy, aPodPolicy, answered, noon, podsOf } from '../builders.ts';
import { steady, world } from '../policies/pods/shop.ts';
import * as nodes from '../policies/nodes/worlds.ts';

let directory = '';
let done: string[] = [];
let said: string[] = [];
const config = aConfig([aPodPolicy('web', {})], [aNodePolicy({ nodeGroups: [{ name: nodes.group, min: 3, max: 9 }] })]);
const log = {
  error: (_: object, text: string) => void said.push(text),
  warn: (_: object, text: string) => void said.push(text),
};
const file = (): string => path.join(directory, 'audit.jsonl');
const moment = { now: noon, signal: new AbortController().signal, cluster: 'c-1' };
/** Does what it is told at once; `status` for all. */
const acting = (status: 'succeeded' | 'failed' = 'succeeded'): Actuators => {
  const parts = { status, ...(status === 'failed' && { code: 'Conflict', message: 'somebody was faster' }) };
  const act: Actuator = {
    scale: async (decision, at) => {
      done.push('scale');
      return Promise.resolve(scaleOutcome(decision, at, parts));
    },
    mark: () => Promise.resolve(),
    drain: (decision, step, at) => {
      done.push(step.step);
      return Promise.resolve(drainOutcome(decision, step, at, parts));
    },
    resize: (decision, at) => {
      done.push('resize');
      return Promise.resolve(resizeOutcome(decision, at, { ...parts, requestId: 'req-1' }));
    },
    tell: () => Promise.resolve(),
  };
  return { act, dryRun, confirm: awaitsApproval };
};
const opened = (): AuditLog => {
  const audit = openAuditLog({
    settings: { cluster: 'c-1', audit: { file: file() } },
    clock: systemClock,
    log,
    config: () => config,
  });
  if (audit === null) throw new Error('no audit log');
  return audit;
};
const lines = (): Record<string, unknown>[] =>
  readFileSync(file(), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'audited-'));
  done = [];
  said = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

const scaling = (load: number): PodDecision => {
  const [decision] = decide(world(4).answering('requests', answered(load)).build(), config, steady(), noon).plan.pods;
  if (decision === undefined) throw new Error('no decision');
  return decision;
};
const growing = (): NodeDecision =>
  nodes.tick(
    nodes
      .pool(1, nodes.workers(1))
      .pods(...podsOf('web', { 'w-1': 3 }, { cpu: '1' }))
      .build(),
    {
      policy: aNodePolicy({
        nodeGroups: [{ name: nodes.group, min: 3, max: 9 }],
        mode: { grow: 'act', shrink: 'act' },
      }),
    },
  ).decision;

describe('a write', () => {
  it('has a line before it and one after: who, what, why, before and after', async () => {
    const audit = opened();
    await audit.watching(acting()).act.scale(scaling(800), moment);
    const [intent, outcome] = lines();
    expect(intent).toMatchObject({
      audit: 1,
      cluster: 'c-1',
      event: 'scale',
      phase: 'intent',
      target: 'shop/Deployment/web',
      policy: 'shop/web',
      policyHash: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
      configHash: config.hash,
      reason: 'MetricAboveTarget',
      before: { replicas: 4 },
      after: { replicas: 8 },
    });
    expect(outcome).toMatchObject({ phase: 'outcome', intent: 1, status: 'succeeded', after: { replicas: 8 } });
    expect(await verify([file()])).toMatchObject({ lines: 2, broken: null });
    await audit.close();
  });

  it('of a resize has the request id of OpenStack, one that failed its code and nothing after', async () => {
    const audit = opened();
    const { act } = audit.watching(acting('failed'));
    await act.resize(growing(), moment);
    expect(lines()[0]).toMatchObject({
      event: 'resize',
      nodeGroup: nodes.group,
      magnum: 'c-1',
      before: { nodes: 1 },
      after: { nodes: 3 },
    });
    expect(lines()[1]).toMatchObject({ status: 'failed', code: 'Conflict', requestId: 'req-1', after: null });
    await audit.close();
  });

  it('that was allowed by a person says by whom', async () => {
    const audit = opened();
    const asked = {
      id: 'aaaa-bbbb',
      subject: 'shop/Deployment/web',
      way: 'pods.up',
      from: 4,
      to: 8,
      remove: [],
      by: 'wei',
      at: '',
    } as const;
    await audit.watching(acting()).act.scale({ ...scaling(800), asked }, moment);
    expect(lines()[0]).toMatchObject({ approvedBy: 'wei', plan: 'aaaa-bbbb' });
    await audit.close();
  });

  it('in a dry run has none', () => {
    const audit = opened();
    const watched = audit.watching(acting());
    expect(watched.dryRun).toBe(dryRun);
    expect(watched.confirm).toBe(awaitsApproval);
  });
});

describe('a log that cannot be written', () => {
  beforeEach(() => symlinkSync('/dev/full', file()));

  it('holds what takes away, lets go on what is waited for, and says both', async () => {
    const audit = opened();
    const { act } = audit.watching(acting());
    expect(await act.scale({ ...scaling(800), desired: 2 as never }, moment)).toMatchObject({
      status: 'refused',
      code: 'AuditUnwritable',
    });
    expect(await act.scale(scaling(800), moment)).toMatchObject({ status: 'succeeded' });
    expect(await act.resize(growing(), moment)).toMatchObject({ status: 'succeeded' });
    const begin = { step: 'begin', node: 'w-1', serverId: 'a', nodeGroup: nodes.group } as const;
    expect(await act.drain(growing(), begin, moment)).toMatchObject({ status: 'refused', code: 'AuditUnwritable' });
    const back = { step: 'rollBack', node: 'w-1', reason: 'NeededAgain', by: null } as const;
    expect(await act.drain(growing(), back, moment)).toMatchObject({ status: 'succeeded' });
    expect(done).toEqual(['scale', 'resize', 'rollBack']);
    expect(said).toEqual(['the audit log cannot be written: nothing is taken away until it can']);
    expect(audit.counts.lost).toBe(8);
    rmSync(file());
    await act.scale(scaling(800), moment);
    expect(lines()[0]).toMatchObject({ event: 'gap', lines: 8 });
    expect(said).toHaveLength(2);
    await audit.close();
  });
});

describe('what others change', () => {
  const control: ControlFacts = { off: ['pods.down'], until: null, by: 'wei', why: 'a test', releasedAt: null };
  const approval = {
    id: 'aaaa-bbbb',
    subject: 's',
    way: 'pods.up',
    from: 1,
    to: 2,
    remove: [],
    by: 'li',
    at: '2026-11-20T12:00:00Z',
  } as const;

  it('is a line each, once', async () => {
    const audit = opened();
    await audit.observe(config, undefined);
    await audit.observe(config, control);
    await audit.observe(config, control);
    await audit.observe({ ...config, hash: 'other' }, { ...control, approvals: [approval] });
    await audit.observe(
      { ...config, hash: 'other' },
      { ...control, off: [], by: 'li', releasedAt: '2026-11-20T12:00:00Z', approvals: [approval] },
    );
    expect(lines().map(({ event, by }) => [event, by])).toEqual([
      ['stop', 'wei'],
      ['config', undefined],
      ['approval', 'li'],
      ['release', 'li'],
    ]);
    expect(lines()[1]).toMatchObject({ before: config.hash, after: 'other' });
    expect(lines()[2]).toMatchObject({ plan: 'aaaa-bbbb', before: 1, after: 2 });
    await audit.close();
  });
});
