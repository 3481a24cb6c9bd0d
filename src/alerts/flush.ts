// A flush of one group: for each integration of its receiver decide what to say, write it down, hand it to the courier.
import type { AlertsDocument } from '../model/config.ts';
import type { Texts } from '../model/texts.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
import { isOwed } from './courier.ts';
import type { Courier } from './courier.ts';
import { isElsewhere, isWhollyElsewhere, toldHere } from './elsewhere.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { Escalations } from './escalations.ts';
import type { Group } from './group-table.ts';
import { inOrder } from './group.ts';
import type { Integration } from './integrations.ts';
import type { Holds } from './holds.ts';
import { carriedOver, intentOf } from './intent.ts';
import { doubtsOf } from './ledger/doubts.ts';
import type { LedgerRecord, Told } from './ledger/records.ts';
import type { LedgerState, Notification } from './ledger/state.ts';
import type { Muting } from './muting.ts';
import { saidByStep, withoutRepeats } from './once-in-steps.ts';
import type { SaidByStep } from './once-in-steps.ts';
import { decideFlush, mayHaveArrived } from './plan-notification.ts';
import type { FlushDecision } from './plan-notification.ts';
import { apartFrom, fallbackOf, openFor, owedTogether, reachOf, underWayFor } from './reach.ts';
import type { Reached } from './reach.ts';
import { isEmpty, knownTo } from './ledger/told-entry.ts';
import { toldKey } from './told.ts';
import { withWay } from './ways.ts';

export interface FlushParts {
  readonly state: LedgerState;
  readonly courier: Pick<Courier, 'isSending' | 'withdraw' | 'carry'>;
  readonly document: AlertsDocument;
  readonly texts: Texts;
  readonly linkSecret: string | null;
  readonly codeKey: string;
  readonly write: (records: readonly LedgerRecord[]) => void;
  readonly muting: Pick<Muting, 'isMuted' | 'hoursOf'>;
  /** what the central one tells people: of that only the end of what was announced here is told here */
  readonly elsewhere: Elsewhere;
  readonly escalations: Pick<Escalations, 'begin' | 'reached' | 'isAcknowledged'>;
  readonly holds: Pick<Holds, 'heldTo' | 'heldFor' | 'holdBack' | 'postpone' | 'release' | 'count' | 'messages'>;
  /** somebody whom the configuration has elsewhere by now, or not at all, may have heard of these groups */
  readonly resettle: (groupKeys: readonly string[]) => void;
  /** some of them hear of the group at this moment, from the place where they were before a reload */
  readonly isAwaited: (group: Group, integration: Integration, to: readonly string[]) => boolean;
}

/** Of a group at one moment, whoever is told of it. */
export interface GroupScene {
  readonly muted: ReadonlySet<Alert>;
  /** periods that fire and may be told */
  readonly firing: readonly string[];
}

export function sceneOf(group: Group, muting: Pick<Muting, 'isMuted'>, now: Instant): GroupScene {
  const muted = new Set<Alert>();
  const firing: string[] = [];
  for (const alert of group.alerts.values())
    if (muting.isMuted(alert, group.leading.to(alert.fingerprint), now)) muted.add(alert);
    else if (alert.ended === null) firing.push(periodOf(alert));
  return { muted, firing };
}

export function flushGroup(group: Group, parts: FlushParts, now: Instant): void {
  group.again = false;
  group.passedBy = false;
  const scene = sceneOf(group, parts.muting, now);
  for (const alert of group.alerts.values()) {
    if (alert.ended !== null) continue;
    if (scene.muted.has(alert) || isElsewhere(parts.elsewhere, alert)) group.muted.add(periodOf(alert));
    // it is told now, or owed, or held back: its end is too
    else group.muted.delete(periodOf(alert));
  }
  const firing = group.isLeft ? [] : toldHere(parts.elsewhere, scene.firing);
  parts.escalations.begin(group, firing, now);
  const said: SaidByStep[] = [];
  for (const reached of reachOf(group, parts, now)) {
    const step = flushTo(reached, group, scene, said, parts, now);
    if (step !== null) said.push(step);
  }
  // whoever stands in for what has just been held back begins with it
  if (fallbackOf(parts.document, group.route.receiver) !== undefined) parts.escalations.begin(group, firing, now);
  group.flushed = new Map(group.alerts);
}

const never = Number.POSITIVE_INFINITY as Milliseconds;

export function decisionFor(
  { integration, to, endsOnly }: Reached,
  group: Group,
  scene: GroupScene,
  parts: FlushParts,
  now: Instant,
): FlushDecision {
  const { state, escalations, elsewhere } = parts;
  const toldTo = (one: string): Told | undefined => state.told.get(toldKey(group.key, integration, one));
  const open = openFor(state, group, integration);
  const isAnnounced = elsewhere === null ? () => true : announcedHere(to.map(toldTo), open);
  const isAllElsewhere = isWhollyElsewhere(elsewhere, group);
  const firingHere = toldHere(elsewhere, scene.firing);
  return decideFlush({
    alerts: inOrder(integration.role.kind === 'gone' ? announcedTo(to, group, toldTo) : group.alerts.values()),
    isMuted: (alert) => scene.muted.has(alert) || (isElsewhere(elsewhere, alert) && !isAnnounced(alert)),
    mutedBefore: group.muted,
    to,
    endsOnly: isAllElsewhere ? new Set(to) : endsOnly,
    sendResolved: integration.sendResolved,
    // whoever is on it needs no reminder
    repeat:
      isAllElsewhere || escalations.isAcknowledged(group, firingHere) ? never : group.leading.repeat(parts.muting, now),
    open,
    isGivenAway:
      elsewhere !== null &&
      (open === undefined || toldHere(elsewhere, [...open.intent.firing, ...open.intent.resolved]).length === 0),
    heldTo: isAllElsewhere ? new Set() : parts.holds.heldTo(group, integration),
    toldTo: (one) => knownTo(toldTo(one)),
    now,
  });
}

