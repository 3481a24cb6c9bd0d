// Schema numbers of what is kept: a version reads its own and the one before, and gives people an hour to go back.
import { SpringtideError } from './model/errors.ts';
import { minutes, since, type Instant } from './model/units.ts';

/** The way from the schema before to this one and back, over one kept piece; what the old one cannot hold is left out. */
export interface SchemaStep {
  readonly from: number;
  readonly upgrade: (value: object) => object;
  readonly downgrade: (value: object) => object;
}

export interface Schemas {
  readonly current: number;
  /** from the one before; null: this is the first */
  readonly before: SchemaStep | null;
}

/** An upgrade that may still be taken back: it is kept beside what was written, so that a restart does not begin the hour anew. */
export interface Upgrade {
  readonly to: number;
  readonly since: Instant;
}

export interface ReadBack {
  readonly value: object;
  /** null: it was written in this version's own schema */
  readonly upgrade: Upgrade | null;
}

/** How long after an upgrade the schema before is written. */
const mayGoBackFor = minutes(60);

interface Kept {
  readonly schema?: unknown;
  readonly upgrade?: { readonly to?: unknown; readonly since?: unknown } | undefined;
}

/** What was read, in this version's schema; a newer or a far older one is refused. `what`: "memory", "alert ledger". */
export function readBack(kept: object, schemas: Schemas, where: string, what: string, now: Instant): ReadBack {
  const { schema = schemas.current, upgrade } = kept as Kept;
  const { current, before } = schemas;
  if (schema === current) return { value: kept, upgrade: null };
  if (before !== null && schema === before.from) {
    const began = upgrade?.to === current && typeof upgrade.since === 'number' ? (upgrade.since as Instant) : now;
    const since = Math.min(began, now) as Instant;
    return { value: { ...before.upgrade(kept), schema: current }, upgrade: { to: current, since } };
  }
  const isNewer = typeof schema === 'number' && schema > current;
  throw new SpringtideError({
    code: isNewer ? 'MemoryTooNew' : 'MemoryUnreadable',
    where,
    what: `the ${what} has schema ${String(schema)}, this version knows ${before === null ? '' : `${before.from} and `}${current}`,
    mend: isNewer
      ? 'run the newer version of springtide, or move it away to begin anew'
      : 'run the version in between once, so that it is carried over, or move it away to begin anew',
  });
}

/** A piece of something that `readBack` has found to be of the schema before. */
export const stepUp = (value: object, schemas: Schemas, upgrade: Upgrade | null): object =>
  upgrade === null || schemas.before === null ? value : schemas.before.upgrade(value);

/** null: in this version's own schema; else the hour in which one may go back still runs. */
export function stepBack(schemas: Schemas, upgrade: Upgrade | null, now: Instant): SchemaStep | null {
  if (upgrade === null || schemas.before === null) return null;
  return since(upgrade.since, now) < mayGoBackFor ? schemas.before : null;
}

/** In the schema that is to be written now. */
export function writtenForm(value: object, schemas: Schemas, upgrade: Upgrade | null, now: Instant): object {
  const step = stepBack(schemas, upgrade, now);
  return step === null
    ? { ...value, schema: schemas.current }
    : { ...step.downgrade(value), schema: step.from, upgrade };
}
