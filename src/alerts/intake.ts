// Where alerts come in: own conditions all at once, those of others as they are sent; durable before they count as taken.
import { setImmediate } from 'node:timers/promises';
import type { AlertsDocument } from '../model/config.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import type { PlanAlert } from '../model/plan.ts';
import type { Instant } from '../model/units.ts';
import type { Alert } from './alert.ts';
import type { AlertLog } from './courier.ts';
import { ingested } from './ingest.ts';
import type { PushedAlert } from './ingest.ts';
import type { KnownAlerts, Merged } from './known-alerts.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LedgerRecord } from './ledger/records.ts';
import type { NodeGroupLabel } from './node-group-label.ts';

export interface TellOutcome {
  readonly accepted: number;
  /** how many began, ended or came back */
  readonly changed: number;
  /** false: they are being told, but a kill before the next good write would forget them */
  readonly durable: boolean;
  readonly fault: { readonly code: string; readonly message: string } | null;
}

export interface PushOutcome extends TellOutcome {
  /** the others of the batch were taken */
  readonly problems: readonly { readonly index: number; readonly problem: string }[];
  /** for so many there was no place: they are not kept */
  readonly leftOut: number;
}

interface Parts {
  readonly ledger: Pick<Ledger, 'append'>;
  readonly log: AlertLog;
  readonly alerts: KnownAlerts;
  readonly document: () => AlertsDocument;
  /** one that is only listened for: nobody is told of it */
  readonly isWatchdog: (alert: Alert) => boolean;
  readonly nodeGroup: Pick<NodeGroupLabel, 'addedTo' | 'keep' | 'forget'>;
  /** into its groups, and among what may inhibit others */
  readonly place: (alert: Alert) => void;
  /** it has left its groups, and inhibits nobody any more */
  readonly displaced: (alert: Alert) => void;
}

/** So many alerts are some 20 ms of work: between them whoever asks, or is to be told, has his turn. */
const portion = 250;

export class Intake {
  readonly #parts: Parts;
  /** by fingerprint, what is being written of an alert: whoever says the same meanwhile is answered when that is durable */
  readonly #underWay = new Map<string, Promise<void>>();
  /** of these the last word was not written: who repeats it must not be told that it was */
  readonly #unwritten = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Springtide's own conditions: one that is not spoken of any more ends. */
  tell(told: readonly PlanAlert[], now: Instant): Promise<TellOutcome> {
    const { alerts, document } = this.#parts;
    const { labels, resolve_timeout: timeout } = document().global;
    const merged = told.map((one) => alerts.merge(one, labels, now));
    const records = merged.flatMap((one) => this.#taken(one));
    const spoken = new Set(merged.map(({ fingerprint }) => fingerprint));
    const ended = alerts.endUnspoken(spoken, timeout, now).map((alert) => this.placed(alert));
    return this.#kept([...records, ...ended], [...spoken], told.length);
  }

  async push(pushed: readonly PushedAlert[], now: Instant): Promise<PushOutcome> {
    const outcomes = [this.#push(pushed.slice(0, portion), 0, now)];
    for (let from = portion; from < pushed.length; from += portion) {
      await setImmediate();
      outcomes.push(this.#push(pushed.slice(from, from + portion), from, now));
    }
    const all = await Promise.all(outcomes);
    return {
      accepted: all.reduce((sum, { accepted }) => sum + accepted, 0),
      changed: all.reduce((sum, { changed }) => sum + changed, 0),
      durable: all.every(({ durable }) => durable),
      fault: all.find(({ fault }) => fault !== null)?.fault ?? null,
      problems: all.flatMap(({ problems }) => problems),
      leftOut: all.reduce((sum, { leftOut }) => sum + leftOut, 0),
    };
  }

  async #push(pushed: readonly PushedAlert[], from: number, now: Instant): Promise<PushOutcome> {
    const { alerts, document, isWatchdog, nodeGroup } = this.#parts;
    const { labels: globalLabels, resolve_timeout: resolveTimeout } = document().global;
    const problems: { index: number; problem: string }[] = [];
    const records: LedgerRecord[] = [];
    const fingerprints: string[] = [];
    let leftOut = 0;
    for (const [index, one] of pushed.entries()) {
      const labels = nodeGroup.addedTo(one.labels, globalLabels, (known) => alerts.get(known) !== undefined);
      const result = ingested({ ...one, labels }, { globalLabels, resolveTimeout }, now);
      if ('problem' in result) problems.push({ index: from + index, problem: result.problem });
      else if (!isWatchdog(result.alert)) {
        const merged = alerts.accept(result.alert, now);
        if (merged.isLeftOut === true) leftOut += 1;
        fingerprints.push(merged.fingerprint);
        records.push(...this.#taken(merged));
      }
    }
    const kept = await this.#kept(records, fingerprints, pushed.length - problems.length - leftOut);
    return { ...kept, problems, leftOut };
  }

  /** It is over, and everybody has been told. */
  forgotten(fingerprint: string, now: Instant): LedgerRecord {
    const { alerts, nodeGroup, displaced } = this.#parts;
    this.#unwritten.delete(fingerprint);
    const forgotten = alerts.forget(fingerprint, now);
    if (forgotten !== null) {
      displaced(forgotten.alert);
      nodeGroup.forget(forgotten.alert);
    }
    const begun = forgotten?.begun ?? null;
    return { kind: 'forgotten', fingerprint, ...(begun !== null && { begun }) };
  }

  placed(alert: Alert): LedgerRecord {
    this.#parts.place(alert);
    this.#parts.nodeGroup.keep(alert);
    return { kind: 'alert', alert };
  }

  #taken({ alert, news }: Merged): LedgerRecord[] {
    if (alert === null) return [];
    const record = this.placed(alert);
    return news || this.#unwritten.has(alert.fingerprint) ? [record] : [];
  }

  async #kept(
    records: readonly LedgerRecord[],
    fingerprints: readonly string[],
    accepted: number,
  ): Promise<TellOutcome> {
    const outcome = { accepted, changed: records.length };
    const underWay = new Set(fingerprints.flatMap((fingerprint) => this.#underWay.get(fingerprint) ?? []));
    try {
      await Promise.all([this.#write(records), ...underWay]);
      return { ...outcome, durable: true, fault: null };
    } catch (error) {
      this.#parts.log.error({ err: messageOf(error) }, 'alerts are told, but not written down');
      return { ...notTaken(error), ...outcome };
    }
  }

  async #write(records: readonly LedgerRecord[]): Promise<void> {
    const written = this.#parts.ledger.append(records);
    const fingerprints = records.flatMap((record) => (record.kind === 'alert' ? [record.alert.fingerprint] : []));
    for (const fingerprint of fingerprints) {
      this.#underWay.set(fingerprint, written);
      this.#unwritten.delete(fingerprint);
    }
    const isDurable = await written.then(
      () => true,
      () => false,
    );
    for (const fingerprint of fingerprints) {
      if (this.#underWay.get(fingerprint) !== written) continue;
      this.#underWay.delete(fingerprint);
      if (!isDurable) this.#unwritten.add(fingerprint);
    }
    await written;
  }
}

export const notTaken = (error: unknown): TellOutcome => ({
  accepted: 0,
  changed: 0,
  durable: false,
  fault: { code: error instanceof SpringtideError ? error.code : 'LedgerUnwritable', message: messageOf(error) },
});
