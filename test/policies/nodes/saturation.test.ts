// Saturation orders one node at a time: by fresh samples, for long enough.
import { describe, expect, it } from 'vitest';
import type { Memory } from '../../../src/model/memory.ts';
import { ageQuestionsOf } from '../../../src/promql/batch.ts';
import { questionsOf } from '../../../src/targets/questions.ts';
import { aConfig, aNodeGroup, answered, at, noon } from '../../builders.ts';
import { act, group, pool, rising, steady, tick, wanting, workers } from './worlds.ts';

describe('saturation', () => {
  const growth = { saturation: [{ query: 'busy', above: 0.85, for: '3m' }] };
  const policy = wanting({ growth });
  const since = (second: number): Memory => ({ ...steady(), saturatedSince: { 'workers 0.85 busy': at(second) } });

  it.each([
    ['for too short a time', 0.9, since(-170), 'PoolFits', 1],
    ['for long enough', 0.9, since(-180), 'Saturated', 2],
    ['not at all', 0.85, since(-600), 'PoolFits', 1],
  ])('above the threshold %s', (_, value, memory, reason, desired) => {
    const { decision } = tick(pool(1).answering('busy', value).build(), { policy, memory });
    expect(decision).toMatchObject({ reason, desired });
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });

  it('keeps its time in memory, and begins anew where nothing is known', () => {
    const first = tick(pool(1).answering('busy', 0.9).build(), { policy });
    expect(first.memory.saturatedSince).toEqual({ 'workers 0.85 busy': noon });
    const second = tick(pool(1).answering('busy', 0.95).build(), { policy, memory: first.memory, now: at(60) });
    expect(second.memory.saturatedSince).toEqual({ 'workers 0.85 busy': noon });
    const unknown = tick(pool(1).build(), { policy, memory: since(-600) });
    expect(unknown.decision.action).toBe('none');
    expect(unknown.memory.saturatedSince).toBeUndefined();
  });

  it.each([
    ['fresh', 119, 'Saturated', 'grow'],
    ['too old', 121, 'SaturationUnknown', 'none'],
    ['of unknown age', null, 'SaturationUnknown', 'none'],
  ])('orders by samples that are %s', (_, age, reason, action) => {
    const { decision, memory } = tick(
      pool(1)
        .answering('busy', 0.9)
        .answering(ageQuestionsOf('busy', null)[0] ?? '', answered(age))
        .build(),
      { policy, memory: since(-600) },
    );
    expect(decision).toMatchObject({ reason, action });
    expect(decision.message).not.toMatch(/\{\w+\}/);
    expect(memory.saturatedSince === undefined).toBe(action === 'none');
  });

  it('is told when nothing is known of it for a minute', () => {
    const failed = pool(1).failing({
      source: 'prometheus',
      what: 'busy',
      code: 'Timeout',
      message: 'no answer in 5 s',
    });
    const first = tick(failed.build(), { policy });
    const { plan } = tick(failed.build(), { policy, memory: first.memory, now: at(61) });
    expect(plan.alerts.map(({ labels }) => labels['alertname'])).toContain('SpringtideSaturationUnknown');
    expect(plan.nodes[0]?.facts['what']).toContain('no answer in 5 s');
  });

  it('has the age of each of its samples asked', () => {
    const asked = questionsOf(
      aConfig([], [wanting({ growth: { saturation: [{ query: 'a / b', above: 1, for: '1m' }] } })]),
      [],
    );
    expect(asked.filter((text) => text.includes('timestamp('))).toHaveLength(2);
  });

  it('gets one node at a time: while one is on its way no other is ordered', () => {
    const memory = { ...since(-600), groups: steady({ ordered: [{ at: at(-60), count: 1 }] }).groups };
    const { decision, memory: after } = tick(pool(2, workers(1)).answering('busy', 0.99).build(), { policy, memory });
    expect(decision).toMatchObject({ action: 'none', reason: 'NodesUpcoming' });
    expect(after.saturatedSince).toBeUndefined();
  });

  it('asks for no more where a group grows anyway, and takes the next group where the first may not', () => {
    const snapshot = rising().answering('busy', 0.99).build();
    expect(tick(snapshot, { ...act, policy, memory: since(-600) }).decision).toMatchObject({
      desired: 2,
      reason: 'ReplicasWillNotFit',
    });
    const groups = [
      { name: group, min: 1, max: 1 },
      { name: 'spare', min: 0, max: 3, prefer: 2 },
    ];
    const { plan } = tick(
      pool(1).groups(aNodeGroup(group, 1), aNodeGroup('spare', 0)).answering('busy', 0.99).build(),
      { policy: wanting({ growth }, groups), memory: since(-600) },
    );
    expect(plan.nodes.map(({ desired }) => desired)).toEqual([1, 1]);
    expect(plan.nodes[1]).toMatchObject({ action: 'grow', reason: 'Saturated' });
  });
});
