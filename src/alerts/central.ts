// The central one that alerts are handed on to: whether it answers, and so which of us tells people.
import type { Cancel, Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { later, minutes, rfc3339, seconds } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { asOf } from './alert.ts';
import type { Alert, LabelSet } from './alert.ts';
import type { Forwarder, ForwardResult, ForwardSettings } from './channels/forward.ts';
import type { AlertLog } from './courier.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { LedgerRecord } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { Refusals } from './refusals.ts';

export interface CentralParts {
  readonly clock: Clock;
  readonly state: Pick<LedgerState, 'centralSilentSince'>;
  readonly document: () => AlertsDocument;
  readonly forwarder: Pick<Forwarder, 'forward'> | undefined;
  readonly alerts: () => readonly Alert[];
  readonly write: (records: readonly LedgerRecord[]) => void;
  readonly log: AlertLog;
  /** it has fallen silent, or answers again (null), or it refuses these alerts by themselves, or no more */
  readonly onChange: (fingerprints: readonly string[] | null) => void;
  /** it has heard that these are over, or never will */
  readonly onEnded: (fingerprints: readonly string[]) => void;
  /** who has the word is known from now on */
  readonly onKnown: () => void;
}

export interface CentralView {
  /** its path stays out of what is shown */
  readonly host: string;
  readonly tells: 'central' | 'local';
  /** RFC 3339: when it last took what it was sent, or when we began to send */
  readonly heard: string;
  readonly problem: string | null;
  /** what it refuses by itself, and people are told of from here; null: nothing */
  readonly refuses: { readonly count: number; readonly labels: LabelSet; readonly why: string } | null;
}

const longestPause = seconds(30);
const shortestPause = seconds(1);

/** For so long it believes what it was told to fire, without a word from us. */
const validFor = ({ silentAfter }: ForwardSettings): Milliseconds =>
  Math.max(minutes(5), 2 * silentAfter) as Milliseconds;

export class Central {
  readonly #parts: CentralParts;
  readonly #abort = new AbortController();
  /** what ended and was not yet heard of over there */
  readonly #ended = new Map<string, Alert>();
  /** what fires, as far as is known over there */
  readonly #believed = new Set<string>();
  readonly #refusals = new Refusals();
  #url: string | null = null;
  #heard: Instant;
  #spoke = false;
  /** since the start, or a reload, it has taken something, or was silent for long enough */
  #isKnown = false;
  #problem: string | null = null;
  #under: Promise<void> | null = null;
  #hasNews = false;
  #next: Cancel = () => undefined;
  #deadline: Cancel = () => undefined;

  constructor(parts: CentralParts) {
    this.#parts = parts;
    this.#heard = parts.state.centralSilentSince ?? parts.clock.now();
    for (const alert of parts.alerts()) if (alert.ended !== null) this.#ended.set(alert.fingerprint, alert);
  }

  /** Of which alerts people are told from here all the same, while it answers. */
  elsewhere(now: Instant): Elsewhere {
    return this.#speaks(now) ? this.#refusals.fingerprints : null;
  }

  /** Nobody knows yet who has the word, nor what it refuses: whatever is decided now may be wrong. */
  isAwaited(): boolean {
    return !this.#isKnown && this.#settings() !== undefined;
  }

  /** It has not heard yet that this is over: remembered until then. */
  owesEndOf(fingerprint: string): boolean {
    return this.#ended.has(fingerprint) && this.#settings() !== undefined;
  }

  /** It tells people, we do not. */
  #speaks(now: Instant): boolean {
    const settings = this.#settings();
    // the clock was set back: it is waited for once more, and not until the clock is there again
    if (this.#heard > now) this.#heard = now;
    return settings !== undefined && now - this.#heard < settings.silentAfter;
  }

  /** An alert began, goes on, or ended. */
  seen(alert: Alert): void {
    if (this.#url === null) return;
    if (alert.ended !== null) this.#ended.set(alert.fingerprint, alert);
    else this.#ended.delete(alert.fingerprint);
    if (this.#hasNews || (alert.ended === null && this.#believed.has(alert.fingerprint))) return;
    this.#hasNews = true;
    if (this.#under === null) this.#sendIn(shortestPause);
  }

  /** After a start and after a reload. */
  refresh(): void {
    const url = this.#settings()?.url ?? null;
    if (url === this.#url) return;
    const now = this.#parts.clock.now();
    const isFirst = this.#url === null && this.#parts.state.centralSilentSince !== null;
    this.#url = url;
    this.#believed.clear();
    this.#isKnown = false;
    // another one may take them
    this.#refusals.keepOnly(() => false);
    this.#next();
    this.#deadline();
    if (!isFirst) this.#answered(now);
    this.#compare(now);
    if (url === null) {
      this.#parts.onEnded(this.#forget(() => true));
      this.#learn(true);
    } else if (this.#under === null) this.#sendIn(0 as Milliseconds);
  }

  /** What was being sent has its answer. */
  async settle(): Promise<void> {
    await this.#under;
  }

  view(): CentralView | null {
    const settings = this.#settings();
    if (settings === undefined) return null;
    const { first, fingerprints } = this.#refusals;
    return {
      host: new URL(settings.url).host,
      tells: this.#speaks(this.#parts.clock.now()) ? 'central' : 'local',
      heard: rfc3339(this.#heard),
      problem: this.#problem,
      refuses: first === undefined ? null : { count: fingerprints.size, labels: first.labels, why: first.why },
    };
  }

  stop(): void {
    this.#next();
    this.#deadline();
    this.#url = null;
    this.#abort.abort();
  }

  #settings(): ForwardSettings | undefined {
    return this.#parts.forwarder === undefined ? undefined : this.#parts.document().forwardTo;
  }

  #sendIn(pause: Milliseconds): void {
    this.#next();
    this.#next = this.#parts.clock.after(pause, () => {
      this.#under = this.#send().finally(() => {
        this.#under = null;
      });
    });
  }

  async #send(): Promise<void> {
    const settings = this.#settings();
    const { clock, forwarder, alerts, onEnded } = this.#parts;
    if (settings === undefined || forwarder === undefined || this.#url === null) return;
    this.#hasNews = false;
    const now = clock.now();
    const life = validFor(settings);
    onEnded(this.#forget(({ ended: over }) => over !== null && now - over > life));
    const all = alerts();
    const firing = all.filter((alert) => asOf(alert, now).ended === null);
    const ended = [...this.#ended.values()];
    const sent = this.#refusals.toSend([...firing, ...ended], now);
    const result = await forwarder.forward(sent, settings, {
      validFor: life,
      signal: this.#abort.signal,
    });
    if (this.#abort.signal.aborted) return;
    if (settings.url !== this.#url) {
      this.#sendIn(0 as Milliseconds);
      return;
    }
    const problem = result.status === 'sent' ? null : result.message;
    if (problem === null) {
      const heard = new Set(ended);
      onEnded(this.#forget((alert) => heard.has(alert)));
      this.#believed.clear();
      for (const { fingerprint } of firing) this.#believed.add(fingerprint);
      this.#answered(clock.now());
    } else {
      if (this.#problem === null) this.#parts.log.warn({ err: problem }, 'the central one does not take our alerts');
      this.#unanswered();
    }
    this.#problem = problem;
    // before it has the word again: what is owed of that is not left to it
    this.#refuses(sent, result, all);
    this.#compare(clock.now());
    this.#learn(problem === null || !this.#speaks(clock.now()));
    const usual = Math.min(longestPause, Math.max(shortestPause, settings.silentAfter / 4)) as Milliseconds;
    this.#sendIn(this.#hasNews && problem === null ? shortestPause : usual);
  }

  /** Of these ends it need not hear any more. */
  #forget(isMeant: (alert: Alert) => boolean): readonly string[] {
    const meant = [...this.#ended.values()].filter(isMeant).map(({ fingerprint }) => fingerprint);
    for (const fingerprint of meant) this.#ended.delete(fingerprint);
    return meant;
  }

  #learn(isKnown: boolean): void {
    if (!isKnown || this.#isKnown) return;
    this.#isKnown = true;
    this.#parts.onKnown();
  }

  /** People are told from here of what it refuses by itself: the rest it tells. */
  #refuses(sent: readonly Alert[], { status, refused = [] }: ForwardResult, all: readonly Alert[]): void {
    const { clock, log, onChange } = this.#parts;
    const before = this.#refusals.fingerprints;
    const news = refused.filter(({ fingerprint }) => !before.has(fingerprint));
    const [first] = news;
    if (first !== undefined)
      log.warn(
        { err: first.why, alert: first.labels, count: news.length },
        'the central one refuses alerts: people are told of them from here',
      );
    const changed = this.#refusals.answered(sent, refused, { taken: status === 'sent', now: clock.now() });
    const known = new Set([...all.map(({ fingerprint }) => fingerprint), ...this.#ended.keys()]);
    const forgotten = this.#refusals.keepOnly((fingerprint) => known.has(fingerprint));
    if (changed.length > 0 || forgotten.length > 0) onChange([...changed, ...forgotten]);
  }

  #answered(now: Instant): void {
    this.#heard = now;
    if (this.#parts.state.centralSilentSince !== null) this.#parts.write([{ kind: 'central', silentSince: null }]);
  }

  /** Written down, so that a process that is killed over and over does not wait anew each time. */
  #unanswered(): void {
    if (this.#parts.state.centralSilentSince === null)
      this.#parts.write([{ kind: 'central', silentSince: this.#heard }]);
  }

  #compare(now: Instant): void {
    const { clock, log, onChange } = this.#parts;
    const settings = this.#settings();
    const speaks = this.#speaks(now);
    this.#deadline();
    if (settings !== undefined && speaks)
      this.#deadline = clock.after((later(this.#heard, settings.silentAfter) - now) as Milliseconds, () => {
        this.#unanswered();
        this.#compare(clock.now());
        // what is under way may still be taken
        this.#learn(this.#problem !== null);
      });
    if (speaks === this.#spoke) return;
    this.#spoke = speaks;
    if (settings !== undefined)
      log[speaks ? 'info' : 'warn'](
        { host: new URL(settings.url).host },
        speaks ? 'the central one tells people' : 'the central one is silent: people are told from here',
      );
    onChange(null);
  }
}
