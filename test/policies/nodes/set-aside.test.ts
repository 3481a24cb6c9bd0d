// Nodes whose drain has failed: remembered, left out for longer each time, told while they could not be marked, and forgotten.
import { describe, expect, it } from 'vitest';
import type { FailedDrain } from '../../../src/model/memory.ts';
import type { DrainOutcome } from '../../../src/model/outcome.ts';
import { memoryShape } from '../../../src/state/memory-shape.ts';
import { record } from '../../../src/policies/record.ts';
import { aNode, aNodePolicy, at, noon } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

const day = 86_400;
const outcomeOf = (more: Partial<DrainOutcome>): DrainOutcome => ({
  kind: 'drain',
  nodeGroup: group,
  node: 'w-2',
  step: 'rollBack',
  at: '2026-11-20T12:00:00Z',
  status: 'succeeded',
  ...more,
});
const unmarked: FailedDrain = { at: at(0), code: 'Forbidden', message: 'no', step: 'begin', times: 1 };
const timedOut: FailedDrain = { at: at(0), code: 'DrainTimedOut', message: 'shop/web-1', step: 'rollBack', times: 1 };
const failedOf = (memory: ReturnType<typeof steady>) => memory.groups[group]?.failedDrains;

describe('a drain that failed', () => {
  it.each<[string, DrainOutcome, FailedDrain, string]>([
    [
      'before it began',
      outcomeOf({ step: 'begin', status: 'failed', code: 'Forbidden', message: 'no' }),
      unmarked,
      'w-2: no',
    ],
    ['after its time', outcomeOf({ code: 'DrainTimedOut', message: 'shop/web-1' }), timedOut, 'shop/web-1'],
    [
      'by a budget that was spent for too long',
      outcomeOf({ code: 'BlockedByPDB', message: 'shop/web' }),
      { ...timedOut, code: 'BlockedByPDB', message: 'shop/web' },
      'shop/web',
    ],
  ])('%s is remembered of its node, and its group rests', (_, outcome, failed, message) => {
    const { groups } = record(steady(), [outcome], at(0));
    expect(groups[group]).toMatchObject({
      drainFailure: { at: at(0), code: failed.code, message },
      failedDrains: { 'w-2': failed },
    });
  });

  it('is counted, each kind of failure alike, and each node by itself', () => {
    const first = record(steady(), [outcomeOf({ code: 'DrainTimedOut', message: 'shop/web-1' })], at(0));
    const second = record(
      first,
      [
        outcomeOf({ step: 'begin', status: 'failed', code: 'Forbidden', message: 'no' }),
        outcomeOf({ node: 'w-3', code: 'DrainTimedOut' }),
      ],
      at(0),
    );
    expect(failedOf(second)).toMatchObject({ 'w-2': { times: 2, code: 'Forbidden' }, 'w-3': { times: 1 } });
  });

  it('keeps of a hundred pods in its way the first few', () => {
    const message = Array.from({ length: 100 }, (_, index) => `shop/web-${index}`).join(', ');
    const failed = failedOf(record(steady(), [outcomeOf({ code: 'DrainTimedOut', message })], at(0)))?.['w-2'];
    expect(failed?.message).toBe(message.slice(0, 300));
  });

  it.each<[string, Partial<DrainOutcome>]>([
    ['the lease was lost', { step: 'begin', status: 'failed', code: 'NotLeading' }],
    ['it was switched off', { step: 'begin', status: 'refused', code: 'SwitchedOff' }],
    ['the node had moved on', { step: 'begin', status: 'refused', code: 'Moved' }],
    ['its batch was not whole', { code: 'BatchIncomplete' }],
    ['it is needed again', { code: 'NeededAgain' }],
    ['its pods have no other place', { code: 'NoPlaceToMovePods' }],
    ['taking it back has failed', { status: 'failed', code: 'DrainTimedOut' }],
  ])('is none where %s', (_, more) => {
    const { groups } = record(steady(), [outcomeOf(more)], at(0));
    expect(groups[group]).toMatchObject({ drainFailure: null });
    expect(groups[group]).not.toHaveProperty('failedDrains');
  });

  it('is the cloud’s where another server left: the group stands, and the node is not blamed', () => {
    const { groups } = record(steady(), [outcomeOf({ code: 'WrongServerLeft', message: 'server' })], at(0));
    expect(groups[group]).toMatchObject({ removal: 'refuted', drainFailure: { code: 'WrongServerLeft' } });
    expect(groups[group]).not.toHaveProperty('failedDrains');
  });

  it('is not forgotten by a restart', () => {
    const memory = steady({ failedDrains: { 'w-2': { ...timedOut, times: 3 } } });
    expect(memoryShape.parse(JSON.parse(JSON.stringify(memory)))).toEqual(memory);
  });
});