/** Whoever is gone has no business with what began since. */
function announcedTo(
  to: readonly string[],
  { alerts }: Group,
  toldTo: (one: string) => Told | undefined,
): readonly Alert[] {
  const announced = new Set(
    to.flatMap((one) => {
      const known = knownTo(toldTo(one));
      return [...(known?.firing ?? []), ...(known?.muted ?? [])];
    }),
  );
  return [...alerts.values()].filter((alert) => announced.has(periodOf(alert)));
}

/** Of what was refused for good and is over nobody has heard: there is nothing left to say, and nothing to remember. */
function refusedAndOver(
  { integration, to }: Reached,
  group: Group,
  scene: GroupScene,
  { state }: FlushParts,
): readonly LedgerRecord[] {
  let firing: ReadonlySet<string> | undefined;
  return to.flatMap((one): LedgerRecord[] => {
    const key = toldKey(group.key, integration, one);
    const entry = state.told.get(key);
    const known = knownTo(entry);
    if (entry?.heard === undefined || (known !== undefined && !isEmpty(known))) return [];
    firing ??= new Set(scene.firing);
    if (entry.firing.some((period) => firing?.has(period))) return [];
    const { resolved = [] } = known ?? {};
    return [{ kind: 'told', key, entry: { firing: [], resolved, at: entry.at, outcome: 'nothingToSay' } }];
  });
}

/** What somebody has heard of from here, or may have. */
function announcedHere(told: readonly (Told | undefined)[], open: Notification | undefined): (alert: Alert) => boolean {
  const maybe = [...(open?.recipients.values() ?? [])].some(mayHaveArrived) ? (open?.intent.firing ?? []) : [];
  const firing = new Set([...told.flatMap((entry) => entry?.firing ?? []), ...maybe]);
  const ended = new Set(told.flatMap((entry) => entry?.resolved ?? []));
  return (alert) => firing.has(periodOf(alert)) || (alert.ended !== null && ended.has(periodOf(alert)));
}

/** What a step has said, or keeps to say: later ones need not say it to the same people. */
function flushTo(
  asked: Reached,
  group: Group,
  scene: GroupScene,
  said: readonly SaidByStep[],
  parts: FlushParts,
  now: Instant,
): SaidByStep | null {
  const { integration } = asked;
  const { state, courier, write } = parts;
  if (
    underWayFor(state, group, integration).some(({ intent }) => courier.isSending(intent.id)) ||
    parts.isAwaited(group, integration, asked.to)
  ) {
    group.again = true;
    return null;
  }
  const owed = owedTogether(state, group, integration);
  if (owed.size > 0) group.passedBy = true;
  const reached = apartFrom(asked, owed);
  const open = openFor(state, group, integration);
  const held = parts.holds.heldTo(group, integration);
  const isWaiting = (to: string): boolean => held.has(to) || isOwedBy(open, to);
  const whole = decisionFor(reached, group, scene, parts, now);
  const decided = withoutRepeats(whole, integration, said, {
    groupKey: group.key,
    document: parts.document,
    told: state.told,
    isWaiting,
    repeat: group.leading.repeat(parts.muting, now),
    now,
  });
  const says = saidByStep(decided, integration, parts.document);
  const records: LedgerRecord[] = decided.silently.map(({ to, entry }) => ({
    kind: 'told',
    key: toldKey(group.key, integration, to),
    entry: { ...entry, outcome: 'nothingToSay' },
  }));
  if (decided.notify === null) records.push(...refusedAndOver(reached, group, scene, parts));
  const decision = parts.holds.holdBack(group, integration, decided, now);
  const notice = { groupKey: group.key, groupLabels: group.labels };
  const intent = intentOf(notice, integration, decision, parts, now);
  if (intent !== null) records.push(...withWay(intent, integration, parts), ...carriedOver(intent, open));
  if (decision.supersede && open !== undefined) {
    courier.withdraw(open.intent.id);
    // after what takes its place: of what is written together a kill may leave the beginning only
    records.push(...doubtsOf(open, state, now), { kind: 'settled', id: open.intent.id, at: now, how: 'superseded' });
  }
  write(records);
  if (decision.supersede && open?.intent.to.some((to) => !reached.to.includes(to)) === true)
    parts.resettle([group.key]);
  if (intent === null) return says;
  parts.holds.release(group, integration, intent.to);
  parts.holds.count(integration, intent.to);
  courier.carry(intent.id);
  return says;
}

function isOwedBy(open: Notification | undefined, to: string): boolean {
  const recipient = open?.recipients.get(to);
  return recipient !== undefined && isOwed(recipient);
}
