// Follows the lease, takes it when it is free, renews it while ticks happen, and gives it back: one loop, one step at a time.
import type { Logger } from 'pino';
import { ClientError } from '../clients/http/error.ts';
import type { OwnObject, OwnObjects } from '../clients/kubernetes/own-objects.ts';
import type { Clock } from '../clock.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { seconds, type Milliseconds } from '../model/units.ts';
import { Bell } from './bell.ts';
import {
  beginning,
  givenBack,
  granted,
  leaseFor,
  nextStep,
  notGranted,
  saw,
  steppedDown,
  type Loss,
  type Me,
  type Moment,
  type Standing,
  type Step,
} from './election.ts';
import type { LeaseFence, Monotonic } from './fence.ts';
import { leaseOf, microTime, objectOf, type LeaseName, type LeaseRecord, type SeenLease } from './lease.ts';

/** What comes with the lease, for the one who leads. */
export interface Mandate {
  /** aborted: finish what is under way, begin nothing; `reason` says whether it was lost */
  readonly signal: AbortSignal;
  /** who held it before and fell silent; null: it was given back, or nobody did */
  readonly tookFrom: string | null;
}

/** Why a term ends, as the reason of its signal. */
export type TermEnd = Loss | 'Stopping';

export interface ElectorOptions {
  /** not guarded by the fence: renewing is how it opens */
  readonly objects: Pick<OwnObjects, 'get' | 'create' | 'replace' | 'watch'>;
  readonly name: LeaseName;
  readonly me: Me;
  readonly clock: Clock;
  readonly monotonic: Monotonic;
  readonly fence: LeaseFence;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** whether the one who leads here still does what he is there for */
  readonly ticks: () => boolean;
  /** Resolves when the term is over and everything of it is closed; rejects where it could not even begin. */
  readonly lead: (mandate: Mandate) => Promise<void>;
  /** the lease was read or seen: who holds it may have changed */
  readonly onSeen?: (lease: SeenLease | null) => void;
  /** waiting, or trying to: this process is alive */
  readonly onStep?: () => void;
}

/** Half a renewal period is left for the next attempt. */
const longestCall = seconds(3);
/** What is under way at the loss of the lease has deadlines far below this. */
const patience = seconds(30);

interface Reign {
  readonly ending: AbortController;
  /** null while it lasts */
  ended: { readonly thrown: unknown } | null;
  readonly done: Promise<void>;
}

const isConflict = (thrown: unknown): boolean => thrown instanceof ClientError && thrown.code === 'Conflict';

export class Elector {
  readonly #options: ElectorOptions;
  readonly #bell = new Bell();
  #standing: Standing = beginning;
  #reign: Reign | null = null;
  #trouble: string | null = null;

  constructor(options: ElectorOptions) {
    this.#options = options;
  }

  get leads(): boolean {
    return this.#reign !== null;
  }

  /** Until it is aborted: then the term ends in order, and the lease is given back. */
  async run(signal: AbortSignal): Promise<void> {
    const { objects, name, clock } = this.#options;
    const ring = (): void => this.#bell.ring();
    signal.addEventListener('abort', ring);
    const watch = objects.watch(
      'Lease',
      name,
      ({ items, synced }) => {
        if (!synced) return;
        this.#saw(items.find((item) => item.metadata.name === name.name) ?? null, 'watch');
        ring();
      },
      { clock },
    );
    try {
      while (!signal.aborted || this.#reign !== null) await this.#step(signal.aborted);
    } finally {
      signal.removeEventListener('abort', ring);
      await watch.stop();
    }
  }

  async #step(stopping: boolean): Promise<void> {
    const reign = this.#reign;
    if (reign === null) this.#options.onStep?.();
    if (reign !== null && reign.ended !== null) return this.#giveBack(reign.ended.thrown);
    if (stopping) reign?.ending.abort('Stopping' satisfies TermEnd);
    const step = nextStep(this.#standing, this.#options.me, this.#moment());
    switch (step.do) {
      case 'wait':
        return this.#bell.wait(this.#options.clock, (step.until - this.#options.monotonic()) as Milliseconds);
      case 'read':
        return this.#attempt(() => this.#read());
      case 'write':
        return this.#attempt(() => this.#write(step));
      case 'stepDown':
        return this.#lose(step.why);
    }
  }

  #moment(): Moment {
    const { monotonic, clock, ticks } = this.#options;
    // One who is ending does not tick any more; he keeps the lease until he has ended.
    const isEnding = this.#reign?.ending.signal.aborted === true;
    return { at: monotonic(), stamp: microTime(clock.now()), ticks: isEnding || this.#reign === null || ticks() };
  }

  #saw(object: OwnObject | null, by: 'watch' | 'read'): void {
    const lease = object === null ? null : leaseOf(object);
    this.#standing = saw(this.#standing, lease, this.#options.monotonic(), by);
    this.#options.onSeen?.(lease);
  }

