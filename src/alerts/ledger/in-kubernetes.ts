// The ledger's home in a cluster: a small ConfigMap a notification group, a few writes a second, durable when the API server has them.
import { randomBytes } from 'node:crypto';
import { HeldObject } from '../../clients/kubernetes/held-object.ts';
import type { OwnObject, OwnObjects } from '../../clients/kubernetes/own-objects.ts';
import type { Cancel, Clock } from '../../clock.ts';
import { messageOf, SpringtideError } from '../../model/errors.ts';
import { minutes, type Instant, type Milliseconds } from '../../model/units.ts';
import { eachLimited } from '../../parallel.ts';
import type { Schemas, Upgrade } from '../../schemas.ts';
import { inSlices } from '../../slices.ts';
import { WriteBudget } from '../../write-budget.ts';
import { Changes, type Due } from './changes.ts';
import { isFinished } from './finished.ts';
import { homeIn, label, labelsOf, nameOf, prefix, wholeContent } from './home-objects.ts';
import { packedRecords, packedWithoutSettled, recordsByHome } from './home-records.ts';
import { isGroupHome, type Home } from './homes.ts';
import { LargeWrites } from './large-writes.ts';
import type { Ledger } from './ledger.ts';
import { TooLarge } from './packing.ts';
import { isPart } from './parts.ts';
import type { LedgerRecord } from './records.ts';
import { recovered, type Recovered } from './recovery.ts';
import type { Damage } from './replay.ts';
import { ledgerSchemas } from './schema.ts';
import { isOfOneObject, Setbacks } from './setbacks.ts';
import type { MutableLedgerState } from './state.ts';

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

/** a second */
const rates = { perSecond: 5, atOnce: 5 };
/** As much as five seconds write: where more goes before it whoever sends something is asked to send it again. */
const longestQueue = 25;
/** What comes from outside, and is sent again; everything else waits for its turn, as a message does that must not go out before it. */
const comesAgain: ReadonlySet<LedgerRecord['kind']> = new Set(['alert', 'silence', 'receipt']);
const writesAtOnce = 5;
/** Encoded it is 853 KiB: an object of Kubernetes holds 1 MiB. */
const usualBytes = 640 * 1024;
const sweepEvery = minutes(10);

export async function openLedgerInKubernetes(options: LedgerInKubernetesOptions): Promise<Ledger> {
  const { own, namespace, clock, schemas = ledgerSchemas, objectBytes = usualBytes } = options;
  const { items } = await own.list('ConfigMap', { namespace, labelSelector: label });
  const known = await recovered(items, namespace, schemas, clock.now());
  return new KubernetesLedger({ ...options, schemas, objectBytes, upgrade: known.upgrade }, known, items);
}

type Opened = Required<LedgerInKubernetesOptions> & { readonly upgrade: Upgrade | null };

class KubernetesLedger implements Ledger {
  readonly state: MutableLedgerState;
  readonly damage: readonly Damage[];
  readonly #options: Opened;
  readonly #writer: string;
  readonly #held = new Map<Home, HeldObject>();
  readonly #changes = new Changes();
  readonly #large: LargeWrites;
  #wasLargesTurn = false;
  readonly #budget: WriteBudget;
  readonly #setbacks = new Setbacks();
  #pumping: Promise<void> | null = null;
  #sweptAt: Instant;
  #isClosing = false;
  #wake: () => void = () => undefined;
  #lost: SpringtideError | null = null;

