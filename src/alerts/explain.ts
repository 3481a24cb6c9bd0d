// Of one alert: who was told of it, when and by which channel; who was not, and why not.
import type { AlertsDocument } from '../model/config.ts';
import { rfc3339 } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
import { isAcknowledged } from './escalation.ts';
import type { CentralView } from './central.ts';
import { isElsewhere } from './elsewhere.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { Escalations, Outlook } from './escalations.ts';
import { messagesIn, notificationsAbout } from './explain-messages.ts';
import type { AlertMessage } from './explain-messages.ts';
import type { Group } from './group-table.ts';
import type { HoldReason } from './hold.ts';
import type { Holds } from './holds.ts';
import type { Integration } from './integrations.ts';
import type { ChannelKind } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import type { MutedBy } from './muting.ts';
import { isOwed } from './courier.ts';
import { reachOf, speakersOf, underWayFor } from './reach.ts';
import type { Reached } from './reach.ts';
import { toldKey } from './told.ts';
import { alertViews } from './views.ts';
import type { ViewParts } from './views.ts';

/** Why somebody was not told, the gravest first. */
export type NotTold =
  | 'failed'
  | 'owed'
  | 'central'
  | 'inhibited'
  | 'silenced'
  | 'hours'
  | 'step'
  | 'acknowledged'
  | 'standsIn'
  | 'held'
  | 'waiting';

export interface RecipientExplanation {
  /** another one than the group's where it stands in */
  readonly receiver: string;
  readonly channel: ChannelKind;
  readonly to: string;
  /** of its escalation, from 0: somebody may be in several; null: he is in none */
  readonly step: number | null;
  /** RFC 3339; null: not yet */
  readonly toldAt: string | null;
  /** the id of the message that told him last, as `messages` have it; null: not told, or it is not kept any more */
  readonly toldBy: string | null;
  readonly why: NotTold | null;
  readonly detail: string | null;
  /** RFC 3339: when it is looked at again, where that is known */
  readonly next: string | null;
}

export interface EscalationExplanation {
  readonly receiver: string;
  readonly steps: number;
  /** the last one that has begun, from 0; null: none has */
  readonly step: number | null;
  /** RFC 3339: when the next one begins; null: nobody can say, or none does */
  readonly next: string | null;
  /** why none begins */
  readonly none: NoNext | null;
}

type NoNext = Extract<Outlook['next'], { readonly none: unknown }>['none'];

export interface GroupExplanation {
  readonly key: string;
  readonly receiver: string;
  readonly nextFlush: string;
  readonly hours: readonly string[];
  /** of its receiver, and of those that stand in for it */
  readonly escalations: readonly EscalationExplanation[];
  readonly acknowledged: { readonly by: string; readonly at: string } | null;
  readonly recipients: readonly RecipientExplanation[];
}

export interface AlertExplanation {
  readonly alert: Pick<Alert, 'fingerprint' | 'labels' | 'annotations'> & {
    readonly since: string;
    /** null while it fires */
    readonly ended: string | null;
  };
  readonly muted: MutedBy;
  readonly groups: readonly GroupExplanation[];
  /** the last messages about it, the newest first */
  readonly notifications: readonly AlertMessage[];
}

export interface ExplainParts extends ViewParts {
  readonly state: LedgerState;
  readonly document: AlertsDocument;
  readonly escalations: Pick<Escalations, 'reached' | 'outlook'>;
  readonly holds: Pick<Holds, 'heldFor'>;
  readonly central: CentralView | null;
  readonly elsewhere: Elsewhere;
}

/** Null where nobody remembers such an alert. */
export function explainAlert(fingerprint: string, parts: ExplainParts, now: Instant): AlertExplanation | null {
  const { state } = parts;
  const messages = notificationsAbout(state, fingerprint);
  const alert =
    parts.alerts.get(fingerprint) ??
    messages.flatMap(({ intent }) => intent.alerts).findLast((one) => one.fingerprint === fingerprint);
  if (alert === undefined) return null;
  const [view] = alertViews(parts, now, (one) => one.fingerprint === fingerprint);
  const { inhibitedBy = [], silencedBy = [], mutedBy = [] } = view ?? {};
  const muted: MutedBy = { inhibitedBy, silencedBy, mutedBy };
  return {
    alert: {
      fingerprint,
      labels: alert.labels,
      annotations: alert.annotations,
      since: rfc3339(alert.since),
      ended: alert.ended === null ? null : rfc3339(alert.ended),
    },
    muted,
    groups: parts.groups
      .holding(fingerprint)
      .map((group) => explainGroup(alert, { muted, messages }, group, parts, now)),
    notifications: messagesIn(messages),
  };
}

interface Known {
  readonly muted: MutedBy;
  /** about the alert, the newest last */
  readonly messages: readonly Notification[];
}

interface Scene extends ExplainParts, Known {
  readonly alert: Alert;
  readonly group: Group;
  readonly hours: readonly string[];
  readonly nextTurn: Instant;
  readonly isAcknowledged: boolean;
  readonly outlooks: readonly Outlook[];
  /** receivers that tell the group now what is new */
  readonly speakers: readonly string[];
}

