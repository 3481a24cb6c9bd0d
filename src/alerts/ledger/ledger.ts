// The durable ledger: what is appended is applied at once, and the promise is kept when it is on the disk.
import { rm } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import { messageOf, SpringtideError } from '../../model/errors.ts';
import { rfc3339, type Instant } from '../../model/units.ts';
import { stepBack, type Schemas, type Upgrade } from '../../schemas.ts';
import { alwaysPermitted, type Permission } from '../permission.ts';
import { forgetWays, frozen, recordsOf } from './compaction.ts';
import { applyRecord } from './fold.ts';
import type { LedgerRecord } from './records.ts';
import { settleReplaced } from './replaced.ts';
import { applyAll, replaySegment } from './replay.ts';
import type { Damage } from './replay.ts';
import { headerLine, ledgerSchemas, recordLine } from './schema.ts';
import { appendLines, createSegment, keepAside, listSegments, readSegment, segmentPath } from './segments.ts';
import type { OpenSegment } from './segments.ts';
import { emptyLedgerState } from './state.ts';
import type { LedgerState, MutableLedgerState } from './state.ts';

export interface Ledger {
  readonly state: LedgerState;
  /** what was wrong with the files when they were opened */
  readonly damage: readonly Damage[];
  /** Applied to the state at once, in order; resolves when durable, rejects with LedgerUnwritable. */
  append(records: readonly LedgerRecord[]): Promise<void>;
  /** Why nothing is written any more until it is read anew: another process has written what is kept here. Null, or absent: it goes on. */
  lost?(): SpringtideError | null;
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly clock: Clock;
  /** false only where losing the last second is no loss */
  readonly fsync?: boolean;
  readonly maxSegmentBytes?: number;
  readonly schemas?: Schemas;
  /** Asked before each write: two who share the directory must not both write. */
  readonly permission?: Pick<Permission, 'refusal'>;
}

const defaultSegmentBytes = 4 * 1024 * 1024;

export async function openLedger(directory: string, options: LedgerOptions): Promise<Ledger> {
  try {
    return await openFiles(directory, options);
  } catch (cause) {
    if (cause instanceof SpringtideError) throw cause;
    throw new SpringtideError({
      code: 'LedgerUnreadable',
      what: `the alert ledger cannot be opened: ${messageOf(cause)}`,
      where: directory,
      mend: 'make the directory readable and writable for this process',
      cause,
    });
  }
}

async function openFiles(directory: string, options: LedgerOptions): Promise<Ledger> {
  const state = emptyLedgerState();
  const damage: Damage[] = [];
  const { clock, schemas = ledgerSchemas } = options;
  let upgrade: Upgrade | null = null;
  const { numbers, ...files } = await listSegments(directory);
  const pathOf = (number: number): string => files.pathOf(number);
  const newest = numbers.at(-1);
  mayWrite(options);
  if (newest !== undefined) {
    const file = pathOf(newest);
    const replay = await replaySegment(file, await readSegment(file), schemas, clock.now());
    upgrade = replay.upgrade;
    await applyAll(state, replay.records);
    settleReplaced(state);
    damage.push(...replay.damage);
  }
  const number = (newest ?? 0) + 1;
  forgetWays(state);
  const lines = segmentOf(state, { schemas, upgrade, now: clock.now() });
  const segment = await createSegment(directory, number, lines, options.fsync ?? true);
  const spoilt = damage.some(({ kind }) => kind !== 'tornLastLine');
  for (const old of numbers)
    if (spoilt && old === newest) await keepAside(pathOf(old), rfc3339(clock.now()));
    else await rm(pathOf(old), { force: true });
  return new FileLedger(directory, { ...options, schemas, upgrade }, state, damage, { ...segment, number });
}

function mayWrite({ permission = alwaysPermitted }: Pick<LedgerOptions, 'permission'>): void {
  const refusal = permission.refusal();
  if (refusal !== null) throw new Error(refusal);
}

interface Form {
  readonly schemas: Schemas;
  readonly upgrade: Upgrade | null;
  readonly now: Instant;
}

/** The whole of a new segment: its header, and the shortest story that ends in the state. */
function* segmentOf(state: MutableLedgerState, form: Form): Generator<string> {
  yield headerLine(form.schemas, form.upgrade, form.now);
  yield* linesOf(recordsOf(state, form.now), form);
}

function* linesOf(records: Iterable<LedgerRecord>, { schemas, upgrade, now }: Form): Generator<string> {
  for (const record of records) yield* recordLine(record, schemas, upgrade, now);
}

interface Waiting {
  readonly records: readonly LedgerRecord[];
  readonly resolve: () => void;
  readonly reject: (error: SpringtideError) => void;
}

