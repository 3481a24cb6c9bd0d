// Of one alert: who was told of it, when and by which channel; who was not, and why not.
import type { AlertsDocument } from '../model/config.ts';
import { rfc3339 } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
import { isAcknowledged, nextStepAt } from './escalation.ts';
import type { CentralView } from './central.ts';
import type { Escalations } from './escalations.ts';
import type { Group } from './group-table.ts';
import type { HoldReason } from './hold.ts';
import type { Holds } from './holds.ts';
import type { Integration } from './integrations.ts';
import type { ChannelKind } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import type { MutedBy } from './muting.ts';
import { isOwed } from './courier.ts';
import { isStepHeld, reachOf, underWayFor } from './reach.ts';
import type { Reached } from './reach.ts';
import { lastNotifications } from './status.ts';
import type { NotificationView } from './status.ts';
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
  /** RFC 3339; null: not yet */
  readonly toldAt: string | null;
  readonly why: NotTold | null;
  readonly detail: string | null;
  /** RFC 3339: when it is looked at again, where that is known */
  readonly next: string | null;
}

export interface GroupExplanation {
  readonly key: string;
  readonly receiver: string;
  readonly nextFlush: string;
  readonly hours: readonly string[];
  /** the steps of its escalation begin at 0; null: nothing was begun */
  readonly step: number | null;
  readonly steps: number;
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
  readonly notifications: readonly NotificationView[];
}

export interface ExplainParts extends ViewParts {
  readonly state: LedgerState;
  readonly document: AlertsDocument;
  readonly escalations: Pick<Escalations, 'reached'>;
  readonly holds: Pick<Holds, 'heldFor'>;
  readonly central: CentralView | null;
}

const mostNotifications = 100;

/** Null where nobody remembers such an alert. */
export function explainAlert(fingerprint: string, parts: ExplainParts, now: Instant): AlertExplanation | null {
  const { state } = parts;
  const messages = [...state.recent, ...state.open.values()].filter((one) => isAbout(one, fingerprint));
  const alert =
    parts.alerts.get(fingerprint) ??
    messages.flatMap(({ intent }) => intent.alerts).findLast((one) => one.fingerprint === fingerprint);
  if (alert === undefined) return null;
  const view = alertViews(parts, now).find((one) => one.alert.fingerprint === fingerprint);
  const { inhibitedBy = [], silencedBy = [], mutedBy = [] } = view ?? {};
  const muted: MutedBy = { inhibitedBy, silencedBy, mutedBy };
  const ids = new Set(messages.map(({ intent }) => intent.id));
  return {
    alert: {
      fingerprint,
      labels: alert.labels,
      annotations: alert.annotations,
      since: rfc3339(alert.since),
      ended: alert.ended === null ? null : rfc3339(alert.ended),
    },
    muted,
    groups: parts.groups.holding(fingerprint).map((group) => explainGroup(alert, muted, group, parts, now)),
    notifications: lastNotifications(state, Number.MAX_SAFE_INTEGER)
      .filter(({ id }) => ids.has(id))
      .slice(0, mostNotifications),
  };
}

const isAbout = ({ intent }: Notification, fingerprint: string): boolean =>
  (intent.covers ?? [intent]).some(({ firing, resolved }) =>
    [...firing, ...resolved].some((period) => period.startsWith(`${fingerprint}@`)),
  );

interface Scene extends ExplainParts {
  readonly alert: Alert;
  readonly group: Group;
  readonly muted: Pick<MutedBy, 'inhibitedBy' | 'silencedBy'>;
  readonly hours: readonly string[];
  readonly isAcknowledged: boolean;
  /** when the next step of the escalation begins; null: none is to come */
  readonly nextStep: Instant | null;
}

