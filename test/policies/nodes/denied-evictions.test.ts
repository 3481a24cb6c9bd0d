// Evictions that somebody else than a budget refuses: asked for again ever later, and named when the drain's time is over.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import type { DeniedEvictions } from '../../../src/model/memory.ts';
import type { DrainOutcome } from '../../../src/model/outcome.ts';
import { record } from '../../../src/policies/record.ts';
import { aNode, aPod, at } from '../../builders.ts';
import { group, pool, steady, tick, workers } from './worlds.ts';

const outcomeOf = (more: Partial<DrainOutcome>): DrainOutcome => ({
  kind: 'drain',
  nodeGroup: group,
  node: 'w-2',
  step: 'evict',
  at: '2026-11-20T12:00:00Z',
  status: 'failed',
  code: 'EvictionDenied',
  evicted: [],
  refusedPods: [],
  ...more,
});
const no = (pod: string, words = 'no') => ({ pod: `shop/${pod}`, words });
const deniedOf = ({ groups }: ReturnType<typeof steady>): DeniedEvictions | undefined =>
  groups[group]?.deniedEvictions?.['w-2'];
const known = { pods: ['shop/a', 'shop/b'], words: 'not on Sundays' };

describe('what is remembered of denied evictions', () => {
  it.each<[string, DeniedEvictions | null, Partial<DrainOutcome>, DeniedEvictions | undefined]>([
    ['who was, and the words', null, { denied: [no('a')] }, { pods: ['shop/a'], words: 'no' }],
    ['nothing where all went', null, { evicted: ['shop/a'] }, undefined],
    ['those that were not asked for again', known, { evicted: [] }, known],
    ['the newest words', known, { denied: [no('b', 'closed')] }, { pods: ['shop/b', 'shop/a'], words: 'closed' }],
    ['not who has gone', known, { evicted: ['shop/a'] }, { pods: ['shop/b'], words: 'not on Sundays' }],
    ['not who waits for a budget', known, { refusedPods: ['shop/b'] }, { pods: ['shop/a'], words: 'not on Sundays' }],
    ['nothing once all have gone', known, { evicted: ['shop/a', 'shop/b'] }, undefined],
  ])('%s', (_, before, more, expected) => {
    const memory = steady(before === null ? {} : { deniedEvictions: { 'w-2': before } });
    expect(deniedOf(record(memory, [outcomeOf(more)], at(0)))).toEqual(expected);
  });

  it('is of each node by itself', () => {
    const memory = steady({ deniedEvictions: { 'w-3': known } });
    const { groups } = record(memory, [outcomeOf({ denied: [no('a')] })], at(0));
    expect(groups[group]?.deniedEvictions).toEqual({ 'w-2': { pods: ['shop/a'], words: 'no' }, 'w-3': known });
  });
});

const onNode = (name: string): Pod =>
  aPod(name).ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '100m' }).on('w-2').ready().build();

/** What comes next for w-2, which has been drained for so many seconds. */
function next(drainedFor: number, denied: DeniedEvictions | undefined, pods = ['a', 'b']) {
  const startedAt = at(-drainedFor);
  const nodes = [...workers(1), aNode('w-2').leaving({ startedAt }).build(), aNode('w-3').build()];
  const memory = steady(denied === undefined ? {} : { deniedEvictions: { 'w-2': denied } });
  const { decision, memory: after } = tick(
    pool(3, nodes)
      .pods(...pods.map(onNode))
      .build(),
    { memory },
  );
  return { step: decision.drains.find(({ node }) => node === 'w-2'), after: deniedOf(after) };
}

describe('a drain with denied evictions', () => {
  it('asks the others at once, and these ever later', () => {
    const denied = { pods: ['shop/a'], words: 'no' };
    expect(next(60, denied).step).toMatchObject({ step: 'evict', pods: [{ name: 'b' }] });
    expect(next(60, denied, ['a']).step).toMatchObject({ step: 'wait', pods: [{ name: 'a' }] });
    const asked = Array.from({ length: 40 }, (_, index) => index * 15).filter(
      (drainedFor) => next(drainedFor, denied, ['a']).step?.step === 'evict',
    );
    expect(asked).toEqual([15, 30, 45, 90, 165, 330]);
  });

  it('is taken back in its time like any other, and says who was not let go, and why', () => {
    expect(next(601, known, ['c', 'a']).step).toMatchObject({
      step: 'rollBack',
      reason: 'DrainTimedOut',
      by: 'shop/a (not on Sundays), shop/c',
    });
    expect(next(601, known, ['c']).step).toMatchObject({ reason: 'DrainTimedOut', by: 'shop/c' });
  });

  it('forgets them with its end', () => {
    expect(next(60, known).after).toEqual(known);
    const memory = steady({ deniedEvictions: { 'w-2': known } });
    expect(deniedOf(tick(pool(3).build(), { memory }).memory)).toBeUndefined();
  });
});
