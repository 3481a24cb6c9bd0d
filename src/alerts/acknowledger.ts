// Somebody is on it: by the link of a message, or by naming what is meant. Durable before it is said to be done.
import type { Clock } from '../clock.ts';
import { later, seconds } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { ownerHash, readLink } from './acknowledge-link.ts';
import { periodOf } from './alert.ts';
import type { Escalations } from './escalations.ts';
import type { Group } from './group-table.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Acknowledgement, LedgerRecord } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';

/** What is meant: the groups that hold an alert, a group by its key, or those of a link. */
export type AcknowledgeTarget =
  | { readonly fingerprint: string }
  | { readonly groupKey: string; readonly receiver?: string | undefined }
  | { readonly token: string };

export type AcknowledgeOutcome =
  | { readonly outcome: 'done'; readonly groups: number; readonly alerts: number }
  | { readonly outcome: 'already'; readonly by: string; readonly at: Instant }
  /** nothing of it fires, or the link is none of ours */
  | { readonly outcome: 'nothing' | 'forged' };

interface Parts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly groups: () => Iterable<Group>;
  readonly escalations: Pick<Escalations, 'acknowledge'>;
  readonly secret: () => string | null;
}

export type Acknowledge = (target: AcknowledgeTarget, by: string) => Promise<AcknowledgeOutcome>;

export const createAcknowledger =
  ({ clock, ledger, groups, escalations, secret }: Parts): Acknowledge =>
  async (target, by) => {
    const meant = meantBy(target, secret());
    if (meant === null) return { outcome: 'forged' };
    const now = clock.now();
    const chosen = [...groups()].filter((group) => meant.matches(group));
    const earlier = chosen.map((group) => acknowledgementOf(ledger, group));
    const [first] = earlier;
    // a link is good once
    if ('token' in target && first !== undefined && first !== null && first.at >= meant.until - seconds(1))
      return { outcome: 'already', by: first.by, at: first.at };
    const records: LedgerRecord[] = [];
    let alerts = 0;
    for (const group of chosen) {
      const firing = [...group.alerts.values()].filter(
        ({ ended, accepted }) => ended === null && accepted <= meant.until,
      );
      alerts += firing.length;
      const record = escalations.acknowledge(group, by, firing.map(periodOf), now);
      if (record !== null) records.push(record);
    }
    if (records.length === 0) return { outcome: 'nothing' };
    await ledger.append(records);
    return { outcome: 'done', groups: records.length, alerts };
  };

const acknowledgementOf = ({ state }: Ledger, group: Group): Acknowledgement | null =>
  state.episodes.get(groupOwner(group.key, group.route.receiver))?.acknowledged ?? null;

interface Meant {
  readonly matches: (group: Group) => boolean;
  /** what was accepted later is not covered */
  readonly until: Instant;
}

const always = Number.POSITIVE_INFINITY as Instant;

function meantBy(target: AcknowledgeTarget, secret: string | null): Meant | null {
  if ('fingerprint' in target) return { matches: ({ alerts }) => alerts.has(target.fingerprint), until: always };
  if ('groupKey' in target)
    return {
      matches: ({ key, route }) =>
        key === target.groupKey && (target.receiver === undefined || target.receiver === route.receiver),
      until: always,
    };
  const claim = secret === null ? null : readLink(target.token, secret);
  if (claim === null) return null;
  return {
    matches: ({ key, route }) => ownerHash(groupOwner(key, route.receiver)) === claim.owner,
    until: later(claim.at, seconds(1)),
  };
}