function explainGroup(alert: Alert, muted: MutedBy, group: Group, parts: ExplainParts, now: Instant): GroupExplanation {
  const { receiver } = group.route;
  const episode = parts.state.episodes.get(groupOwner(group.key, receiver));
  const steps = parts.document.receivers.find(({ name }) => name === receiver)?.escalation ?? [];
  const periods = alert.ended === null ? [periodOf(alert)] : [];
  const scene: Scene = {
    ...parts,
    alert,
    group,
    muted,
    hours: parts.muting.hoursOf(group.route, now),
    isAcknowledged: episode !== undefined && isAcknowledged(episode, periods),
    nextStep:
      episode === undefined || isStepHeld(group, receiver, episode, parts, now)
        ? null
        : nextStepAt(episode, episode, steps, periods),
  };
  const said = episode?.acknowledged ?? null;
  return {
    key: group.key,
    receiver,
    nextFlush: rfc3339(group.nextFlush),
    hours: scene.hours,
    step: episode?.step ?? null,
    steps: steps.length,
    acknowledged: said === null ? null : { by: said.by, at: rfc3339(said.at) },
    recipients: [...reachOf(group, parts, now)].flatMap((reached) => explainReached(reached, scene)),
  };
}

function explainReached(reached: Reached, scene: Scene): RecipientExplanation[] {
  const { receiver, channel } = reached.integration;
  return reached.to.flatMap((to) => {
    const found = standingOf(to, reached, scene);
    if (found === null) return [];
    const { toldAt = null, why = null, detail = null, next = null } = found;
    const at = (instant: Instant | null): string | null => (instant === null ? null : rfc3339(instant));
    return [{ receiver, channel, to, toldAt: at(toldAt), why, detail, next: at(next) }];
  });
}

interface Standing {
  readonly toldAt?: Instant;
  readonly why?: NotTold;
  readonly detail?: string | null;
  readonly next?: Instant | null;
}

/** Null: he has nothing to do with it. */
function standingOf(to: string, { integration, endsOnly }: Reached, scene: Scene): Standing | null {
  const { state, group, alert, muted, hours } = scene;
  const period = periodOf(alert);
  const entry = state.told.get(toldKey(group.key, integration, to));
  const knows = entry !== undefined && [entry.firing, entry.resolved].some((periods) => periods.includes(period));
  if (knows && entry.outcome !== 'failed') return { toldAt: entry.at };
  const owed = underWayFor(state, group, integration)
    .flatMap(({ recipients }) => recipients.get(to) ?? [])
    .find(isOwed);
  if (owed !== undefined) return { why: 'owed', detail: owed.message, next: owed.notBefore };
  if (knows) return { why: 'failed', detail: lastFailure(to, integration, scene), next: group.nextFlush };
  if (!integration.to.includes(to)) return null;
  if (scene.central?.tells === 'central') return { why: 'central', detail: scene.central.host };
  if (muted.inhibitedBy.length > 0) return { why: 'inhibited', detail: muted.inhibitedBy.join(', ') };
  if (muted.silencedBy.length > 0) return { why: 'silenced', detail: muted.silencedBy.join(', ') };
  if (hours.length > 0) return { why: 'hours', detail: hours.join(', ') };
  if (endsOnly.has(to)) return endsOnlyBecause(integration, scene);
  const held = holdReasons.find((why) => scene.holds.heldFor(why, group, integration).has(to));
  if (held !== undefined) return { why: 'held', detail: held };
  return { why: 'waiting', next: group.nextFlush };
}

const holdReasons: readonly HoldReason[] = ['digest', 'quietHours', 'budget', 'storm', 'together'];

function endsOnlyBecause({ role, receiver }: Integration, scene: Scene): Standing | null {
  switch (role.kind) {
    case 'step':
      if (scene.isAcknowledged) return { why: 'acknowledged' };
      return { why: 'step', detail: String(role.step), next: scene.nextStep };
    case 'overflow':
    case 'gone':
      return null;
    case 'always':
      return { why: 'standsIn', detail: receiver };
  }
}

function lastFailure(to: string, { receiver, channel, index }: Integration, { state, group }: Scene): string | null {
  const last = state.recent.findLast(
    ({ intent }) =>
      intent.receiver === receiver &&
      intent.channel === channel &&
      intent.index === index &&
      (intent.covers ?? [intent]).some(({ groupKey }) => groupKey === group.key),
  );
  return last?.recipients.get(to)?.message ?? null;
}
