// The ledger's home in a cluster: a small ConfigMap a notification group, a few writes a second, durable when the API server has them.
import { randomBytes } from 'node:crypto';
import { HeldObject } from '../../clients/kubernetes/held-object.ts';
import type { OwnObject, OwnObjects } from '../../clients/kubernetes/own-objects.ts';
import type { Cancel, Clock } from '../../clock.ts';
import { messageOf, SpringtideError } from '../../model/errors.ts';
import { minutes, seconds, type Instant, type Milliseconds } from '../../model/units.ts';
import { eachLimited } from '../../parallel.ts';
import type { Schemas, Upgrade } from '../../schemas.ts';
import { inSlices } from '../../slices.ts';
import { WriteBudget } from '../../write-budget.ts';
import { recordsOf } from './compaction.ts';
import { isFinished, withoutSettled } from './finished.ts';
import { applyRecord } from './fold.ts';
import { homesInOrder, isGroupHome, spokenOf, touchedBy, type Home } from './homes.ts';
import type { Ledger } from './ledger.ts';
import { packed, TooLarge, unpacked } from './packing.ts';
import { cutData, cutOf, isPart, joinedParts, PartObjects } from './parts.ts';
import type { LedgerRecord } from './records.ts';
import { settleReplaced } from './replaced.ts';
import { applyAll, replaySegment, type Damage } from './replay.ts';
import { headerLine, ledgerSchemas, recordLine } from './schema.ts';
import { emptyLedgerState, type MutableLedgerState } from './state.ts';
import { tellCovered } from './told-beside.ts';

export interface LedgerInKubernetesOptions {
  readonly own: OwnObjects;
  readonly namespace: string;
  readonly clock: Clock;
  /** how this process is known: the pod's name */
  readonly instance: string;
  readonly schemas?: Schemas;
  /** what one object holds, packed */
  readonly objectBytes?: number;
}

const prefix = 'springtide-ledger-';
const label = 'springtide.io/ledger';
const part = 'ledger.jsonl.gz';
/** a second */
const rates = { perSecond: 5, atOnce: 5 };
/** As much as five seconds write: who sends more is asked to send it again. */
const longestQueue = 25;
/** What comes from outside, and is sent again; everything else waits for its turn, as a message does that must not go out before it. */
const comesAgain: ReadonlySet<LedgerRecord['kind']> = new Set(['alert', 'silence', 'receipt']);
const atOnce = 5;
/** Encoded it is 853 KiB: an object of Kubernetes holds 1 MiB. */
const usualBytes = 640 * 1024;
/** etcd is the customer's: 20 MiB of one group, and a part a second of it at the most in the long run. */
const mostParts = 32;
const restForPart = seconds(1);
const sweepEvery = minutes(10);

/** What is being written in parts, as it was at one instant. */
interface LargeWrite {
  readonly home: Home;
  /** it holds all up to this change */
  readonly change: number;
  readonly generation: string;
  readonly pieces: readonly Buffer[];
  /** pieces that are there; the object that names them is the last of all */
  done: number;
}

/** A home that needs parts is not begun again at once. */
interface Rest {
  readonly from: Instant;
  readonly length: number;
}

const restLeft = ({ from, length }: Rest, now: Instant): number => (now < from ? 0 : Math.max(0, from + length - now));

