// What the ledger writes down: one record a line.
import type { Instant, Milliseconds } from '../../model/units.ts';
import type { Upgrade } from '../../schemas.ts';
import type { MessageCode } from '../acknowledge-code.ts';
import type { Alert, LabelSet } from '../alert.ts';
import type { SentMessage } from '../budget.ts';
import type { TellReason, ToldEntry } from '../dedup.ts';
import type { Begun } from '../flapping.ts';
import type { Whole } from '../naming.ts';
import type { RuleMemory } from '../rules/memory.ts';
import type { Silence } from '../silence.ts';
import type { Place, Way } from '../ways.ts';

/** 1 knew no silences, nothing muted, and no message for several groups. */
export const ledgerSchema = 2;

export type ChannelKind = 'email' | 'sms' | 'webhook';

/** What somebody is to be told: written before anything leaves the house. */
export interface Intent {
  readonly id: string;
  readonly groupKey: string;
  readonly groupLabels: LabelSet;
  readonly receiver: string;
  readonly channel: ChannelKind;
  /** the number of the configuration within its receiver and channel */
  readonly index: number;
  /** by which way it goes: what it was by then is remembered */
  readonly way?: string | undefined;
  readonly reason: TellReason;
  readonly at: Instant;
  readonly alerts: readonly Alert[];
  /** the periods that count as told once it is sent */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** they were announced, still fire, and are muted now: their end will be told */
  readonly muted?: readonly string[];
  /** alerts that a sender only counted; absent: none */
  readonly truncated?: number;
  /** the groups that it speaks for, where it is more than its own */
  readonly covers?: readonly Cover[];
  readonly bundle?: Bundle;
  /** alerts that it only counts */
  readonly unnamed?: number;
  /** what is so of all, where it names some of them */
  readonly whole?: Whole;
  /** where somebody says that he is on it */
  readonly acknowledgeUrl?: string;
  /** by which he says so where there is no link */
  readonly acknowledgeCode?: string;
  readonly to: readonly string[];
  /** for SMS exactly what is sent; for e-mail its subject and plain text */
  readonly text: string;
}

/** What waits to be told together: of one group by one integration. */
export interface HeldBack {
  readonly groupKey: string;
  readonly receiver: string;
  readonly channel: ChannelKind;
  readonly index: number;
  readonly to: readonly string[];
  readonly why: Bundle['why'];
  /** of a webhook, by which way */
  readonly way?: string;
  /** looked at again at this instant */
  readonly until: Instant;
}

/** Why a message speaks for several groups, and for how many. */
export interface Bundle {
  readonly why: 'digest' | 'quietHours' | 'budget' | 'storm' | 'together';
  readonly groups: number;
}

/** What counts as told of one group once a message for several has been sent. */
export interface Cover {
  readonly groupKey: string;
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly muted?: readonly string[];
  readonly truncated?: number;
}

export interface Told extends ToldEntry {
  readonly outcome: 'sent' | 'failed' | 'nothingToSay';
  /** by which way he was told last */
  readonly way?: string | undefined;
  /** it was refused for good, but not because of him: what he had heard of before, which is still all that he knows */
  readonly heard?: readonly string[];
}

export type LedgerRecord =
  | { readonly kind: 'alert'; readonly alert: Alert }
  /** begun: where it comes back soon, it may flap */
  | { readonly kind: 'forgotten'; readonly fingerprint: string; readonly begun?: Begun }
  | { readonly kind: 'intent'; readonly intent: Intent }
  | { readonly kind: 'attempt'; readonly id: string; readonly to: readonly string[]; readonly at: Instant }
  | {
      readonly kind: 'sent';
      readonly id: string;
      readonly to: string;
      readonly at: Instant;
      readonly providerId: string | null;
      /** the ids of its parts, where it went in several */
      readonly parts?: readonly string[];
      /** that gave the id; absent: it was sent before this was remembered, or by nothing that has a name */
      readonly gateway?: string;
    }
  | {
      readonly kind: 'retry';
      readonly id: string;
      readonly to: string;
      readonly at: Instant;
      readonly reason: string;
      readonly message: string;
      /** the provider may have taken it all the same */
      readonly uncertain: boolean;
      readonly notBefore: Instant;
    }
  | {
      readonly kind: 'failed';
      readonly id: string;
      readonly to: string;
      readonly at: Instant;
      readonly reason: string;
      readonly message: string;
    }
  | { readonly kind: 'settled'; readonly id: string; readonly at: Instant; readonly how: Settlement }
  | { readonly kind: 'told'; readonly key: string; readonly entry: Told }
  /** how somebody was told, for as long as he may have to be told the end */
  | { readonly kind: 'way'; readonly id: string; readonly way: Way }
  | { readonly kind: 'silence'; readonly silence: Silence }
  | { readonly kind: 'silenceForgotten'; readonly id: string }
  /** null: it is over */
  | { readonly kind: 'episode'; readonly owner: string; readonly episode: Episode | null }
  /** of a message that is not kept any more */
  | { readonly kind: 'code'; readonly code: string; readonly stands: MessageCode }
  /** as a compacted segment carries it over */
  | { readonly kind: 'smsSent'; readonly to: string; readonly messages: readonly SentMessage[] }
  /** without alerts: the rule is at rest, or gone */
  | { readonly kind: 'rule'; readonly memory: RuleMemory }
  /** to nobody: it is told, or over */
  | { readonly kind: 'held'; readonly held: HeldBack }
  /** null: it is heard */
  | { readonly kind: 'watchdog'; readonly name: string; readonly missingSince: Instant | null }
  /** null: nobody listens for it any more */
  | { readonly kind: 'watchdogHeard'; readonly name: string; readonly heard: WatchdogHeard | null }
  /** the central one that we forward to; null: it answers */
  | { readonly kind: 'central'; readonly silentSince: Instant | null }
  | {
      readonly kind: 'receipt';
      readonly providerId: string;
      /** whose message it is about; absent: of whoever has the id */
      readonly of?: { readonly id: string; readonly to: string };
      readonly receipt: DeliveryReport;
    }
  /** a recipient as a compacted segment carries it over */
  | { readonly kind: 'recipient'; readonly id: string; readonly recipient: Recipient };

