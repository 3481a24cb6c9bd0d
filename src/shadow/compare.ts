// What springtide would have done beside what another autoscaler did, from the entries of the decision journal, one after the other.
import type { JournalEntry, NodeEntry, PodEntry } from '../journal/entry.ts';
import { targetName } from '../model/target.ts';
import { minutes, rfc3339, type Instant } from '../model/units.ts';

export interface Shortfall {
  /** how many more springtide would have had */
  readonly by: number;
  /** RFC 3339 */
  readonly at: string;
  /** the target or the group */
  readonly of: string;
}

export interface Comparison {
  readonly tier: 'pods' | 'nodes';
  readonly policy: string;
  /** how long it was rehearsed and could be compared: of several targets the sum */
  readonly minutesSeen: number;
  /** there were more than springtide would have had */
  readonly minutesAbove: number;
  /** there were fewer */
  readonly minutesBelow: number;
  /** replicas or nodes times minutes */
  readonly surplus: number;
  readonly missing: number;
  readonly largestShortfall: Shortfall | null;
  /** nodes that springtide would have given back and the other has not, and the other way round */
  readonly removedByUsOnly: readonly string[];
  readonly removedByOtherOnly: readonly string[];
}

/** Without a word from anybody for so long nobody was watching: what stood before is not taken for what stood then. */
const silence = minutes(20);

interface Standing {
  readonly subject: string;
  readonly since: Instant;
  readonly live: number;
  readonly ours: number;
}

interface Sum {
  readonly tier: Comparison['tier'];
  readonly policy: string;
  seen: number;
  above: number;
  below: number;
  surplus: number;
  missing: number;
  shortfall: Shortfall | null;
  readonly known: Set<string>;
  readonly oursGone: Set<string>;
  readonly othersGone: Set<string>;
}

type Compared = PodEntry | NodeEntry;

const policyOf = ({ decision: { policy } }: Compared): string =>
  policy.namespace === undefined ? policy.name : `${policy.namespace}/${policy.name}`;

/** Where it acts the replicas are its own: only a rehearsal can be compared. null: it cannot be. */
function standingOf(entry: Compared, since: Instant): Standing | null {
  const { decision } = entry;
  const { current, desired, mode } = decision;
  if (mode !== 'dryRun' || current === null || desired === null) return null;
  const subject = entry.tier === 'pods' ? targetName(entry.decision.target) : entry.decision.nodeGroup;
  return { subject, since, live: current, ours: desired };
}

export class ShadowComparison {
  readonly #from: Instant;
  readonly #sums = new Map<string, Sum>();
  readonly #standing = new Map<string, { readonly standing: Standing; readonly sum: Sum }>();
  #heard: Instant | null = null;

  /** What was before `from` is where the comparison begins, and no part of it. */
  constructor(from: Instant) {
    this.#from = from;
  }

  /** In the order in which they were written. */
  take(entry: JournalEntry, at: Instant): void {
    this.hear(at);
    if (entry.tier !== 'pods' && entry.tier !== 'nodes') return;
    this.#close(entry.key, at);
    const sum = this.#sumOf(entry);
    const standing = standingOf(entry, at);
    if (standing !== null) this.#standing.set(entry.key, { standing, sum });
    if (entry.tier === 'nodes') this.#nodes(entry, sum, at);
  }

  /** springtide was there then, whatever the entry says. */
  hear(at: Instant): void {
    if (this.#heard !== null && at - this.#heard > silence) this.#closeAll(this.#heard);
    this.#heard = at;
  }

  /** What stands still, up to the last word. */
  end(): readonly Comparison[] {
    if (this.#heard !== null) this.#closeAll(this.#heard);
    return [...this.#sums.values()]
      .filter(({ seen }) => seen > 0)
      .map((sum): Comparison => ({
        tier: sum.tier,
        policy: sum.policy,
        minutesSeen: inMinutes(sum.seen),
        minutesAbove: inMinutes(sum.above),
        minutesBelow: inMinutes(sum.below),
        surplus: inMinutes(sum.surplus),
        missing: inMinutes(sum.missing),
        largestShortfall: sum.shortfall,
        removedByUsOnly: [...sum.oursGone].filter((node) => !sum.othersGone.has(node)).sort(),
        removedByOtherOnly: [...sum.othersGone].filter((node) => !sum.oursGone.has(node)).sort(),
      }));
  }

  #sumOf(entry: Compared): Sum {
    const policy = policyOf(entry);
    const key = `${entry.tier} ${policy}`;
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      const nothing = { seen: 0, above: 0, below: 0, surplus: 0, missing: 0, shortfall: null };
      const nobody = { known: new Set<string>(), oursGone: new Set<string>(), othersGone: new Set<string>() };
      this.#sums.set(key, (sum = { tier: entry.tier, policy, ...nothing, ...nobody }));
    }
    return sum;
  }

  #closeAll(at: Instant): void {
    for (const key of [...this.#standing.keys()]) this.#close(key, at);
  }

  #close(key: string, at: Instant): void {
    const open = this.#standing.get(key);
    if (open === undefined) return;
    this.#standing.delete(key);
    const { standing, sum } = open;
    const { live, ours, subject } = standing;
    const since = Math.max(standing.since, this.#from);
    const length = at - since;
    if (length <= 0) return;
    sum.seen += length;
    if (live > ours) {
      sum.above += length;
      sum.surplus += length * (live - ours);
    } else if (live < ours) {
      sum.below += length;
      sum.missing += length * (ours - live);
      if (ours - live > (sum.shortfall?.by ?? 0))
        sum.shortfall = { by: ours - live, at: rfc3339(since as Instant), of: subject };
    }
  }

  /** Who is not named any more has left: a group names each of its nodes, or none where it could not be read. */
  #nodes({ decision, key }: NodeEntry, sum: Sum, at: Instant): void {
    const { kept, remove, drains, mode, current, nodeGroup } = decision;
    if (current === null || mode !== 'dryRun') return;
    const now = new Set([...kept, ...remove].map(({ node }) => node));
    const counts = at >= this.#from;
    const prefix = `${key} `;
    for (const known of [...sum.known]) {
      if (!known.startsWith(prefix)) continue;
      const node = known.slice(prefix.length);
      if (now.has(node) || now.size === 0) continue;
      sum.known.delete(known);
      if (counts) sum.othersGone.add(`${nodeGroup}/${node}`);
    }
    for (const node of now) sum.known.add(`${prefix}${node}`);
    if (counts) for (const step of drains) if (step.step === 'begin') sum.oursGone.add(`${nodeGroup}/${step.node}`);
  }
}

const minute = minutes(1);
const inMinutes = (length: number): number => Math.round((length / minute) * 10) / 10;

/** How long the two did not agree. */
export const minutesApart = ({ minutesAbove, minutesBelow }: Comparison): number => minutesAbove + minutesBelow;
