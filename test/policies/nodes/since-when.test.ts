// Since when a node stays for its reason: it lasts over ticks and restarts, whatever the numbers in it do, and begins anew with another one.
import { describe, expect, it } from 'vitest';
import type { KeptNode } from '../../../src/model/plan.ts';
import type { Memory } from '../../../src/model/memory.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { keptSince } from '../../../src/policies/nodes/since-when.ts';
import { memoryShape } from '../../../src/state/memory-shape.ts';
import { at, noon, podsOf } from '../../builders.ts';
import { pool, steady, tick } from './worlds.ts';

const busy = (cpu: string) =>
  pool(2)
    .pods(...podsOf('web', { 'w-1': 1, 'w-2': 1 }, { cpu }))
    .build();
const first = (kept: readonly KeptNode[]) => kept.find(({ node }) => node === 'w-1');

describe('a node that stays', () => {
  it('says since when, over ticks in which only the number moves', () => {
    const before = tick(busy('3'));
    const after = tick(busy('2500m'), { memory: before.memory, now: at(15) });
    expect(first(before.decision.kept)).toMatchObject({ reason: 'NotUnderutilized', since: rfc3339(noon) });
    expect(first(after.decision.kept)).toMatchObject({ reason: 'NotUnderutilized', since: rfc3339(noon) });
    expect(first(after.decision.kept)?.by).not.toBe(first(before.decision.kept)?.by);
    expect(after.memory.nodes['w-1']).toEqual(before.memory.nodes['w-1']);
    expect([before, after].map(({ decision }) => decision.since)).toEqual([rfc3339(noon), rfc3339(noon)]);
  });

  it('says the same after a restart', () => {
    const kept = memoryShape.parse(JSON.parse(JSON.stringify(tick(busy('3')).memory)));
    const { decision } = tick(busy('3'), { memory: kept, now: at(3600) });
    expect(first(decision.kept)?.since).toBe(rfc3339(noon));
    expect(decision.since).toBe(rfc3339(noon));
  });

  it('says no time to come where the clock was set back', () => {
    const { memory } = tick(busy('3'), { now: at(3600) });
    const { decision } = tick(busy('3'), { memory });
    expect(first(decision.kept)?.since).toBe(rfc3339(noon));
    expect(decision.since).toBe(rfc3339(noon));
  });

  const kept = (reason: KeptNode['reason'], since: string | null = null): KeptNode => ({
    node: 'w-1',
    reason,
    by: null,
    since,
    until: null,
  });
  function told(ticks: readonly (readonly [KeptNode['reason'], string | null])[]): readonly (string | null)[] {
    let before: Memory['nodes'] = steady().nodes;
    return ticks.map(([reason, since], index) => {
      const nodes: Record<string, Memory['nodes'][string]> = {};
      const [one] = keptSince([kept(reason, since)], nodes, before, at(index * 15));
      before = nodes;
      return one?.since ?? null;
    });
  }
  const timer = rfc3339(at(-60));

  it.each<[string, Parameters<typeof told>[0], readonly (string | null)[]]>([
    [
      'anew with another reason',
      [
        ['BlockedByPDB', null],
        ['NoPlaceToMovePods', null],
        ['NoPlaceToMovePods', null],
      ],
      [rfc3339(noon), rfc3339(at(15)), rfc3339(at(15))],
    ],
    [
      'as before where it had no turn in between',
      [
        ['NoPlaceToMovePods', null],
        ['OthersFirst', null],
        ['NoPlaceToMovePods', null],
      ],
      [rfc3339(noon), null, rfc3339(noon)],
    ],
    [
      'by the timer where there is one, and anew after it',
      [
        ['BlockedByPDB', null],
        ['UnneededTooShort', timer],
        ['BlockedByPDB', null],
      ],
      [rfc3339(noon), timer, rfc3339(at(30))],
    ],
  ])('counts %s', (_, ticks, expected) => {
    expect(told(ticks)).toEqual(expected);
  });
});
