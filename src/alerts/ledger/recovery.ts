// The ledger read back from its objects: each is true as of its own writing, so that what ties several together is put right.
import type { OwnObject } from '../../clients/kubernetes/own-objects.ts';
import type { Instant } from '../../model/units.ts';
import type { Schemas, Upgrade } from '../../schemas.ts';
import { contentOf, homeIn } from './home-objects.ts';
import type { Home } from './homes.ts';
import { isPart } from './parts.ts';
import type { LedgerRecord } from './records.ts';
import { settleReplaced } from './replaced.ts';
import { applyAll, replaySegment, type Damage } from './replay.ts';
import { emptyLedgerState, type MutableLedgerState } from './state.ts';
import { tellCovered } from './told-beside.ts';

export interface Recovered {
  readonly state: MutableLedgerState;
  readonly damage: readonly Damage[];
  /** null: all of it is written in this version's own schema */
  readonly upgrade: Upgrade | null;
}

export async function recovered(
  items: readonly OwnObject[],
  namespace: string,
  schemas: Schemas,
  now: Instant,
): Promise<Recovered> {
  const damage: Damage[] = [];
  const records: LedgerRecord[] = [];
  const writtenAt = new Map<Home, Instant>();
  let upgrade: Upgrade | null = null;
  const byName = new Map(items.map((object) => [object.metadata.name, object]));
  for (const object of items) {
    if (isPart(object)) continue;
    const file = `ConfigMap ${namespace}/${object.metadata.name}`;
    const replay = await replaySegment(file, await contentOf(object, byName), schemas, now);
    for (const record of replay.records) records.push(record);
    damage.push(...replay.damage);
    if (replay.upgrade !== null && (upgrade === null || replay.upgrade.since < upgrade.since)) upgrade = replay.upgrade;
    writtenAt.set(homeIn(object), replay.writtenAt ?? (0 as Instant));
  }
  const state = emptyLedgerState();
  // what is known of an alert, or has its end, may be in an object that is read before it
  await applyAll(
    state,
    records.filter(({ kind }) => kind === 'alert'),
  );
  await applyAll(
    state,
    records.filter(({ kind }) => kind !== 'alert' && kind !== 'settled'),
  );
  const ends = records.filter((record) => record.kind === 'settled').sort((one, other) => one.at - other.at);
  await applyAll(state, ends);
  settleReplaced(state);
  tellCovered(state, writtenAt, now);
  return { state, damage, upgrade };
}