describe('its node', () => {
  const after = (seconds: number, failed: FailedDrain, afterFailure = '3m', nodes = workers(3)) => {
    const memory = steady({ failedDrains: { 'w-2': { ...failed, at: at(-seconds) } } });
    return tick(pool(nodes.length, nodes).build(), {
      policy: aNodePolicy({
        nodeGroups: [{ name: group, min: 1, max: 9 }],
        shrink: { unneededFor: '0s', afterFailure, unready: { action: 'remove', after: '1m' } },
      }),
      memory: {
        ...memory,
        nodes: { ...memory.nodes, 'w-2': { ready: true, unneededSince: at(-120), emptySince: null } },
      },
      daemon: { mode: 'act' },
    });
  };

  it.each<[number, string, number]>([
    [1, '3m', 1800],
    [2, '3m', 3600],
    [4, '3m', 4 * 3600],
    [5, '3m', 8 * 3600],
    [6, '3m', 8 * 3600],
    [1, '1h', 7200],
    [2, '1h', 4 * 3600],
    [9, '6h', 12 * 3600],
  ])('is left out after %i failures, where the group rests for %s, for %i s', (times, afterFailure, pause) => {
    const failed = { ...timedOut, times };
    const within = after(pause - 1, failed, afterFailure);
    expect(within.decision.kept).toContainEqual({
      node: 'w-2',
      reason: 'DrainFailedBefore',
      by: `${times} × DrainTimedOut: shop/web-1`,
      since: new Date(noon - (pause - 1) * 1000).toISOString().replace('.000Z', 'Z'),
      until: '2026-11-20T12:00:01Z',
    });
    expect(within.decision.drains.map(({ node }) => node)).not.toContain('w-2');
    const later = after(pause, failed, afterFailure);
    expect(later.decision.kept.filter(({ reason }) => reason === 'DrainFailedBefore')).toEqual([]);
    expect(failedOf(later.memory)).toEqual({ 'w-2': { ...failed, at: at(-pause) } });
  });

  it('begins anew a day after its pause has ended', () => {
    expect(failedOf(after(1800 + day - 1, timedOut).memory)).toHaveProperty('w-2');
    expect(failedOf(after(1800 + day, timedOut).memory)).toBeUndefined();
  });

  it('is forgotten when it has left', () => {
    const others = workers(3).filter(({ metadata }) => metadata.name !== 'w-2');
    expect(failedOf(after(60, timedOut, '3m', others).memory)).toBeUndefined();
  });

  it.each<[string, FailedDrain, boolean]>([
    ['is replaced all the same: nothing runs there that could refuse to leave', timedOut, true],
    ['waits where it could not be marked: that may be so still', unmarked, false],
  ])('that does not answer any more %s', (_, failed, leaves) => {
    const silent = aNode('w-2').notReady(at(-600)).build();
    const nodes = workers(4).map((node) => (node.metadata.name === 'w-2' ? silent : node));
    const { drains } = after(600, failed, '3m', nodes).decision;
    expect(drains.map(({ node }) => node).includes('w-2')).toBe(leaves);
  });

  it.each<[number, FailedDrain, number]>([
    [0, unmarked, 1],
    [299, unmarked, 1],
    [300, unmarked, 0],
    [0, timedOut, 0],
  ])('is told by the memory for five minutes where it could not be marked: after %i s', (seconds, failed, count) => {
    const { alerts } = after(seconds, failed).plan;
    const names = alerts.filter(({ labels }) => labels['alertname'] === 'SpringtideDrainFailed');
    expect(names.map(({ labels }) => labels['node'])).toEqual(Array.from({ length: count }, () => 'w-2'));
  });
});
