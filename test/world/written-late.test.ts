// What the one who led before has written late, into the ledger of the one who leads: it is read anew, and alerts are taken in again.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rfc3339 } from '../../src/model/units.ts';
import { led, namespace, passing, rigInObjects, type Led } from './led.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
let one: Led | null = null;
let stopping: AbortController;

beforeEach(async () => {
  rig = await rigInObjects();
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await one?.course;
  await one?.house.close();
  await rig.lower();
});

/** As a process would that has lost the lease a moment before: with its own stamp. */
function writtenLate(): readonly string[] {
  const { objects } = rig.world.kubernetes;
  const names = objects
    .list('configmaps', namespace)
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.startsWith('springtide-ledger-'));
  for (const name of names)
    objects.update('configmaps', name, namespace, ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, 'springtide.io/write': 'another-7' };
    });
  return names;
}

it('ends the term, and the next one goes on', async () => {
  const { push } = (one = await led(rig, stopping.signal));
  await passing(rig, async () => expect(await push('Down')).toBe(200));
  expect(writtenLate()).not.toEqual([]);
  const over = { endsAt: rfc3339(rig.clock.now()) };
  expect(await push('Down', over)).toBe(503);
  await passing(rig, async () => expect(await push('Down', over)).toBe(200));
});