class FileLedger implements Ledger {
  readonly state: MutableLedgerState;
  readonly damage: readonly Damage[];
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #fsync: boolean;
  readonly #maxBytes: number;
  readonly #options: Pick<LedgerOptions, 'permission'>;
  readonly #schemas: Schemas;
  readonly #upgrade: Upgrade | null;
  /** the schema that the segment's header names */
  #written: number;
  #segment: OpenSegment & { readonly number: number };
  #size: number;
  /** what the segment began with: a large state must not make every append a new segment */
  #base: number;
  #waiting: Waiting[] = [];
  #pumping: Promise<void> | null = null;
  /** the file may hold half a line: only a new segment helps */
  #spoilt = false;
  #closed = false;

  constructor(
    directory: string,
    options: LedgerOptions & { readonly schemas: Schemas; readonly upgrade: Upgrade | null },
    state: MutableLedgerState,
    damage: readonly Damage[],
    segment: OpenSegment & { readonly number: number },
  ) {
    this.#directory = directory;
    this.#options = options;
    this.#clock = options.clock;
    this.#schemas = options.schemas;
    this.#upgrade = options.upgrade;
    this.#written = stepBack(options.schemas, options.upgrade, options.clock.now())?.from ?? options.schemas.current;
    this.#fsync = options.fsync ?? true;
    this.#maxBytes = options.maxSegmentBytes ?? defaultSegmentBytes;
    this.state = state;
    this.damage = damage;
    this.#segment = segment;
    this.#size = segment.size;
    this.#base = segment.size;
  }

  append(records: readonly LedgerRecord[]): Promise<void> {
    if (this.#closed) return Promise.reject(this.#unwritable(new Error('it is closed')));
    if (records.length === 0) return Promise.resolve();
    records.forEach((record) => applyRecord(this.state, record));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#pumping ??= this.#pump();
    });
  }

  /** Group commit: whatever came while the disk was busy goes out in one write and one sync. */
  async #pump(): Promise<void> {
    await Promise.resolve();
    // a full one is replaced behind the back of those who have filled it
    while (this.#waiting.length > 0 || (this.#isFull && !this.#spoilt)) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        mayWrite(this.#options);
        if (this.#spoilt || this.#isFull || this.#schemaNow() !== this.#written) await this.#renew();
        else await this.#write(batch.flatMap(({ records }) => records));
        batch.forEach(({ resolve }) => resolve());
      } catch (cause) {
        this.#spoilt = true;
        const error = this.#unwritable(cause);
        batch.forEach(({ reject }) => reject(error));
      }
    }
    this.#pumping = null;
  }

  get #isFull(): boolean {
    return this.#size > Math.max(this.#maxBytes, 2 * this.#base);
  }

  #schemaNow(): number {
    return stepBack(this.#schemas, this.#upgrade, this.#clock.now())?.from ?? this.#schemas.current;
  }

  get #form(): Form {
    return { schemas: this.#schemas, upgrade: this.#upgrade, now: this.#clock.now() };
  }

  async #write(records: readonly LedgerRecord[]): Promise<void> {
    const { handle } = this.#segment;
    const size = await appendLines(handle, linesOf(records, this.#form));
    if (this.#fsync) await handle.datasync();
    this.#size += size;
  }

  /** A new segment from the state, which holds the waiting records already; the old one goes when the new one stands. */
  async #renew(): Promise<void> {
    const number = this.#segment.number + 1;
    const schema = this.#schemaNow();
    forgetWays(this.state);
    // written piece by piece, so that others have their turns: what comes meanwhile is behind it
    const lines = segmentOf(frozen(this.state), this.#form);
    const segment = await createSegment(this.#directory, number, lines, this.#fsync);
    this.#written = schema;
    const old = this.#segment;
    this.#segment = { ...segment, number };
    this.#size = segment.size;
    this.#base = segment.size;
    this.#spoilt = false;
    await old.handle.close().catch(() => undefined);
    await rm(segmentPath(this.#directory, old.number), { force: true }).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pumping;
    await this.#segment.handle.close();
  }

  #unwritable(cause: unknown): SpringtideError {
    return new SpringtideError({
      code: 'LedgerUnwritable',
      what: `the alert ledger cannot be written: ${messageOf(cause)}`,
      where: this.#segment.file,
      mend: 'free space on the volume or make it writable; what was not written is written with the next record',
      retryable: true,
      cause,
    });
  }
}

/** The same without files: for replays and simulations, where nothing outlives the process anyway. */
export function volatileLedger(): Ledger {
  const state = emptyLedgerState();
  return {
    state,
    damage: [],
    append: (records) => {
      records.forEach((record) => applyRecord(state, record));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
