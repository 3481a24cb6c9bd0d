// Whose update Magnum shows: what concerns one group holds that one, what concerns the cluster holds all.
import { describe, expect, it } from 'vitest';
import { aNodeGroup, podsOf } from '../../builders.ts';
import { group, pool, steady, tick } from './worlds.ts';

const waiting = podsOf('web', { '': 1 }, { cpu: '3' });

describe('an update by others', () => {
  const world = (own: object, other: object) =>
    pool(0, [])
      .groups(aNodeGroup(group, 1, own), aNodeGroup('elsewhere', 1, { uuid: 'elsewhere', ...other }))
      .cluster({ status: 'UPDATE_IN_PROGRESS' });
  const busy = { status: 'UPDATE_IN_PROGRESS', status_reason: 'Stack UPDATE completed successfully' };

  it.each([
    ['of another group keeps nobody else waiting', {}, busy, false],
    ['of the group itself is waited for', busy, {}, true],
    ['of the whole cluster is waited for', {}, {}, true],
  ])('%s', (_, own, other, waits) => {
    const { decision } = tick(
      world(own, other)
        .pods(...waiting)
        .build(),
      { memory: steady() },
    );
    expect(decision.reason === 'UpdateByOthers').toBe(waits);
    if (waits) expect(decision.facts['by']).not.toContain('completed');
  });
});