function explainGroup(alert: Alert, known: Known, group: Group, parts: ExplainParts, now: Instant): GroupExplanation {
  const { receiver } = group.route;
  const episode = parts.state.episodes.get(groupOwner(group.key, receiver));
  const periods = alert.ended === null ? [periodOf(alert)] : [];
  const scene: Scene = {
    ...parts,
    ...known,
    alert,
    group,
    hours: parts.muting.hoursOf(group.leading.to(alert.fingerprint), now),
    nextTurn: group.leading.next(parts.muting, now),
    isAcknowledged: episode !== undefined && isAcknowledged(episode, periods),
    outlooks: parts.escalations.outlook(group, now),
    speakers: speakersOf(group, parts, now),
  };
  const said = episode?.acknowledged ?? null;
  return {
    key: group.key,
    receiver,
    nextFlush: rfc3339(scene.nextTurn),
    hours: scene.hours,
    escalations: scene.outlooks.map(explainEscalation),
    acknowledged: said === null ? null : { by: said.by, at: rfc3339(said.at) },
    recipients: [...reachOf(group, parts, now)].flatMap((reached) => explainReached(reached, scene)),
  };
}

const explainEscalation = ({ receiver, steps, step, next }: Outlook): EscalationExplanation =>
  'at' in next
    ? { receiver, steps, step, next: rfc3339(next.at), none: null }
    : { receiver, steps, step, next: null, none: next.none };

function explainReached(reached: Reached, scene: Scene): RecipientExplanation[] {
  const { receiver, channel, role } = reached.integration;
  const step = role.kind === 'step' ? role.step : null;
  return reached.to.flatMap((to) => {
    const found = standingOf(to, reached, scene);
    if (found === null) return [];
    const { toldAt = null, toldBy = null, why = null, detail = null, next = null } = found;
    const at = (instant: Instant | null): string | null => (instant === null ? null : rfc3339(instant));
    return [{ receiver, channel, to, step, toldAt: at(toldAt), toldBy, why, detail, next: at(next) }];
  });
}

interface Standing {
  readonly toldAt?: Instant;
  readonly toldBy?: string | null;
  readonly why?: NotTold;
  readonly detail?: string | null;
  readonly next?: Instant | null;
}

/** Null: he has nothing to do with it. */
function standingOf(to: string, { integration, named, endsOnly }: Reached, scene: Scene): Standing | null {
  const { state, group, alert, muted, hours, nextTurn } = scene;
  const period = periodOf(alert);
  const entry = state.told.get(toldKey(group.key, integration, to));
  const knows = entry !== undefined && [entry.firing, entry.resolved].some((periods) => periods.includes(period));
  const last = lastTelling(to, integration, scene);
  // what he heard of before it was muted counts among what is muted
  const heard = last !== null && entry?.muted?.includes(period) === true;
  if (heard || (knows && entry.outcome !== 'failed')) return { toldAt: last?.at ?? entry.at, toldBy: last?.id ?? null };
  const owed = underWayFor(state, group, integration)
    .flatMap(({ recipients }) => recipients.get(to) ?? [])
    .find(isOwed);
  if (owed !== undefined) return { why: 'owed', detail: owed.message, next: owed.notBefore };
  if (knows) return { why: 'failed', detail: lastFailure(to, integration, scene), next: nextTurn };
  if (!named.has(to)) return null;
  if (scene.central?.tells === 'central' && isElsewhere(scene.elsewhere, alert))
    return { why: 'central', detail: scene.central.host };
  if (muted.inhibitedBy.length > 0) return { why: 'inhibited', detail: muted.inhibitedBy.join(', ') };
  if (muted.silencedBy.length > 0) return { why: 'silenced', detail: muted.silencedBy.join(', ') };
  if (hours.length > 0) return { why: 'hours', detail: hours.join(', ') };
  if (endsOnly.has(to)) return endsOnlyBecause(integration, scene);
  const held = holdReasons.find((why) => scene.holds.heldFor(why, group, integration).has(to));
  if (held !== undefined) return { why: 'held', detail: held };
  return { why: 'waiting', next: nextTurn };
}

const holdReasons: readonly HoldReason[] = ['digest', 'quietHours', 'budget', 'storm', 'together'];

function endsOnlyBecause({ role, receiver }: Integration, scene: Scene): Standing | null {
  switch (role.kind) {
    case 'step': {
      if (!scene.speakers.includes(receiver)) return { why: 'standsIn', detail: receiver };
      if (scene.isAcknowledged) return { why: 'acknowledged' };
      const next = scene.outlooks.find((one) => one.receiver === receiver)?.next;
      const at = next !== undefined && 'at' in next ? next.at : null;
      return { why: 'step', detail: String(role.step), next: at };
    }
    case 'overflow':
    case 'gone':
      return null;
    case 'always':
      return { why: 'standsIn', detail: receiver };
  }
}

/** The message that told him last: of this group, or of where he was told before a reload. */
function lastTelling(
  to: string,
  integration: Integration,
  { messages, group }: Scene,
): { readonly id: string; readonly at: Instant } | null {
  const sent = messages.filter(
    ({ intent, recipients }) => intent.channel === integration.channel && recipients.get(to)?.state === 'sent',
  );
  const last = sent.findLast((one) => isOf(one, integration, group)) ?? sent.at(-1);
  const at = last?.recipients.get(to)?.at ?? null;
  return last === undefined || at === null ? null : { id: last.intent.id, at };
}

function lastFailure(to: string, integration: Integration, { state, group }: Scene): string | null {
  const last = state.recent.findLast((one) => isOf(one, integration, group));
  return last?.recipients.get(to)?.message ?? null;
}

const isOf = ({ intent }: Notification, { receiver, channel, index }: Integration, { key }: Group): boolean =>
  intent.receiver === receiver &&
  intent.channel === channel &&
  intent.index === index &&
  (intent.covers ?? [intent]).some(({ groupKey }) => groupKey === key);