/** How far the steps of one receiver have come. */
export interface Progress {
  /** the last step that has begun */
  readonly step: number;
  readonly began: Instant;
  /** when a provider took the first message; null while none has */
  readonly accepted: Instant | null;
}

/** How far a group has come on its way to people: the steps of an escalation, and who has said that he is on it. */
export interface Episode extends Progress {
  /** of the receivers that stand in for the group's own, by their names */
  readonly standingIn?: Readonly<Record<string, Progress>>;
  readonly acknowledged: Acknowledgement | null;
  /** since when nothing of it may be told: its clock stands still */
  readonly pausedSince?: Instant | null;
}

/** How long a watchdog has been waited for. */
export interface WatchdogHeard {
  /** when it came last; where it never did, when we began to listen */
  readonly at: Instant;
  /** since then, while we listened */
  readonly silentFor: Milliseconds;
}

export interface Acknowledgement {
  readonly by: string;
  readonly at: Instant;
  /** what joins later is not covered */
  readonly periods: readonly string[];
  /** what fired then and is not covered: its steps go on; absent: nothing */
  readonly left?: readonly string[];
}

/** What the provider said about a message afterwards. */
export interface DeliveryReport {
  readonly status: 'delivered' | 'failed' | 'unknown';
  readonly code: string | null;
  readonly at: Instant;
}

/** One part of a long SMS: its provider reports on each by itself. */
export interface MessagePart {
  readonly id: string;
  readonly hasArrived: boolean;
}

export type Settlement = 'done' | 'superseded' | 'abandoned';

export interface Recipient {
  readonly to: string;
  /** withdrawn: a reload has put him elsewhere, and he is told there */
  readonly state: 'owed' | 'attempted' | 'sent' | 'failed' | 'withdrawn';
  readonly attempts: number;
  readonly notBefore: Instant;
  /** at least one attempt may have arrived without our knowing */
  readonly maybeTwice: boolean;
  readonly providerId: string | null;
  /** of a message that went in several */
  readonly parts?: readonly MessagePart[];
  readonly gateway?: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly at: Instant | null;
  readonly receipt?: DeliveryReport;
  /** of what it says is over, what he has never heard of: a message before this one has not reached him */
  readonly owes?: readonly string[];
}

/** The first line of every segment. */
export interface LedgerHeader {
  readonly kind: 'ledger';
  readonly schema: number;
  /** an upgrade that may still be taken back */
  readonly upgrade?: Upgrade;
  /** of one object among many: how far it is true */
  readonly writtenAt?: Instant;
}

export const recipientKey = (intent: Omit<RecipientOwner, 'to'>, to: string): string =>
  JSON.stringify([intent.groupKey, intent.receiver, intent.channel, intent.index, to]);

/** Whom a key of what is told means. */
export function placeOf(key: string): Place & { readonly groupKey: string } {
  const [groupKey, receiver, channel, index, to] = JSON.parse(key) as [string, string, ChannelKind, number, string];
  return { groupKey, receiver, channel, index, to };
}

export const heldKey = ({
  groupKey,
  receiver,
  channel,
  index,
}: Pick<HeldBack, 'groupKey' | 'receiver' | 'channel' | 'index'>): string =>
  JSON.stringify([groupKey, receiver, channel, index]);

interface RecipientOwner {
  readonly groupKey: string;
  readonly receiver: string;
  readonly channel: ChannelKind;
  readonly index: number;
  readonly to: string;
}