  async #attempt(run: () => Promise<void>): Promise<void> {
    const { log, name, monotonic } = this.#options;
    try {
      await run();
      if (this.#trouble !== null) log.info({ lease: name.name }, 'the lease can be read and written again');
      this.#trouble = null;
    } catch (thrown) {
      const conflict = isConflict(thrown);
      this.#standing = notGranted(this.#standing, conflict ? 'conflict' : 'failed', monotonic());
      const trouble = thrown instanceof ClientError ? thrown.code : messageOf(thrown);
      if (!conflict && trouble !== this.#trouble) {
        this.#trouble = trouble;
        log.warn({ lease: name.name, err: messageOf(thrown) }, 'the lease cannot be read or written');
      }
    }
  }

  async #read(): Promise<void> {
    const { objects, name } = this.#options;
    this.#saw(await objects.get('Lease', name.namespace, name.name, { deadline: this.#deadline() }), 'read');
  }

  async #write({ record, over }: Extract<Step, { readonly do: 'write' }>): Promise<void> {
    const { monotonic, fence, log } = this.#options;
    const sentAt = monotonic();
    const lease = await this.#put(record, over);
    fence.renewed(sentAt);
    this.#standing = granted(lease, sentAt);
    this.#options.onSeen?.(lease);
    if (this.#reign !== null) return;
    const tookFrom = over === null || over.holder === '' || over.holder === record.holder ? null : over.holder;
    log.info({ lease: this.#options.name.name, holder: record.holder, tookFrom }, 'this process leads from now on');
    this.#begin(tookFrom);
  }

  async #put(record: LeaseRecord, over: SeenLease | null): Promise<SeenLease> {
    const { objects, name } = this.#options;
    const object = objectOf(record, over, name);
    const options = { deadline: this.#deadline() };
    return leaseOf(over === null ? await objects.create(object, options) : await objects.replace(object, options));
  }

  /** What could only be answered too late is not waited for: the fence is closed in time. */
  #deadline(): Milliseconds {
    const left = (this.#options.fence.closesAt() ?? Infinity) - this.#options.monotonic();
    return Math.max(1, Math.min(longestCall, left)) as Milliseconds;
  }

  #begin(tookFrom: string | null): void {
    const ending = new AbortController();
    const finish = (thrown: unknown): void => {
      reign.ended = { thrown };
      this.#bell.ring();
    };
    const led = this.#options.lead({ signal: ending.signal, tookFrom });
    const reign: Reign = { ending, ended: null, done: led.then(() => finish(null), finish) };
    this.#reign = reign;
  }

  /** The term is over by itself: told to stop, or unable to begin. */
  async #giveBack(thrown: unknown): Promise<void> {
    const { fence, log, name, clock, monotonic } = this.#options;
    const standing = this.#standing;
    fence.close();
    this.#reign = null;
    // Somebody else may be able to begin: he is not raced for it.
    this.#standing = { ...beginning, notBefore: thrown === null ? 0 : monotonic() + leaseFor };
    if (thrown !== null) log.error({ err: thrown }, 'the one who leads cannot do his work: the lease is given back');
    if (standing.role !== 'leading' || standing.lease === 'unknown' || standing.lease === null) return;
    try {
      await this.#put(givenBack(standing.holder, microTime(clock.now())), standing.lease);
      log.info({ lease: name.name }, 'the lease was given back');
    } catch (error) {
      log.warn({ lease: name.name, err: messageOf(error) }, 'the lease was not given back: it is free in 15 s');
    }
  }

  async #lose(why: Loss): Promise<void> {
    const { fence, log, name, clock, monotonic } = this.#options;
    fence.close();
    const reign = this.#reign;
    log.error({ lease: name.name, why }, lossText[why]);
    if (reign !== null) {
      reign.ending.abort(why satisfies TermEnd);
      await this.#ended(reign, clock);
    }
    this.#reign = null;
    this.#standing = steppedDown(why, monotonic());
  }

  async #ended(reign: Reign, clock: Clock): Promise<void> {
    const stuck = new AbortController();
    const late = new Promise<never>((_resolve, reject) => {
      const cancel = clock.after(patience, () =>
        reject(
          new SpringtideError({
            code: 'TermStuck',
            what: `what this process did as the one who leads has not ended ${patience / 1000} s after it lost the lease`,
            mend: 'the process ends, so that a new one begins; the log before this line says what it was waiting for',
          }),
        ),
      );
      stuck.signal.addEventListener('abort', cancel, { once: true });
    });
    try {
      await Promise.race([reign.done, late]);
    } finally {
      stuck.abort();
    }
  }
}

const lossText: Readonly<Record<Loss, string>> = {
  Taken: 'the lease is lost: somebody else holds it; nothing new begins here, and this process follows',
  NotRenewed: 'the lease is lost: it was not renewed for 10 s; nothing new begins here, and this process follows',
  TicksStopped: 'the lease is left to others: no tick has ended here for too long',
};