interface Waiting {
  /** what must be durable, each at least as of this change */
  readonly homes: Map<Home, number>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export async function openLedgerInKubernetes(options: LedgerInKubernetesOptions): Promise<Ledger> {
  const { own, namespace, clock, schemas = ledgerSchemas } = options;
  const { items } = await own.list('ConfigMap', { namespace, labelSelector: label });
  const damage: Damage[] = [];
  const records: LedgerRecord[] = [];
  const writtenAt = new Map<Home, Instant>();
  let upgrade: Upgrade | null = null;
  const byName = new Map(items.map((object) => [object.metadata.name, object]));
  const heads = items.filter((object) => !isPart(object));
  for (const object of heads) {
    const file = `ConfigMap ${namespace}/${object.metadata.name}`;
    const replay = await replaySegment(file, await contentOf(object, byName), schemas, clock.now());
    for (const record of replay.records) records.push(record);
    damage.push(...replay.damage);
    if (replay.upgrade !== null && (upgrade === null || replay.upgrade.since < upgrade.since)) upgrade = replay.upgrade;
    writtenAt.set(homeIn(object), replay.writtenAt ?? (0 as Instant));
  }
  const state = emptyLedgerState();
  const isEnd = ({ kind }: LedgerRecord): boolean => kind === 'settled';
  await applyAll(
    state,
    records.filter((record) => !isEnd(record)),
  );
  const ends = records.filter((record) => record.kind === 'settled').sort((one, other) => one.at - other.at);
  await applyAll(state, ends);
  settleReplaced(state);
  tellCovered(state, writtenAt, clock.now());
  return new KubernetesLedger({ ...options, schemas, upgrade }, state, damage, items);
}

/** Of a part: whose it is. */
const homeIn = ({ metadata }: OwnObject): Home => metadata.name.slice(prefix.length).split('.')[0] ?? '';

/** Nothing where it cannot be unpacked: the replay tells it as damage. */
async function contentOf(object: OwnObject, byName: ReadonlyMap<string, OwnObject>): Promise<Buffer> {
  const cut = cutOf(object);
  const bytes =
    cut === null
      ? Buffer.from(object.binaryData?.[part] ?? '', 'base64')
      : joinedParts(object.metadata.name, cut, byName);
  return unpacked(bytes).catch(() => Buffer.from('?\n'));
}

const nameOf = (home: Home): string => `${prefix}${home}`;
const labelsOf = (kind: 'group' | 'shared' | 'part'): Readonly<Record<string, string>> => ({
  [label]: kind,
  'app.kubernetes.io/managed-by': 'springtide',
});

/** a home, and the number of its last change */
type Due = readonly [Home, number];

type Opened = LedgerInKubernetesOptions & { readonly schemas: Schemas; readonly upgrade: Upgrade | null };

class KubernetesLedger implements Ledger {
  readonly state: MutableLedgerState;
  readonly damage: readonly Damage[];
  readonly #options: Opened;
  readonly #writer: string;
  readonly #held = new Map<Home, HeldObject>();
  readonly #parts: PartObjects;
  readonly #budget: WriteBudget;
  /** what has changed since it was written, by the number of its last change; in the order of their first */
  readonly #dirty = new Map<Home, number>();
  /** homes that need parts */
  readonly #rests = new Map<Home, Rest>();
  /** one at a time */
  #large: LargeWrite | null = null;
  #wasLargesTurn = false;
  #waiting: Waiting[] = [];
  #changes = 0;
  #pumping: Promise<void> | null = null;
  #sweptAt: Instant;
  #isClosing = false;
  #wake: () => void = () => undefined;
  #lost: SpringtideError | null = null;

  constructor(options: Opened, state: MutableLedgerState, damage: readonly Damage[], objects: readonly OwnObject[]) {
    this.#options = options;
    const opening = randomBytes(6).toString('hex');
    this.#writer = `${options.instance}-${opening}`;
    const { own, namespace } = options;
    const labels = labelsOf('part');
    this.#parts = new PartObjects({ own, namespace, nameOf, labels, writer: opening });
    this.state = state;
    this.damage = damage;
    this.#sweptAt = options.clock.now();
    this.#budget = new WriteBudget(rates, options.clock.now());
    this.#take(objects);
  }

  #take(objects: readonly OwnObject[]): void {
    const generations = new Map<Home, string>();
    for (const object of objects) {
      if (isPart(object)) continue;
      const home = homeIn(object);
      this.#hold(home, object);
      const cut = cutOf(object);
      if (cut === null) continue;
      generations.set(home, cut.generation);
      this.#rests.set(home, { from: this.#sweptAt, length: 0 });
    }
    for (const object of objects) {
      if (!isPart(object)) continue;
      const home = homeIn(object);
      this.#parts.found(home, object);
      // Nothing names it, but the process that wrote it may be about to: it goes once the object that would has been written anew.
      if (!this.#parts.isOf(object, generations.get(home))) this.#dirty.set(home, 0);
    }
  }

  append(records: readonly LedgerRecord[]): Promise<void> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    if (this.#isClosing) return Promise.reject(this.#unwritable(new Error('it is closed')));
    if (records.length === 0) return Promise.resolve();
    const homes = new Map<Home, number>();
    const change = (this.#changes += 1);
    for (const record of records) {
      applyRecord(this.state, record);
      const { at, beside } = touchedBy(record, this.state);
      for (const home of at) homes.set(home, change);
      for (const home of spokenOf(record, this.state)) {
        const known = this.#dirty.get(home);
        if (known !== undefined) homes.set(home, known);
      }
      for (const home of [...at, ...beside]) this.#dirty.set(home, change);
    }
    const isBusy = this.#dirty.size > longestQueue && records.some(({ kind }) => comesAgain.has(kind));
    this.#pumping ??= this.#pump();
    this.#wake();
    // It is in the state and will be written with the rest: sent again it is the same.
    if (isBusy) return Promise.reject(this.#unwritable(new Error(`${this.#dirty.size} objects wait to be written`)));
    if (homes.size === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ homes, resolve, reject }));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake();
    await this.#pumping;
    if (this.#dirty.size > 0 && this.#lost === null) await (this.#pumping = this.#pump());
  }

  async #pump(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#lost === null) {
        const now = this.#options.clock.now();
        await this.#sweep(now);
        const due = this.#due(now);
        const wait = this.#wait(due.length, now);
        if (wait === null) break;
        if (wait > 0) await this.#pause(wait as Milliseconds);
        else if (this.#isLargesTurn(due.length)) await this.#stepOfLarge();
        else await this.#round(due, now);
      }
    } catch (thrown) {
      this.#fail(thrown);
    }
    this.#pumping = null;
  }

