// Whom a group speaks to: everything of its receiver and, where that cannot tell anybody, of the receiver that stands in.
import type { AlertsDocument } from '../model/config.ts';
import { addresseesOf, namedBefore, namedNow } from './addressees.ts';
import type { Instant } from '../model/units.ts';
import { isOwed } from './courier.ts';
import type { Escalations } from './escalations.ts';
import type { Group } from './group-table.ts';
import { inOrder } from './group.ts';
import type { Holds, Released } from './holds.ts';
import { integrationsOf, receiversOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import { placeOf } from './ledger/records.ts';
import type { Progress } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import type { Muting } from './muting.ts';
import type { Filling } from './notice-templates.ts';
import { toldKey } from './told.ts';
import { isUnheard } from './unheard.ts';
import { shutUntil } from './vendor-limits.ts';
import { goneIntegration, isGone, serves } from './ways.ts';

export interface ReachParts {
  readonly state: LedgerState;
  readonly document: AlertsDocument;
  readonly escalations: Pick<Escalations, 'reached'>;
  readonly holds: Pick<Holds, 'heldFor'>;
  readonly muting: Pick<Muting, 'isMuted'>;
}

export interface Reached {
  readonly integration: Integration;
  /** whoever the configuration means now: written, or named by a template for what the group's alerts say */
  readonly named: ReadonlySet<string>;
  readonly to: readonly string[];
  /** of those, whoever is told no more than the end of what was announced to him */
  readonly endsOnly: ReadonlySet<string>;
}

/** One by one: whether a later one speaks may depend on what became of an earlier one. */
export function* reachOf(group: Group, parts: ReachParts, now: Instant): Generator<Reached, undefined> {
  const { document } = parts;
  const { receiver } = group.route;
  const own = group.isLeft ? [] : integrationsOf(document, receiver, now);
  const fallback = group.isLeft ? undefined : fallbackOf(document, receiver);
  const standingIn = fallback === undefined ? [] : integrationsOf(document, fallback.receiver, now);
  for (const integration of goneOf(group, parts))
    if (!isBack(integration, [...own, ...standingIn], parts.state))
      yield reached(integration, group, parts, () => false, now);
  const speaking = (integration: Integration): ((to: string) => boolean) => isSpeaking(integration, group, parts, now);
  for (const integration of own) yield reached(integration, group, parts, speaking(integration), now);
  // also by what has just been held back from them
  const speaks = isFallbackCalled(group, parts, now);
  for (const integration of standingIn)
    yield reached(integration, group, parts, speaks ? speaking(integration) : () => false, now);
  return undefined;
}

/** Those who were told of the group, and whom the configuration does not name any more. */
export const goneOf = (
  { key, route: { receiver } }: Group,
  { state, document }: Pick<ReachParts, 'state' | 'document'>,
): readonly Integration[] =>
  [...(state.toldOf.get(key) ?? [])].flatMap((told) => {
    const place = placeOf(told);
    if (!isGone(place) || place.receiver !== receiver) return [];
    return goneIntegration(place, state.told.get(told)?.way, state.ways, document) ?? [];
  });

/** What he knows has been carried to where he is told now, and is cleared here when that is durable. */
const isBack = (
  { channel, index, to: [to = ''], role }: Integration,
  all: readonly Integration[],
  { ways }: LedgerState,
): boolean => {
  const way = role.kind === 'gone' && role.way !== undefined ? ways.get(role.way) : undefined;
  return all.some((one) => serves(one, { channel, index, to }, way));
};

function reached(
  integration: Integration,
  group: Group,
  parts: ReachParts,
  speaksTo: (to: string) => boolean,
  now: Instant,
): Reached {
  const { state } = parts;
  const named = new Set(namedNow(integration, () => fillingOf(integration, group, parts, now)));
  const before = new Set([...integration.others, ...namedBefore(integration, group.key, state)]);
  const others = [...before].filter((to) => !named.has(to) && state.told.has(toldKey(group.key, integration, to)));
  const endsOnly = new Set([...[...named].filter((to) => !speaksTo(to)), ...others]);
  return { integration, named, to: [...named, ...others], endsOnly };
}

/** What there would be to say of the group now, for templates that name people by it. */
function fillingOf(
  { receiver, sendResolved }: Integration,
  { key, labels, alerts, leading }: Group,
  { document, muting }: Pick<ReachParts, 'document' | 'muting'>,
  now: Instant,
): Filling {
  const said = [...alerts.values()].filter(
    (alert) => (sendResolved || alert.ended === null) && !muting.isMuted(alert, leading.to(alert.fingerprint), now),
  );
  return {
    notice: { groupKey: key, groupLabels: labels, receiver, alerts: inOrder(said) },
    document,
    now,
  };
}

/** A budget is one telephone's: the next step calls another. The rest is for all of them, and for a while. */
const keepsAllWaiting = ['digest', 'quietHours', 'storm', 'together'] as const;

/** What the step of an escalation says is held back, and nobody has heard it since it began. */
export function isStepHeld(
  group: Group,
  receiver: string,
  { step, began }: Progress,
  { state, document, holds }: Pick<ReachParts, 'state' | 'document' | 'holds'>,
  now: Instant,
): boolean {
  return stepsOf(receiver, step, document, now).some(
    (integration) =>
      keepsAllWaiting.some((why) => holds.heldFor(why, group, integration).size > 0) &&
      !hasHeard(group, integration, began, state),
  );
}

/** It was held back, is told now, and nobody has heard it before. */
export const isStepReleased = (
  group: Group,
  { step, began }: Progress,
  { integration, why }: Released,
  state: LedgerState,
): boolean =>
  integration.role.kind === 'step' &&
  integration.role.step === step &&
  keepsAllWaiting.some((one) => one === why) &&
  !hasHeard(group, integration, began, state);

const stepsOf = (name: string, step: number, document: AlertsDocument, now: Instant): readonly Integration[] =>
  integrationsOf(document, name, now).filter(
    ({ receiver, role }) => receiver === name && role.kind === 'step' && role.step === step,
  );

const hearings = (group: Group, integration: Integration, since: Instant, state: LedgerState): readonly Instant[] =>
  addresseesOf(integration, group.key, state).flatMap((to) => {
    const entry = state.told.get(toldKey(group.key, integration, to));
    return entry?.outcome === 'sent' && entry.at >= since ? [entry.at] : [];
  });

const hasHeard = (group: Group, integration: Integration, since: Instant, state: LedgerState): boolean =>
  hearings(group, integration, since, state).length > 0;

/** When the first step was told, as far as that is remembered; null: nobody of it was. */
export function heardSince(
  group: Group,
  receiver: string,
  { began }: Progress,
  { state, document }: Pick<ReachParts, 'state' | 'document'>,
  now: Instant,
): Instant | null {
  const told = stepsOf(receiver, 0, document, now).flatMap((integration) => hearings(group, integration, began, state));
  return told.length === 0 ? null : (Math.min(...told) as Instant);
}

function isSpeaking(
  { receiver, role }: Integration,
  group: Group,
  parts: ReachParts,
  now: Instant,
): (to: string) => boolean {
  switch (role.kind) {
    case 'always':
      return () => true;
    case 'gone':
      return () => false;
    case 'step': {
      const speaks = role.step <= parts.escalations.reached(group, receiver);
      return () => speaks;
    }
    case 'overflow': {
      const sms = { receiver, channel: 'sms', index: role.of } as const;
      const quiet = parts.document.receivers.find(({ name }) => name === receiver)?.quietHours;
      const over = overLimits(group, sms, parts, now);
      const asleep = quiet?.then === 'email' ? parts.holds.heldFor('quietHours', group, sms) : new Set<string>();
      return (to) => over.has(to) || asleep.has(to);
    }
  }
}

/** Where nobody has set a budget: those whom the vendor keeps waiting for more than a moment. */
function overLimits(
  group: Group,
  sms: Place,
  { state, document, holds }: ReachParts,
  now: Instant,
): ReadonlySet<string> {
  const held = holds.heldFor('budget', group, sms);
  if (document.budgets.sms !== undefined || held.size === 0) return held;
  const integration = integrationsOf(document, sms.receiver, now).find((one) => isAt(one, sms));
  if (integration === undefined) return held;
  return new Set([...held].filter((to) => shutUntil(group.key, integration, to, state, document, now) !== null));
}

export const fallbackOf = (
  document: AlertsDocument,
  receiver: string,
): AlertsDocument['receivers'][number]['fallback'] =>
  document.receivers.find(({ name }) => name === receiver)?.fallback;

type Names = ReadonlyMap<string, readonly string[]>;

/** In a storm thousands of groups of few receivers ask. */
const knownTellers = new WeakMap<AlertsDocument, { readonly tellers: Names; readonly toldBy: Names }>();

function tellersIn(document: AlertsDocument): { readonly tellers: Names; readonly toldBy: Names } {
  const known = knownTellers.get(document);
  if (known !== undefined) return known;
  const tellers = new Map<string, readonly string[]>();
  const toldBy = new Map<string, string[]>();
  for (const { name, fallback } of document.receivers) {
    const standingIn = fallback === undefined ? [] : receiversOf(document, fallback.receiver);
    const all = [...new Set([...receiversOf(document, name), ...standingIn])];
    tellers.set(name, all);
    for (const teller of all) toldBy.set(teller, [...(toldBy.get(teller) ?? []), name]);
  }
  const found = { tellers, toldBy };
  knownTellers.set(document, found);
  return found;
}

/** All receivers by whose integrations a group of this one may be told. */
export const tellersOf = (document: AlertsDocument, receiver: string): readonly string[] =>
  tellersIn(document).tellers.get(receiver) ?? [receiver];

/** The receivers whose groups this one may tell of: itself, and those that it stands in for. */
export const toldBy = (document: AlertsDocument, teller: string): readonly string[] =>
  tellersIn(document).toldBy.get(teller) ?? [teller];

/** Those of them that tell it now what is new. */
export function speakersOf(
  group: Group,
  parts: Pick<ReachParts, 'state' | 'document'>,
  now: Instant,
): readonly string[] {
  const { receiver } = group.route;
  return isFallbackCalled(group, parts, now)
    ? tellersOf(parts.document, receiver)
    : receiversOf(parts.document, receiver);
}

export function isFallbackCalled(
  group: Group,
  { state, document }: Pick<ReachParts, 'state' | 'document'>,
  now: Instant,
): boolean {
  const { receiver } = group.route;
  const after = fallbackOf(document, receiver)?.after;
  const own = integrationsOf(document, receiver, now);
  return after !== undefined && isUnheard(own, group, { state, document, after, now });
}

/** What is under way for a group by a receiver: its own, or the one that stands in. */
const openBy = (state: LedgerState, group: Group, receiver: string): readonly Notification[] =>
  [...(state.openOf.get(groupOwner(group.key, receiver)) ?? [])].flatMap((id) => state.open.get(id) ?? []);

type Place = Pick<Integration, 'receiver' | 'channel' | 'index'>;

export const isAt = (one: Place, other: Place): boolean =>
  one.receiver === other.receiver && one.channel === other.channel && one.index === other.index;

/** Of one integration: what speaks for this group alone, and what speaks for several. */
export const underWayFor = (
  state: LedgerState,
  group: Group,
  { receiver, channel, index }: Place,
): readonly Notification[] =>
  openBy(state, group, receiver).filter(({ intent }) => intent.channel === channel && intent.index === index);

/** What speaks for this group alone: something newer may take its place. */
export const openFor = (state: LedgerState, group: Group, place: Place): Notification | undefined =>
  underWayFor(state, group, place).find(({ intent }) => intent.covers === undefined);

/** Who is still owed a message for several groups: that is not replaced for one of them, and nobody else waits for it. */
export const owedTogether = (state: LedgerState, group: Group, place: Place): ReadonlySet<string> =>
  new Set(
    underWayFor(state, group, place)
      .filter(({ intent }) => intent.covers !== undefined)
      .flatMap(({ recipients }) => [...recipients.values()].filter(isOwed).map(({ to }) => to)),
  );

export const apartFrom = (reached: Reached, owed: ReadonlySet<string>): Reached =>
  owed.size === 0 ? reached : { ...reached, to: reached.to.filter((to) => !owed.has(to)) };

export const openOf = (state: LedgerState, document: AlertsDocument, group: Group): readonly Notification[] =>
  tellersOf(document, group.route.receiver).flatMap((receiver) => openBy(state, group, receiver));