  constructor(options: Opened, { state, damage }: Pick<Recovered, 'state' | 'damage'>, objects: readonly OwnObject[]) {
    this.#options = options;
    const { own, namespace, objectBytes, clock, instance } = options;
    const now = clock.now();
    const opening = randomBytes(6).toString('hex');
    this.#writer = `${instance}-${opening}`;
    this.state = state;
    this.damage = damage;
    this.#sweptAt = now;
    this.#budget = new WriteBudget(rates, now);
    this.#large = new LargeWrites({ own, namespace, opening, objectBytes, headOf: (home) => this.#headOf(home) });
    for (const object of objects) if (!isPart(object)) this.#hold(homeIn(object), object);
    for (const home of this.#large.found(objects, now)) this.#changes.renew(home, now);
  }

  append(records: readonly LedgerRecord[]): Promise<void> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    if (this.#isClosing) return Promise.reject(this.#unwritable(new Error('it is closed')));
    if (records.length === 0) return Promise.resolve();
    const now = this.#options.clock.now();
    const before = this.#changes.before(now);
    const isRefused = before > longestQueue && records.some(({ kind }) => comesAgain.has(kind));
    const wanted = this.#changes.apply(records, this.state, now, isRefused);
    this.#setbacks.hurry();
    this.#pumping ??= this.#pump();
    this.#wake();
    // It is in the state and will be written with the rest: sent again it is the same.
    if (isRefused) return Promise.reject(this.#unwritable(new Error(`${before} objects wait to be written before it`)));
    return this.#changes.until(wanted);
  }

  lost(): SpringtideError | null {
    return this.#lost;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#setbacks.forgive();
    this.#wake();
    await this.#pumping;
    if (this.#changes.size > 0 && this.#lost === null) await (this.#pumping = this.#pump());
  }

  async #pump(): Promise<void> {
    await Promise.resolve();
    for (let goesOn = true; goesOn && this.#lost === null;)
      try {
        goesOn = await this.#step(this.#options.clock.now());
      } catch (thrown) {
        this.#fail(thrown);
        goesOn = !this.#isClosing;
      }
    this.#pumping = null;
  }

  /** False: nothing is left to be done. */
  async #step(now: Instant): Promise<boolean> {
    await this.#sweep(now);
    const due = this.#changes.all().filter(([home]) => this.#mayWrite(home, now));
    const wait = this.#wait(due.length, now);
    if (wait === null) return false;
    const pause = this.#isClosing ? 0 : Math.max(wait, this.#setbacks.rest(now));
    if (pause > 0) await this.#pause(pause as Milliseconds);
    else if (this.#isLargesTurn(due.length)) await this.#stepOfLarge();
    else await this.#round(due, now);
    return true;
  }

  #mayWrite(home: Home, now: Instant): boolean {
    return this.#large.mayBegin(home, this.#isClosing, now) && this.#setbacks.restOf(home, now) === 0;
  }

  /** null: nothing is left to be done */
  #wait(due: number, now: Instant): number | null {
    if (due > 0 || this.#large.hasWork(this.#isClosing)) return this.#isClosing ? 0 : this.#budget.wait(now);
    if (this.#isClosing) return null;
    const rests = this.#changes
      .all()
      .map(([home]) => Math.max(this.#large.restOf(home, now), this.#setbacks.restOf(home, now)));
    return rests.length === 0 ? null : Math.max(1, Math.min(...rests));
  }

  /** Every other turn, so that neither waits for all of the other. */
  #isLargesTurn(due: number): boolean {
    return this.#large.hasWork(this.#isClosing) && (due === 0 || !this.#wasLargesTurn);
  }

  async #stepOfLarge(): Promise<void> {
    this.#wasLargesTurn = true;
    this.#budget.spend(1);
    const due = this.#large.underWay;
    try {
      const written = await this.#large.step(this.#isClosing, () => this.#options.clock.now());
      if (written !== null) this.#changes.durable(...written);
    } catch (thrown) {
      if (due === null || !isOfOneObject(thrown)) throw thrown;
      this.#refused(due, thrown);
    }
    this.#setbacks.well();
  }

  /** The others go on. */
  #refused([home, change]: Due, thrown: unknown): void {
    this.#setbacks.refuse(home, this.#options.clock.now());
    this.#changes.refused(home, change, this.#unwritable(thrown));
  }

  /** As many objects as may go now. */
  async #round(all: readonly Due[], now: Instant): Promise<void> {
    const due = all.slice(0, this.#isClosing ? writesAtOnce : Math.max(1, this.#budget.whole(now)));
    this.#wasLargesTurn = false;
    this.#budget.spend(due.length);
    for (const [home] of due) this.#changes.begin(home);
    const homes = new Set(due.map(([home]) => home));
    const records = await inSlices(recordsByHome(this.state, homes, now));
    let failure: unknown = null;
    await eachLimited(due, writesAtOnce, async (one) => {
      const [home, change] = one;
      try {
        await this.#write(one, records.get(home) ?? [], now);
        this.#setbacks.taken(home);
      } catch (thrown) {
        if (thrown instanceof TooLarge) this.#changes.setAside(home, change, this.#unwritable(thrown));
        else if (isOfOneObject(thrown)) this.#refused(one, thrown);
        else failure ??= thrown;
      }
    });
    if (failure !== null) throw failure instanceof Error ? failure : new Error(messageOf(failure));
    this.#setbacks.well();
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

  async #write(due: Due, records: readonly LedgerRecord[], now: Instant): Promise<void> {
    const [home, change] = due;
    const held = this.#headOf(home);
    const isOver = isGroupHome(home) && isFinished(records, now);
    if (isOver && !this.#large.hasParts(home)) {
      await held.remove();
      this.#held.delete(home);
    } else {
      // Of a group that is over the parts go before the object does: without it another process could still name them.
      const bytes = await this.#packed(home, records, now);
      if (bytes.length > this.#options.objectBytes) {
        this.#large.begin(due, bytes, this.#options.clock.now());
        // nothing was written in this round
        this.#budget.spend(-1);
        return;
      }
      await held.write(wholeContent(bytes));
    }
    this.#large.written(home);
    this.#changes.durable(home, change);
  }

  /** In one object where it fits without what is kept for explaining only. */
  #packed(home: Home, records: readonly LedgerRecord[], now: Instant): Promise<Buffer> {
    const form = { ...this.#options, now };
    return this.#large.needsParts(home)
      ? packedWithoutSettled(records, form)
      : packedRecords(records, this.#options.objectBytes, form);
  }

  #headOf(home: Home): HeldObject {
    return this.#held.get(home) ?? this.#hold(home, null);
  }

  #hold(home: Home, object: OwnObject | null): HeldObject {
    const { own, namespace } = this.#options;
    const name = nameOf(home);
    const held = new HeldObject({ own, namespace, name, labels: labelsOf(home), writer: this.#writer }, object);
    this.#held.set(home, held);
    return held;
  }

  /** What was not written stays to be written: with the next record, or after a while. Whoever waits is told. */
  #fail(thrown: unknown): void {
    this.#changes.putBack();
    const isPatient = this.#setbacks.failed(thrown, this.#options.clock.now());
    if (isPatient && !this.#isClosing) return;
    if (thrown instanceof SpringtideError && thrown.code === 'StateMoved') this.#lost = thrown;
    this.#changes.fail(this.#lost ?? this.#unwritable(thrown));
  }

  /** Groups that are over long enough are looked at again, and go. */
  async #sweep(now: Instant): Promise<void> {
    if (Math.abs(now - this.#sweptAt) < sweepEvery) return;
    this.#sweptAt = now;
    const atRest = (): readonly Home[] =>
      [...this.#held.keys()].filter((home) => isGroupHome(home) && !this.#changes.has(home));
    const homes = new Set(atRest());
    const records = await inSlices(recordsByHome(this.state, homes, now));
    for (const home of atRest()) if (isFinished(records.get(home) ?? [], now)) this.#changes.renew(home, now);
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