  /** What can be begun now, the longest changed first. */
  #due(now: Instant): readonly Due[] {
    return [...this.#dirty].filter(([home]) => {
      if (home === this.#large?.home) return false;
      const rest = this.#rests.get(home);
      return rest === undefined || (this.#large === null && (this.#isClosing || restLeft(rest, now) === 0));
    });
  }

  get #hasLargesWork(): boolean {
    return this.#large !== null || (this.#parts.areRemovable && !this.#isClosing);
  }

  /** null: nothing is left to be done */
  #wait(due: number, now: Instant): number | null {
    if (due > 0 || this.#hasLargesWork) return this.#isClosing ? 0 : this.#budget.wait(now);
    const rests = [...this.#dirty.keys()].map((home) => this.#rests.get(home));
    if (rests.length === 0) return null;
    return Math.max(1, Math.min(...rests.map((rest) => (rest === undefined ? 0 : restLeft(rest, now)))));
  }

  /** Every other turn, so that neither waits for all of the other. */
  #isLargesTurn(due: number): boolean {
    return this.#hasLargesWork && (due === 0 || !this.#wasLargesTurn);
  }

  /** One write: what is over goes first, so that never more than two generations are there; then the parts, and last what names them. */
  async #stepOfLarge(): Promise<void> {
    this.#wasLargesTurn = true;
    this.#budget.spend(1);
    if (this.#parts.areRemovable && !this.#isClosing) return this.#parts.removeOne();
    const large = this.#large;
    if (large === null) return;
    const { home, change, generation, pieces } = large;
    try {
      const piece = pieces[large.done];
      if (piece !== undefined) {
        await this.#parts.write(home, generation, large.done, piece);
        large.done += 1;
        return;
      }
      const held = this.#held.get(home) ?? this.#hold(home, null);
      await held.write({ data: cutData({ generation, count: pieces.length }) });
    } catch (thrown) {
      // What is there of it goes after the next commit: nobody knows whether this one arrived.
      this.#large = null;
      throw thrown;
    }
    this.#large = null;
    this.#rest(home, pieces.length);
    this.#parts.committed(home, generation);
    this.#isDurable(home, change);
  }

  #rest(home: Home, parts: number): void {
    this.#rests.set(home, { from: this.#options.clock.now(), length: parts * restForPart });
  }

  /** As many objects as may go now. */
  async #round(all: readonly Due[], now: Instant): Promise<void> {
    const due = all.slice(0, this.#isClosing ? atOnce : Math.max(1, this.#budget.whole(now)));
    this.#wasLargesTurn = false;
    this.#budget.spend(due.length);
    const lines = await inSlices(this.#linesFor(new Set(due.map(([home]) => home)), now));
    let failure: unknown = null;
    await eachLimited(due, atOnce, async ([home, change]) => {
      try {
        await this.#write(home, change, lines.get(home) ?? [], now);
      } catch (thrown) {
        if (thrown instanceof TooLarge) this.#setAside(home, change, thrown);
        else failure ??= thrown;
      }
    });
    if (failure !== null) throw failure instanceof Error ? failure : new Error(messageOf(failure));
  }

  #pause(length: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const cancel: Cancel = this.#options.clock.after(length, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** The lines that end in what these homes have now. */
  *#linesFor(homes: ReadonlySet<Home>, now: Instant): Generator<undefined, Map<Home, LedgerRecord[]>> {
    const lines = new Map<Home, LedgerRecord[]>();
    const homeOf = homesInOrder();
    let count = 0;
    for (const record of recordsOf(this.state, now)) {
      const home = homeOf(record);
      if (homes.has(home)) {
        const known = lines.get(home);
        if (known === undefined) lines.set(home, [record]);
        else known.push(record);
      }
      if (++count % 256 === 0) yield;
    }
    return lines;
  }

  async #write(home: Home, change: number, records: readonly LedgerRecord[], now: Instant): Promise<void> {
    const held = this.#held.get(home) ?? this.#hold(home, null);
    const isOver = isGroupHome(home) && isFinished(records, now);
    if (isOver && !this.#parts.has(home)) {
      await held.remove();
      this.#held.delete(home);
    } else {
      // Of a group that is over the parts go before the object does: without it another process could still name them.
      const bytes = await this.#packed(home, records, now);
      if (bytes.length > this.#objectBytes) {
        this.#begin(home, change, bytes);
        return;
      }
      await held.write({ binaryData: { [part]: bytes.toString('base64') } });
      this.#parts.committed(home, null);
    }
    this.#rests.delete(home);
    this.#isDurable(home, change);
  }

  get #objectBytes(): number {
    return this.#options.objectBytes ?? usualBytes;
  }

  /** In one object where it fits without what is kept for explaining only. */
  async #packed(home: Home, records: readonly LedgerRecord[], now: Instant): Promise<Buffer> {
    if (!this.#rests.has(home)) {
      const bytes = await packed(this.#linesOf(records, now));
      if (bytes.length <= this.#objectBytes) return bytes;
    }
    return packed(this.#linesOf(withoutSettled(records), now));
  }

  *#linesOf(records: readonly LedgerRecord[], now: Instant): Generator<string> {
    const { schemas, upgrade } = this.#options;
    yield headerLine(schemas, upgrade, now, now);
    for (const record of records) yield* recordLine(record, schemas, upgrade, now);
  }

  /** Its parts are written in turn with what others have. Where another one is being written it is looked at again after that. */
  #begin(home: Home, change: number, bytes: Buffer): void {
    const most = this.#objectBytes;
    const count = Math.ceil(bytes.length / most);
    if (count > mostParts) throw new TooLarge(`${nameOf(home)} would be larger than ${mostParts} times ${most} bytes`);
    // nothing was written in this round
    this.#budget.spend(-1);
    this.#rest(home, this.#large === null ? count : 0);
    if (this.#large !== null) return;
    const pieces = Array.from({ length: count }, (_, number) => bytes.subarray(number * most, (number + 1) * most));
    this.#large = { home, change, generation: this.#parts.nextGeneration(home), pieces, done: 0 };
  }

  #hold(home: Home, object: OwnObject | null): HeldObject {
    const { own, namespace } = this.#options;
    const labels = labelsOf(isGroupHome(home) ? 'group' : 'shared');
    const held = new HeldObject({ own, namespace, name: nameOf(home), labels, writer: this.#writer }, object);
    this.#held.set(home, held);
    return held;
  }

  #isDurable(home: Home, change: number): void {
    if (this.#dirty.get(home) === change) this.#dirty.delete(home);
    this.#waiting = this.#waiting.filter(({ homes, resolve }) => {
      const wanted = homes.get(home);
      if (wanted !== undefined && wanted <= change) homes.delete(home);
      if (homes.size > 0) return true;
      resolve();
      return false;
    });
  }

  /** Tried again with its next record; whoever waits for it is told, and everybody else goes on. */
  #setAside(home: Home, change: number, thrown: TooLarge): void {
    if (this.#dirty.get(home) === change) this.#dirty.delete(home);
    this.#waiting = this.#waiting.filter(({ homes, reject }) => {
      if ((homes.get(home) ?? Infinity) > change) return true;
      reject(this.#unwritable(thrown));
      return false;
    });
  }

  /** What was not written stays to be written with the next record; whoever waits is told. */
  #fail(thrown: unknown): void {
    if (thrown instanceof SpringtideError && thrown.code === 'StateMoved') this.#lost = thrown;
    const error = this.#lost ?? this.#unwritable(thrown);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Groups that are over long enough are looked at again, and go. */
  async #sweep(now: Instant): Promise<void> {
    if (Math.abs(now - this.#sweptAt) < sweepEvery) return;
    this.#sweptAt = now;
    const atRest = (): readonly Home[] =>
      [...this.#held.keys()].filter((home) => isGroupHome(home) && !this.#dirty.has(home));
    const lines = await inSlices(this.#linesFor(new Set(atRest()), now));
    for (const home of atRest()) if (isFinished(lines.get(home) ?? [], now)) this.#dirty.set(home, this.#changes);
  }

  #unwritable(cause: unknown): SpringtideError {
    return new SpringtideError({
      code: 'LedgerUnwritable',
      what: `the alert ledger cannot be written: ${messageOf(cause)}`,
      where: `ConfigMaps ${this.#options.namespace}/${prefix}*`,
      mend: 'send it again; where it lasts look at the API server, and at the rights of the service account',
      retryable: true,
      cause,
    });
  }
}
