// What becomes of nodes that began to leave together: sealed, taken back, or on their way, as their own records tell it.
import { describe, expect, it } from 'vitest';
import type { DrainBatch, DrainRecord } from '../../../src/model/drain-record.ts';
import type { Node } from '../../../src/model/kubernetes.ts';
import type { DrainStep } from '../../../src/model/plan.ts';
import { aNode, aNodePolicy, aPod, at } from '../../builders.ts';
import { group, pool, steady, tick } from './worlds.ts';

type Marks = Partial<Pick<DrainRecord, 'step' | 'request' | 'startedAt' | 'removingAt' | 'countAfter'>> & {
  readonly batch?: DrainBatch;
};

const open: DrainBatch = { id: 'b', nodes: 3 };
const sealed: DrainBatch = { ...open, sealed: true };
const person = { by: 'wei', then: 'remove' } as const;

/** w-1 bears the pods; w-2, w-3 … bear a pod each, and these marks. */
function stepsOf(marks: readonly (Marks | null)[], more: { readonly now?: number; readonly pods?: boolean } = {}) {
  const nodes = [null, ...marks].map((mark, index): Node => {
    const node = aNode(`w-${index + 1}`);
    return (mark === null ? node : node.leaving({ startedAt: at(-15), ...mark })).build();
  });
  const pods = nodes.map(({ metadata: { name }, spec }) =>
    aPod(`on-${name}`)
      .labelled({ app: 'api' })
      .ownedBy('ReplicaSet', 'api-abc')
      .requesting({ cpu: spec?.unschedulable === true ? '200m' : '2500m' })
      .on(name)
      .ready()
      .build(),
  );
  const snapshot = pool(nodes.length, nodes)
    .pods(...(more.pods === false ? [] : pods))
    .build();
  const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 0, max: 9 }] });
  const { decision } = tick(snapshot, { policy, memory: steady(), now: at(more.now ?? 0) });
  return decision;
}

const short = (step: DrainStep): string => `${step.step} ${step.node}${'by' in step ? ` ${step.by ?? ''}` : ''}`;

describe('nodes of one batch', () => {
  it.each<[string, readonly (Marks | null)[], readonly string[]]>([
    [
      'are evicted from where all of them are sealed',
      [{ batch: sealed }, { batch: sealed }, { batch: sealed }],
      ['evict w-2', 'evict w-3', 'evict w-4'],
    ],
    ['go each its own way once they are sealed', [{ batch: sealed }], ['evict w-2']],
    [
      'are sealed first where all are marked and nobody has said so',
      [{ batch: open }, { batch: open }, { batch: open }],
      ['seal w-2', 'seal w-3', 'seal w-4'],
    ],
    [
      'are sealed where one of them says that all were marked',
      [{ batch: open }, { batch: sealed }],
      ['seal w-2', 'evict w-3'],
    ],
    [
      'are taken back where one is missing',
      [{ batch: open }, { batch: open }, null],
      ['rollBack w-2 2 of 3 marked', 'rollBack w-3 2 of 3 marked'],
    ],
    [
      'are taken back where the missing one is another batch’s',
      [{ batch: open }, { batch: open }, { batch: { ...open, id: 'c' } }],
      ['rollBack w-2 2 of 3 marked', 'rollBack w-3 2 of 3 marked', 'rollBack w-4 1 of 3 marked'],
    ],
    [
      'are taken back where a person has made the missing one their own, and that one goes on',
      [{ batch: open }, { batch: open }, { request: person }],
      ['rollBack w-2 2 of 3 marked', 'rollBack w-3 2 of 3 marked', 'evict w-4'],
    ],
    ['of a version before batches wait for nobody', [{}, {}], ['evict w-2', 'evict w-3']],
  ])('%s', (_, marks, expected) => {
    const { drains } = stepsOf(marks);
    expect(drains.map(short)).toEqual(expected);
  });

  it('are left alone for five seconds: whoever marks them may still be at work', () => {
    expect(stepsOf([{ batch: open, startedAt: at(-4) }]).drains).toEqual([]);
  });

  it('are not given back before they are sealed, though they are empty', () => {
    const marks = [{ batch: open }, { batch: open }, { batch: open }];
    expect(stepsOf(marks, { pods: false })).toMatchObject({ resize: null });
    const whole = stepsOf(
      marks.map(() => ({ batch: sealed })),
      { pods: false },
    );
    expect(whole.resize?.remove.map(({ node }) => node)).toEqual(['w-2', 'w-3', 'w-4']);
  });

  it('go back to work where they cannot be sealed for as long as a drain may take', () => {
    const marks = [{ batch: open }, { batch: open }, { batch: sealed }];
    const { drains } = stepsOf(marks, { now: 600 });
    expect(drains.map(short).slice(0, 2)).toEqual([
      'rollBack w-2 it could not be sealed',
      'rollBack w-3 it could not be sealed',
    ]);
  });
});

describe('a removal that was announced', () => {
  const announced = { step: 'removing', removingAt: at(-15), countAfter: 1 } as const;
  const remove = (marks: readonly (Marks | null)[], now = 0) =>
    stepsOf(marks, { pods: false, now }).resize?.remove.map(({ node }) => node);

  it('is cleared up before another one is sent: whose end it was could not be told', () => {
    expect(remove([announced, { batch: sealed }, { batch: sealed }])).toBeUndefined();
    const { drains, resize } = stepsOf([announced, { batch: sealed }, { batch: sealed }], { pods: false, now: 60 });
    expect([drains.map(({ step, node }) => [step, node]), resize]).toEqual([[['reopen', 'w-2']], null]);
    expect(remove([{ batch: sealed }, { batch: sealed }, { batch: sealed }], 75)).toEqual(['w-2', 'w-3', 'w-4']);
  });

  it('holds nobody once its count is reached', () => {
    expect(remove([{ ...announced, countAfter: 4 }, { batch: sealed }, { batch: sealed }])).toEqual(['w-3', 'w-4']);
  });
});
