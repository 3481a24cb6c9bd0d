// How a target stands, from its decision: one word for a glance, and the rows that a search finds.
import { expect, it } from 'vitest';
import type { PodRow } from '../../src/model/report.ts';
import { podRow } from '../../src/server/view.ts';
import { everything, holderOf, soughtOf, standingOf } from '../../src/web/standing.ts';
import type { PodDecision } from '../../src/model/plan.ts';
import type { Replicas } from '../../src/model/units.ts';
import { aPodDecision, aReport } from '../server/samples.ts';

function row(name: string, more: Partial<PodDecision>, current = 4, desired = current): PodRow {
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name };
  const counts = { current: current as Replicas, desired: desired as Replicas };
  return podRow(
    aPodDecision({ policy: { namespace: 'shop', name }, target, action: 'hold', ...counts, ...more }),
    aReport(),
  );
}

it.each([
  ['a way up', row('web', { action: 'scale', reason: 'MetricAboveTarget' }, 4, 8), 'moving', null],
  ['a target at rest', row('web', { action: 'none', reason: 'WithinTolerance' }), 'steady', null],
  ['one that waits for its window', row('web', { reason: 'ScaleDownStabilized' }), 'steady', null],
  ['one that sleeps', row('web', { action: 'none', reason: 'Inactive' }, 0), 'asleep', null],
  ['one that a schedule lets sleep', row('web', { reason: 'ScheduleWindow' }, 0), 'asleep', null],
  ['one on its way to sleep', row('web', { action: 'scale', reason: 'Inactive' }, 2, 0), 'moving', null],
  ['one that wakes', row('web', { action: 'scale', reason: 'Activated' }, 0, 2), 'moving', null],
  ['a zero by hand', row('web', { reason: 'ScalingDisabled' }, 0), 'paused', null],
  ['a pause', row('web', { reason: 'Paused' }), 'paused', null],
  ['a way to where it is paused', row('web', { action: 'scale', reason: 'PausedReplicas' }, 3, 5), 'moving', null],
  ['a guard', row('web', { reason: 'GuardTripped' }), 'held', 'guard'],
  ['a switch', row('web', { reason: 'SwitchedOff' }), 'held', 'switch'],
  ['another autoscaler', row('web', { reason: 'ForeignAutoscaler' }), 'attention', null],
  ['a fallback that scales', row('web', { action: 'scale', reason: 'FallbackReplicas' }, 4, 8), 'attention', null],
  ['a refusal', row('web', { action: 'refused', reason: 'MetricAboveTarget' }), 'attention', null],
] as const)('%s', (_name, seen, standing, holder) => {
  expect([standingOf(seen), holderOf(seen)]).toEqual([standing, holder]);
});

it('finds by a part of any name, and counts how those stand', () => {
  const rows = [
    row('web', { reason: 'Paused' }),
    row('web-admin', { action: 'none', reason: 'Inactive' }, 0),
    row('cart', { reason: 'GuardTripped' }),
  ];
  const names = (found: readonly PodRow[]): string[] => found.map(({ target }) => target.name);
  const web = soughtOf(rows, { text: ' WEB', standing: 'asleep' });
  expect([names(web.rows), web.counts]).toEqual([
    ['web-admin'],
    { all: 2, attention: 0, held: 0, paused: 1, asleep: 1, moving: 0, steady: 0 },
  ]);
  expect(names(soughtOf(rows, everything).rows)).toEqual(['web', 'web-admin', 'cart']);
  expect(names(soughtOf(rows, { text: 'shop/cart', standing: 'all' }).rows)).toEqual(['cart']);
});
