// Somebody is on it: by the link or the code of a message, or by naming what is meant. Durable before it is said to be done.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { later, seconds } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { isValid, readCode } from './acknowledge-code.ts';
import { ownerHash, readLink } from './acknowledge-link.ts';
import { periodOf } from './alert.ts';
import type { Alert } from './alert.ts';
import type { AlertLog } from './courier.ts';
import type { Escalations } from './escalations.ts';
import type { Group } from './group-table.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Acknowledgement, LedgerRecord } from './ledger/records.ts';
import { groupOwner } from './ledger/state.ts';
import { tellersOf } from './reach.ts';

/** What is meant: the groups that hold an alert, a group by its key, or those of a message, by its link or its code. */
export type AcknowledgeTarget =
  | { readonly fingerprint: string }
  | { readonly groupKey: string; readonly receiver?: string | undefined }
  | { readonly token: string }
  | { readonly code: string };

export type AcknowledgeOutcome =
  | { readonly outcome: 'done'; readonly groups: number; readonly alerts: number }
  | { readonly outcome: 'already'; readonly by: string; readonly at: Instant }
  /** the code was one; its message is of then */
  | { readonly outcome: 'expired'; readonly at: Instant }
  /** nothing of it fires, the link is none of ours, or nobody knows the code */
  | { readonly outcome: 'nothing' | 'forged' | 'unknown' };

interface Parts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly groups: () => Iterable<Group>;
  readonly document: () => AlertsDocument;
  readonly escalations: Pick<Escalations, 'acknowledge' | 'look'>;
  readonly secret: () => string | null;
  readonly log: Pick<AlertLog, 'info'>;
}

export type Acknowledge = (target: AcknowledgeTarget, by: string) => Promise<AcknowledgeOutcome>;

export const createAcknowledger =
  ({ clock, ledger, groups, document, escalations, secret, log }: Parts): Acknowledge =>
  async (target, by) => {
    const now = clock.now();
    const meant = meantBy(target, { ledger, document: document(), secret: secret(), now });
    if ('outcome' in meant) return meant;
    const chosen = [...groups()].filter((group) => meant.matches(group));
    const toldOf = (group: Group): readonly Alert[] =>
      [...group.alerts.values()].filter(({ ended, accepted }) => ended === null && accepted <= meant.until);
    // what a message gave is good once: by an older one somebody may be on a part of it only
    const usedFor = (group: Group): Acknowledgement | null => {
      const known = acknowledgementOf(ledger, group);
      if (known === null || known.at < meant.since) return null;
      return toldOf(group).every((alert) => known.periods.includes(periodOf(alert))) ? known : null;
    };
    const open = chosen.filter((group) => usedFor(group) === null);
    const [earlier] = chosen.flatMap((group) => usedFor(group) ?? []);
    // it may be known here and on no disk: what could not be written is written before it is said to be so
    const standing = chosen.filter((group) => !open.includes(group)).flatMap((group) => episodeOf(ledger, group));
    if (open.length === 0 && earlier !== undefined) {
      await ledger.append(standing);
      return { outcome: 'already', by: earlier.by, at: earlier.at };
    }
    const records: LedgerRecord[] = [];
    let alerts = 0;
    for (const group of open) {
      const firing = toldOf(group);
      alerts += firing.length;
      const record = escalations.acknowledge(group, by, firing.map(periodOf), now);
      if (record !== null) records.push(record);
    }
    if (records.length === 0) return { outcome: 'nothing' };
    const written = ledger.append([...records, ...standing]);
    escalations.look(open);
    await written;
    log.info({ by, groups: records.length, alerts }, 'somebody is on it');
    return { outcome: 'done', groups: records.length, alerts };
  };

function episodeOf({ state }: Ledger, group: Group): readonly LedgerRecord[] {
  const owner = groupOwner(group.key, group.route.receiver);
  const episode = state.episodes.get(owner);
  return episode === undefined ? [] : [{ kind: 'episode', owner, episode }];
}

const acknowledgementOf = ({ state }: Ledger, group: Group): Acknowledgement | null =>
  state.episodes.get(groupOwner(group.key, group.route.receiver))?.acknowledged ?? null;

interface Meant {
  readonly matches: (group: Group) => boolean;
  /** what was accepted later is not covered */
  readonly until: Instant;
  /** whoever has been on it since then was told of the same */
  readonly since: Instant;
}

const always = Number.POSITIVE_INFINITY as Instant;

interface Known {
  readonly ledger: Ledger;
  readonly document: AlertsDocument;
  readonly secret: string | null;
  readonly now: Instant;
}

function meantBy(target: AcknowledgeTarget, known: Known): Meant | AcknowledgeOutcome {
  if ('fingerprint' in target)
    return { matches: ({ alerts }) => alerts.has(target.fingerprint), until: always, since: always };
  if ('groupKey' in target)
    return {
      matches: ({ key, route }) =>
        key === target.groupKey && (target.receiver === undefined || target.receiver === route.receiver),
      until: always,
      since: always,
    };
  if ('code' in target) {
    const code = readCode(target.code);
    const stands = code === null ? undefined : known.ledger.state.codes.get(code);
    if (stands === undefined) return { outcome: 'unknown' };
    if (!isValid(stands, known.now)) return { outcome: 'expired', at: stands.at };
    return { matches: toldBy(new Set(stands.owners), known), until: stands.at, since: stands.at };
  }
  const claim = known.secret === null ? null : readLink(target.token, known.secret);
  if (claim === null) return { outcome: 'forged' };
  return { matches: toldBy(new Set([claim.owner]), known), until: later(claim.at, seconds(1)), since: claim.at };
}

/** A message is made for a group and whoever tells of it: its own receiver, or one that stands in. */
const toldBy =
  (owners: ReadonlySet<string>, { document }: Known): Meant['matches'] =>
  ({ key, route }) =>
    tellersOf(document, route.receiver).some((teller) => owners.has(ownerHash(groupOwner(key, teller))));
