// The headline: what fires and nobody is on is never called calm, and a piece of news is no cause for a look.
import { expect, it } from 'vitest';
import type { FiringGroup, FiringGroups, NodeRow, PodRow } from '../../src/model/report.ts';
import { moodOf } from '../../src/web/mood.ts';

const resting = { pods: [], nodes: [], alerts: [], failures: [], errors: [], pendingPods: 0 };
const own = (severity: string) => ({ ...resting, alerts: [{ name: 'A', severity, summary: 's', since: '' }] });
const zhang = { by: 'zhang', at: '2026-11-11T00:00:00Z' };
const firing = (...groups: readonly Partial<FiringGroup>[]): FiringGroups => ({
  more: 0,
  groups: groups.map((one) => ({
    ...{ key: 'k', receiver: 'duty', severity: 'warning', title: 'Down', alerts: 1, since: '', isKeptBack: false },
    takenBy: null,
    ...one,
  })),
});
const pod = { action: 'scale', current: 2, desired: 4 } as PodRow;
const group = { action: 'none', current: 2, desired: 2, upcoming: 1 } as NodeRow;

it.each([
  ['nothing', resting, firing(), 'calm'],
  ['an alert that nobody is on', resting, firing({ severity: 'critical' }), 'attention'],
  ['one without a severity', resting, firing({ severity: '' }), 'attention'],
  ['one that somebody is on', resting, firing({ takenBy: zhang }), 'fits'],
  ['two, and somebody is on one', resting, firing({ takenBy: zhang }, {}), 'attention'],
  ['one that is silenced', resting, firing({ isKeptBack: true }), 'calm'],
  ['news', own('info'), firing({ severity: 'info' }), 'calm'],
  ['an alert of its own, silenced', own('warning'), firing({ isKeptBack: true }), 'calm'],
  ['one of its own, where the others are not known', own('warning'), null, 'attention'],
  ['news of its own, where the others are not known', own('info'), null, 'calm'],
  ['a way up', { ...resting, pods: [pod] }, firing(), 'moving'],
  ['a way up while somebody is on an alert', { ...resting, pods: [pod] }, firing({ takenBy: zhang }), 'moving'],
  ['a VM on its way', { ...resting, nodes: [group] }, firing(), 'moving'],
  ['a pod without a place', { ...resting, pendingPods: 1 }, firing(), 'moving'],
  ['a refusal', { ...resting, pods: [{ ...pod, action: 'refused' as const }] }, firing(), 'attention'],
  [
    'a source that cannot be read',
    { ...resting, errors: [{ source: 'nova', what: '', code: '', message: '' }] },
    firing(),
    'attention',
  ],
] as const)('of %s', (_, view, groups, mood) => {
  expect(moodOf(view as Parameters<typeof moodOf>[0], groups)).toBe(mood);
});
