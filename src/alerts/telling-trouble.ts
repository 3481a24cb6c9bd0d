// Whom springtide cannot tell: since when a channel of a receiver refuses, does not answer, or leaves people waiting.
import type { AlertsDocument } from '../model/config.ts';
import type { LoopFacts } from '../model/snapshot.ts';
import { minutes, rfc3339, since } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { isOwed } from './courier.ts';
import { integrationsOf } from './integrations.ts';
import { newestFirst } from './ledger/receipts.ts';
import { placeOf, recipientKey } from './ledger/records.ts';
import type { Intent } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { isAt } from './reach.ts';
import type { NotificationView } from './status.ts';
import { shutUntil } from './vendor-limits.ts';

interface Failing {
  readonly since: Instant;
  readonly why: string;
}

/** A server that restarts, or a gateway that says wait, is no trouble yet. */
const refusedFor = minutes(5);
/** Also where nobody has refused anything: so long nobody has to wait for what is owed. */
const owedFor = minutes(10);

type Known = Pick<LedgerState, 'open' | 'recent' | 'told' | 'held' | 'smsSent' | 'smsOwed'>;
type Told = Pick<NotificationView, 'receiver' | 'channel' | 'to'>;
const keyOf = ({ receiver, channel, to }: Told): string => JSON.stringify([receiver, channel, to]);

export class TellingTrouble {
  readonly #state: Known;
  readonly #document: () => AlertsDocument;
  /** by receiver, channel and recipient: the first failure after which nothing arrived */
  readonly #failing = new Map<string, Failing>();

  /** What an earlier process tried in vain was in vain since it was owed. */
  constructor(state: Known, document: () => AlertsDocument) {
    this.#state = state;
    this.#document = document;
    for (const { intent, recipients } of state.open.values())
      for (const { to, reason, message } of recipients.values())
        if (reason !== null) this.#begin(keyOf({ ...intent, to }), { since: intent.at, why: message ?? reason });
    for (const [key, { outcome, at }] of state.told)
      if (outcome === 'failed') this.#begin(keyOf(placeOf(key)), { since: at, why: 'it was refused' });
  }

  noted(view: NotificationView, now: Instant): void {
    const key = keyOf(view);
    if (view.outcome === 'sent') this.#failing.delete(key);
    else this.#begin(key, { since: now, why: view.message ?? view.reason ?? view.outcome });
  }

  /** One a receiver and channel; it is over when it arrives, or when nobody waits for it any more. */
  at(now: Instant): NonNullable<LoopFacts['tellingFails']> {
    const shut = this.#shut(now);
    for (const key of shut) this.#begin(key, { since: now, why: 'the vendor lets no more SMS through to the number' });
    const undelivered = this.#undelivered(now);
    for (const [key, failing] of undelivered) this.#begin(key, failing);
    const waiting = this.#waiting(now, [...shut, ...undelivered.keys()]);
    for (const key of this.#failing.keys()) if (!waiting.has(key)) this.#failing.delete(key);
    const found = new Map<string, { receiver: string; channel: string; count: number; first: Failing }>();
    for (const [key, owed] of waiting) {
      const failing = this.#failing.get(key);
      const first = failing !== undefined && since(failing.since, now) >= refusedFor ? failing : owed;
      if (first === null) continue;
      const [receiver, channel] = JSON.parse(key) as [string, string, string];
      const id = JSON.stringify([receiver, channel]);
      const known = found.get(id);
      if (known === undefined) found.set(id, { receiver, channel, count: 1, first });
      else
        found.set(id, {
          ...known,
          count: known.count + 1,
          first: known.first.since <= first.since ? known.first : first,
        });
    }
    return [...found.values()].map(({ first, ...one }) => ({ ...one, since: rfc3339(first.since), why: first.why }));
  }

  /** Those who wait for hours for the vendor's limit. */
  #shut(now: Instant): ReadonlySet<string> {
    const document = this.#document();
    const asked = new Map<string, boolean>();
    for (const held of this.#state.held.values())
      for (const to of held.why === 'budget' ? held.to : []) {
        const key = keyOf({ ...held, to });
        // in a storm the same telephone waits for thousands of groups
        if (asked.get(key) === true) continue;
        const integration = integrationsOf(document, held.receiver, now).find((one) => isAt(one, held));
        const shut = integration && shutUntil(held.groupKey, integration, to, this.#state, document, now);
        asked.set(key, typeof shut === 'number');
      }
    return new Set([...asked].flatMap(([key, isShut]) => (isShut ? [key] : [])));
  }

  /** Those whose newest messages were taken and did not arrive, and who have not been told the end: since the first of these reports. */
  #undelivered(now: Instant): ReadonlyMap<string, Failing> {
    const arrived = new Set<string>();
    const lost = new Map<string, Failing>();
    for (const { intent, recipients } of newestFirst(this.#state))
      for (const { to, state, at, receipt } of intent.channel === 'sms' ? recipients.values() : []) {
        const key = keyOf({ ...intent, to });
        if (state !== 'sent' || arrived.has(key)) continue;
        if (receipt?.status === 'failed') {
          if (this.#knowsOfFiring(intent, to))
            lost.set(key, {
              since: receipt.at,
              why: `it was reported as not delivered (${receipt.code ?? 'no code'})`,
            });
        } else if (receipt?.status === 'delivered' || since(at ?? intent.at, now) >= owedFor) arrived.add(key);
      }
    return lost;
  }

  #knowsOfFiring({ covers, groupKey, receiver, channel, index }: Intent, to: string): boolean {
    return (covers ?? [{ groupKey }]).some((cover) => {
      const key = recipientKey({ groupKey: cover.groupKey, receiver, channel, index }, to);
      return (this.#state.told.get(key)?.firing.length ?? 0) > 0;
    });
  }

  /** Those who are owed something or were refused it; with the reason where it is owed for too long by itself. */
  #waiting(now: Instant, lost: readonly string[]): ReadonlyMap<string, Failing | null> {
    const waiting = new Map<string, Failing | null>(lost.map((key) => [key, null]));
    for (const { intent, recipients } of this.#state.open.values())
      for (const recipient of recipients.values()) {
        if (!isOwed(recipient)) continue;
        const isLate = since(intent.at, now) >= owedFor;
        const key = keyOf({ ...intent, to: recipient.to });
        const why = recipient.message ?? 'it has waited since';
        if (isLate) waiting.set(key, { since: intent.at, why });
        else if (!waiting.has(key)) waiting.set(key, null);
      }
    if (this.#failing.size === 0) return waiting;
    for (const [key, { outcome }] of this.#state.told) {
      if (outcome !== 'failed') continue;
      const refused = keyOf(placeOf(key));
      if (!waiting.has(refused)) waiting.set(refused, null);
    }
    return waiting;
  }

  #begin(key: string, failing: Failing): void {
    const known = this.#failing.get(key);
    if (known === undefined || failing.since < known.since) this.#failing.set(key, failing);
  }
}
