// Records of drains that somebody has damaged: the node stays and says why, and the tick goes on for all others.
import { describe, expect, it } from 'vitest';
import { drainAnnotation } from '../../../src/model/drain-record.ts';
import { aNode, at, podsOf, serverId } from '../../builders.ts';
import { group, pool, tick, workers } from './worlds.ts';

const whole = { step: 'draining', nodeGroup: group, serverId: serverId(3), startedAt: at(-500), wasCordoned: false };

describe.each([
  ['no server', { ...whole, serverId: undefined }],
  ['no server, announced', { ...whole, serverId: undefined, step: 'removing', countAfter: 2, removingAt: at(-400) }],
  ['an empty server', { ...whole, serverId: '' }],
  ['no batch where one is named', { ...whole, batch: null }],
  ['no person where one is named', { ...whole, request: null }],
  ['a batch without a number', { ...whole, batch: { id: 'a', nodes: 'two' } }],
  ['another step', { ...whole, step: 'resting' }],
  ['a time in words', { ...whole, startedAt: 'yesterday' }],
  ['null', null],
  ['a number', 7],
])('a record with %s', (_name, record) => {
  const marked = aNode('w-3')
    .annotated({ [drainAnnotation]: JSON.stringify(record) })
    .build();

  it('keeps its node, by name, and nobody else', () => {
    const { decision } = tick(
      pool(3, [...workers(2), marked])
        .pods(...podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '3' }))
        .nova({ servers: [1, 2, 3].map((number) => ({ id: serverId(number) })) })
        .build(),
    );
    expect(decision.kept).toContainEqual(
      expect.objectContaining({ node: 'w-3', reason: 'ForbiddenByAnnotation', by: `${drainAnnotation}: illegible` }),
    );
    expect([decision.drains, decision.remove]).toEqual([[], []]);
  });
});

it('takes a record that a later version has written more into', () => {
  const later = aNode('w-3')
    .annotated({ [drainAnnotation]: JSON.stringify({ ...whole, mood: 'calm' }) })
    .build();
  const { decision } = tick(
    pool(3, [...workers(2), later])
      .pods(...podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu: '3' }))
      .build(),
  );
  expect(decision.remove.map(({ node }) => node)).toEqual(['w-3']);
});
