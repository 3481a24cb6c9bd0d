// The ledger's home in a cluster: a small ConfigMap a notification group, a few writes a second, durable when the API server has them.
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { HeldObject } from '../../clients/kubernetes/held-object.ts';
import type { OwnObject, OwnObjects } from '../../clients/kubernetes/own-objects.ts';
import type { Cancel, Clock } from '../../clock.ts';
import { messageOf, SpringtideError } from '../../model/errors.ts';
import { minutes, type Instant, type Milliseconds } from '../../model/units.ts';
import { eachLimited } from '../../parallel.ts';
import type { Schemas, Upgrade } from '../../schemas.ts';
import { inSlices } from '../../slices.ts';
import { WriteBudget } from '../../write-budget.ts';
import { homesInOrder, isGroupHome, spokenOf, touchedBy, type Home } from './homes.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerRecord } from './records.ts';
import { replaySegment, type Damage } from './replay.ts';
import { headerLine, ledgerSchemas, recordLine } from './schema.ts';
import { applyRecord, emptyLedgerState, recordsOf, settleReplaced, type MutableLedgerState } from './state.ts';
import { tellCovered } from './told-beside.ts';

export interface LedgerInKubernetesOptions {
  readonly own: OwnObjects;
  readonly namespace: string;
  readonly clock: Clock;
  /** how this process is known: the pod's name */
  readonly instance: string;
  readonly schemas?: Schemas;
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
const mostBytes = 640 * 1024;
/** A group that nobody is owed anything of is kept to be explained for as long as Alertmanager waits with a repetition. */
const finishedFor = minutes(240);
const sweepEvery = minutes(10);

const zip = promisify(gzip);
const unzip = promisify(gunzip);
const mostUnpacked = 64 * 1024 * 1024;

/** No object holds what one group has to say: it waits for nobody, and nobody waits for it. */
class TooLarge extends Error {}

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
  for (const object of items) {
    const file = `ConfigMap ${namespace}/${object.metadata.name}`;
    const replay = replaySegment(file, await contentOf(object), schemas, clock.now());
    records.push(...replay.records);
    damage.push(...replay.damage);
    if (replay.upgrade !== null && (upgrade === null || replay.upgrade.since < upgrade.since)) upgrade = replay.upgrade;
    writtenAt.set(homeIn(object), replay.writtenAt ?? (0 as Instant));
  }
  const state = emptyLedgerState();
  const isEnd = ({ kind }: LedgerRecord): boolean => kind === 'settled';
  for (const record of records) if (!isEnd(record)) applyRecord(state, record);
  const ends = records.filter((record) => record.kind === 'settled').sort((one, other) => one.at - other.at);
  for (const record of ends) applyRecord(state, record);
  settleReplaced(state);
  tellCovered(state, writtenAt, clock.now());
  return new KubernetesLedger({ ...options, schemas, upgrade }, state, damage, items);
}

const homeIn = ({ metadata }: OwnObject): Home => metadata.name.slice(prefix.length);

/** Nothing where it cannot be unpacked: the replay tells it as damage. */
async function contentOf(object: OwnObject): Promise<Buffer> {
  const bytes = Buffer.from(object.binaryData?.[part] ?? '', 'base64');
  return unzip(bytes, { maxOutputLength: mostUnpacked }).catch(() => Buffer.from('?\n'));
}

type Opened = LedgerInKubernetesOptions & { readonly schemas: Schemas; readonly upgrade: Upgrade | null };

class KubernetesLedger implements Ledger {
  readonly state: MutableLedgerState;
  readonly damage: readonly Damage[];
  readonly #options: Opened;
  readonly #writer: string;
  readonly #held = new Map<Home, HeldObject>();
  readonly #budget: WriteBudget;
  /** what has changed since it was written, by the number of its last change; in the order of their first */
  readonly #dirty = new Map<Home, number>();
  #waiting: Waiting[] = [];
  #changes = 0;
  #pumping: Promise<void> | null = null;
  #sweptAt: Instant;
  #isClosing = false;
  #wake: () => void = () => undefined;
  #lost: SpringtideError | null = null;

