// The alerts and groups as those who ask see them: what is told, what is kept back, and by what.
import type { Instant } from '../model/units.ts';
import { asOf } from './alert.ts';
import type { Alert, LabelSet } from './alert.ts';
import { byCodeUnit } from './fingerprint.ts';
import type { GroupTable } from './group-table.ts';
import type { KnownAlerts } from './known-alerts.ts';
import type { MutedBy, Muting } from './muting.ts';
import type { Route } from './route.ts';

export interface AlertView extends MutedBy {
  readonly alert: Alert;
  readonly state: 'active' | 'suppressed';
  readonly receivers: readonly string[];
}

export interface GroupView {
  readonly key: string;
  readonly labels: LabelSet;
  readonly receiver: string;
  readonly nextFlush: Instant;
  readonly alerts: readonly AlertView[];
}

export interface ViewParts {
  readonly alerts: KnownAlerts;
  readonly groups: GroupTable;
  readonly muting: Muting;
}

type IsMeant = (alert: Alert) => boolean;
const all: IsMeant = () => true;

/** Of what fires, by fingerprint, each when it is asked for; silences and inhibition are asked at this moment, no flush is waited for. */
export function* alertViews({ alerts, groups, muting }: ViewParts, now: Instant, isMeant = all): Generator<AlertView> {
  const meant = alerts.all().filter(isMeant);
  meant.sort((one, other) => byCodeUnit(one.fingerprint, other.fingerprint));
  for (const known of meant) {
    const alert = asOf(known, now);
    if (alert.ended !== null) continue;
    const inGroups = groups.holding(alert.fingerprint);
    // one route that may speak is enough to be heard
    const mutedBy = muting.hoursOf(
      inGroups.flatMap(({ leading }) => leading.to(alert.fingerprint)),
      now,
    );
    yield viewOf(alert, muting, mutedBy, [...new Set(inGroups.map(({ route }) => route.receiver))], now);
  }
}

export function* groupViews({ groups, muting }: ViewParts, now: Instant, isMeant = all): Generator<GroupView> {
  for (const { key, labels, route, leading, alerts } of [...groups.all()]) {
    const known = new Map<readonly Route[], readonly string[]>();
    const hoursOf = (routes: readonly Route[]): readonly string[] => {
      const hours = known.get(routes) ?? muting.hoursOf(routes, now);
      known.set(routes, hours);
      return hours;
    };
    const firing = [...alerts.values()].map((alert) => asOf(alert, now)).filter(({ ended }) => ended === null);
    const views = firing
      .filter(isMeant)
      .map((alert) => viewOf(alert, muting, hoursOf(leading.to(alert.fingerprint)), [route.receiver], now));
    yield { key, labels, receiver: route.receiver, nextFlush: leading.next(muting, now), alerts: views };
  }
}

function viewOf(
  alert: Alert,
  muting: Muting,
  mutedBy: readonly string[],
  receivers: readonly string[],
  now: Instant,
): AlertView {
  const muted = muting.of(alert, now);
  const isSuppressed = [muted.inhibitedBy, muted.silencedBy, mutedBy].some(({ length }) => length > 0);
  return { alert, state: isSuppressed ? 'suppressed' : 'active', ...muted, mutedBy, receivers };
}
