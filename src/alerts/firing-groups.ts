// What fires, a line a group, as those see it who may say that they are on it: the gravest first, and before what somebody is on.
import type { FiringGroup, FiringGroups } from '../model/report.ts';
import type { Texts } from '../model/texts.ts';
import { rfc3339 } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
import { isAcknowledged } from './escalation.ts';
import type { Group } from './group-table.ts';
import { gravity } from './group.ts';
import type { Episode } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import type { Muting } from './muting.ts';
import { summaryOf } from './render.ts';

export interface FiringParts {
  readonly groups: Iterable<Group>;
  readonly episodes: ReadonlyMap<string, Episode>;
  readonly muting: Pick<Muting, 'isMuted'>;
  readonly texts: Texts;
}

interface Standing {
  readonly group: Group;
  readonly firing: readonly Alert[];
  /** the gravest, and of those the oldest */
  readonly first: Alert;
  /** null: nobody is on all of it */
  readonly by: Episode['acknowledged'];
}

/** More nobody reads on one page. */
const most = 20;

export function firingGroups({ groups, episodes, muting, texts }: FiringParts, now: Instant): FiringGroups {
  const standing = [...groups].flatMap((group) => standingOf(group, episodes));
  const shown = standing
    .toSorted(
      (one, other) =>
        Number(one.by !== null) - Number(other.by !== null) ||
        gravity(one.first) - gravity(other.first) ||
        other.first.since - one.first.since,
    )
    .slice(0, most);
  return {
    groups: shown.map(({ group, firing, first, by }): FiringGroup => ({
      key: group.key,
      receiver: group.route.receiver,
      severity: first.labels['severity'] ?? '',
      title: summaryOf(first, texts),
      alerts: firing.length,
      since: rfc3339(first.since),
      isKeptBack: firing.every((alert) => muting.isMuted(alert, group.leading.to(alert.fingerprint), now)),
      takenBy: by === null ? null : { by: by.by, at: rfc3339(by.at) },
    })),
    more: standing.length - shown.length,
  };
}

function standingOf(group: Group, episodes: FiringParts['episodes']): Standing[] {
  const firing = [...group.alerts.values()].filter(({ ended }) => ended === null);
  const [one, ...others] = firing;
  if (one === undefined) return [];
  const first = others.reduce(
    (before, alert) =>
      gravity(alert) < gravity(before) || (gravity(alert) === gravity(before) && alert.since < before.since)
        ? alert
        : before,
    one,
  );
  const episode = episodes.get(groupOwner(group.key, group.route.receiver));
  const isTaken = episode !== undefined && isAcknowledged(episode, firing.map(periodOf));
  return [{ group, firing, first, by: isTaken ? episode.acknowledged : null }];
}