  constructor(options: Opened, state: MutableLedgerState, damage: readonly Damage[], objects: readonly OwnObject[]) {
    this.#options = options;
    this.#writer = `${options.instance}-${randomBytes(6).toString('hex')}`;
    this.state = state;
    this.damage = damage;
    this.#sweptAt = options.clock.now();
    this.#budget = new WriteBudget(rates, options.clock.now());
    for (const object of objects) this.#hold(homeIn(object), object);
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
    this.#sweep();
    const isBusy = this.#dirty.size > longestQueue && records.some(({ kind }) => comesAgain.has(kind));
    this.#pumping ??= this.#pump();
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
      while (this.#dirty.size > 0 && this.#lost === null) {
        const wait = this.#isClosing ? 0 : this.#budget.wait(this.#options.clock.now());
        if (wait > 0) await this.#pause(wait as Milliseconds);
        else await this.#round();
      }
    } catch (thrown) {
      this.#fail(thrown);
    }
    this.#pumping = null;
  }

  /** As many objects as may go now, the longest changed first. */
  async #round(): Promise<void> {
    const now = this.#options.clock.now();
    const due = [...this.#dirty].slice(0, this.#isClosing ? atOnce : Math.max(1, this.#budget.whole(now)));
    this.#budget.spend(due.length);
    const lines = await inSlices(this.#linesFor(new Set(due.map(([home]) => home)), now));
    let failure: unknown = null;
    await eachLimited(due, atOnce, async ([home, change]) => {
      try {
        await this.#write(home, lines.get(home) ?? [], now);
        this.#isDurable(home, change);
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

  async #write(home: Home, records: readonly LedgerRecord[], now: Instant): Promise<void> {
    const held = this.#held.get(home) ?? this.#hold(home, null);
    if (isGroupHome(home) && isFinished(records, now)) {
      await held.remove();
      this.#held.delete(home);
      return;
    }
    const { schemas, upgrade } = this.#options;
    for (const kept of [records, withoutSettled(records)]) {
      const text = [
        headerLine(schemas, upgrade, now, now),
        ...kept.map((record) => recordLine(record, schemas, upgrade, now)),
      ].join('');
      const bytes = await zip(text);
      if (bytes.length > mostBytes) continue;
      await held.write({ binaryData: { [part]: bytes.toString('base64') } });
      return;
    }
    throw new TooLarge(`${prefix}${home} would be larger than ${mostBytes} bytes`);
  }

  #hold(home: Home, object: OwnObject | null): HeldObject {
    const { own, namespace } = this.#options;
    const labels = { [label]: isGroupHome(home) ? 'group' : 'shared', 'app.kubernetes.io/managed-by': 'springtide' };
    const held = new HeldObject({ own, namespace, name: `${prefix}${home}`, labels, writer: this.#writer }, object);
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
  #sweep(): void {
    const now = this.#options.clock.now();
    if (Math.abs(now - this.#sweptAt) < sweepEvery) return;
    this.#sweptAt = now;
    const ofGroup = new Map<Home, LedgerRecord[]>();
    const homeOf = homesInOrder();
    for (const record of recordsOf(this.state, now)) {
      const home = homeOf(record);
      const known = ofGroup.get(home);
      if (known === undefined) ofGroup.set(home, [record]);
      else known.push(record);
    }
    for (const home of this.#held.keys())
      if (isGroupHome(home) && !this.#dirty.has(home) && isFinished(ofGroup.get(home) ?? [], now))
        this.#dirty.set(home, this.#changes);
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

/** Only what was settled long ago is left of it. */
function isFinished(records: readonly LedgerRecord[], now: Instant): boolean {
  const settled = new Set<string>();
  let newest = -Infinity;
  for (const record of records)
    if (record.kind === 'settled') {
      settled.add(record.id);
      newest = Math.max(newest, record.at);
    }
  const isOver = records.every(
    (record) =>
      record.kind === 'settled' ||
      record.kind === 'code' ||
      (record.kind === 'intent' && settled.has(record.intent.id)) ||
      (record.kind === 'recipient' && settled.has(record.id)),
  );
  return isOver && now - newest >= finishedFor;
}

/** Kept for explaining only: the first to go where there is too much. */
function withoutSettled(records: readonly LedgerRecord[]): readonly LedgerRecord[] {
  const settled = new Set(records.flatMap((record) => (record.kind === 'settled' ? [record.id] : [])));
  return records.filter((record) => {
    if (record.kind === 'intent') return !settled.has(record.intent.id);
    return !(record.kind === 'settled' || record.kind === 'recipient') || !settled.has(record.id);
  });
}
