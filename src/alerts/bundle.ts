// One message for several groups: what was held back, or too much for a message each. Put together in turns, and written as of one instant.
import type { Clock } from '../clock.ts';
import type { Instant } from '../model/units.ts';
import { atOnce } from '../slices.ts';
import type { Alert } from './alert.ts';
import { isAsDecided, partOf } from './bundle-part.ts';
import type { Part } from './bundle-part.ts';
import type { Course } from './courses.ts';
import type { FlushParts } from './flush.ts';
import type { Group } from './group-table.ts';
import { inOrder } from './group.ts';
import type { HeldBundle } from './holds.ts';
import { carriedOver, intentOf } from './intent.ts';
import { doubtsOf } from './ledger/doubts.ts';
import type { Cover, Intent, LedgerRecord } from './ledger/records.ts';
import type { FlushDecision } from './plan-notification.ts';
import { withWay } from './ways.ts';

export interface BundleParts {
  readonly clock: Pick<Clock, 'now'>;
  /** as of now: a reload gives others */
  readonly current: (now: Instant) => FlushParts;
}

/** What changes all the time is decided in one go at last. */
const mostRounds = 4;

/**
 * Group by group it is decided what there is to say, while others have their turns. Where something has happened to a
 * group meanwhile it is decided again, until nothing has: then it is written, in the same turn.
 * Nobody else decides for these groups before it is over.
 */
export function* tellingTogether(bundle: HeldBundle, { clock, current }: BundleParts): Course {
  const { integration, why } = bundle;
  const isInForce = ({ document, elsewhere }: FlushParts): boolean => {
    const latest = current(clock.now());
    return latest.document === document && latest.elsewhere === elsewhere;
  };
  let { groups } = bundle;
  const decided = new Map<Group, Part | null>();
  let undecided = groups;
  for (let round = 1; ; round += 1) {
    const parts = current(clock.now());
    const { messages } = parts.holds;
    for (const group of undecided) {
      if (!isInForce(parts)) break;
      decided.set(group, partOf(group, bundle, parts, clock.now()));
      yield;
    }
    const drafts = yield* drafted(decided.values());
    const now = clock.now();
    const latest = current(now);
    if (!isInForce(parts)) {
      // whoever waits by what is in force now waits on, and all is decided by that
      groups = groups.filter((group) => latest.holds.heldFor(why, group, integration).size > 0);
      undecided = groups;
      decided.clear();
    } else {
      const isSame = (part: Part): boolean => latest.holds.messages === messages && isAsDecided(part, latest, now);
      undecided = toldIn(drafts)
        .filter((part) => !isSame(part))
        .map(({ group }) => group);
    }
    if (undecided.length > 0 && round < mostRounds) continue;
    for (const group of undecided) decided.set(group, partOf(group, bundle, latest, now));
    const last = undecided.length === 0 ? drafts : atOnce(drafted(decided.values()));
    for (const [intent, draft] of write(last, bundle, latest, now)) yield* handedOver(intent, draft, bundle, latest);
    return;
  }
}

/** What waited is on its way. Of the groups' other integrations nobody was asked: what has ended stays until their own flush. */
function* handedOver(intent: Intent, { told }: Draft, { integration }: HeldBundle, parts: FlushParts): Course {
  for (const { group } of told) {
    parts.holds.release(group, integration, intent.to);
    yield;
  }
  parts.courier.carry(intent.id);
}

/** Those who hear the same hear it together. */
interface Hearers {
  readonly to: ReadonlySet<string>;
  readonly told: Part[];
}

/** A message for each of those who are to hear of other groups than the rest: whoever is still owed the last one hears nothing of it again. */
function* hearersOf(parts: Iterable<Part | null>): Generator<undefined, readonly Hearers[]> {
  let known: readonly Hearers[] = [];
  for (const part of parts) {
    if (part === null) continue;
    const strangers = new Set(part.decision.notify?.to);
    const next: Hearers[] = [];
    for (const { to, told } of known) {
      const asWell = new Set([...to].filter((one) => strangers.delete(one)));
      const others = new Set([...to].filter((one) => !asWell.has(one)));
      if (others.size > 0) next.push({ to: others, told: asWell.size === 0 ? told : [...told] });
      if (asWell.size > 0) {
        told.push(part);
        next.push({ to: asWell, told });
      }
    }
    if (strangers.size > 0) next.push({ to: strangers, told: [part] });
    known = next;
    yield;
  }
  return known;
}

interface Draft {
  readonly to: readonly string[];
  readonly told: readonly Part[];
  readonly covers: readonly Cover[];
  readonly decision: FlushDecision;
}

const toldIn = (drafts: readonly Draft[]): readonly Part[] => [...new Set(drafts.flatMap(({ told }) => told))];

function* drafted(parts: Iterable<Part | null>): Generator<undefined, readonly Draft[]> {
  const drafts: Draft[] = [];
  for (const hearers of yield* hearersOf(parts)) drafts.push(yield* draftFor(hearers));
  return drafts;
}

function* draftFor({ to, told }: Hearers): Generator<undefined, Draft> {
  const covers: Cover[] = [];
  const said = { firing: [] as string[], resolved: [] as string[] };
  const alerts = new Map<string, Alert>();
  let counted = 0;
  for (const { group, decision } of told) {
    const { firing, resolved, muted, truncated, notify } = decision;
    covers.push({
      groupKey: group.key,
      firing,
      resolved,
      ...(muted.length > 0 && { muted }),
      ...(truncated !== undefined && { truncated }),
    });
    for (const period of firing) said.firing.push(period);
    for (const period of resolved) said.resolved.push(period);
    for (const alert of notify?.alerts ?? []) alerts.set(alert.fingerprint, alert);
    counted += truncated ?? 0;
    yield;
  }
  const reason = told[0]?.decision.notify?.reason ?? 'StillOwed';
  const notify = { to: [...to], reason, alerts: inOrder(alerts.values()) };
  yield;
  const decision = { ...said, muted: [], truncated: counted, silently: [], notify, supersede: false };
  return { to: notify.to, told, covers, decision };
}

/** What takes the place of all that waited. */
function write(
  drafts: readonly Draft[],
  { integration, why }: HeldBundle,
  parts: FlushParts,
  now: Instant,
): readonly (readonly [Intent, Draft])[] {
  const written = drafts.flatMap((draft) => {
    const intent = intentFor(draft, { integration, why }, parts, now);
    return intent === null ? [] : [[intent, draft] as const];
  });
  const replaced = [...new Set(toldIn(drafts).flatMap(({ open }) => open ?? []))];
  for (const open of replaced) parts.courier.withdraw(open.intent.id);
  parts.write([
    ...written.flatMap(([intent, { told }]) => [
      ...withWay(intent, integration, parts),
      ...(intent.covers === undefined ? carriedOver(intent, told[0]?.open) : []),
    ]),
    // after what takes their place: of what is written together a kill may leave the beginning only
    ...replaced.flatMap((open): LedgerRecord[] => [
      ...doubtsOf(open, parts.state, now),
      { kind: 'settled', id: open.intent.id, at: now, how: 'superseded' },
    ]),
  ]);
  const named = new Set(written.flatMap(([{ to }]) => to));
  const left = replaced.filter(({ intent }) => intent.to.some((to) => !named.has(to)));
  if (left.length > 0) parts.resettle(left.map(({ intent }) => intent.groupKey));
  for (const [intent] of written) parts.holds.count(integration, intent.to);
  return written;
}

function intentFor(
  { to, told, covers, decision }: Draft,
  { integration, why }: Pick<HeldBundle, 'integration' | 'why'>,
  parts: FlushParts,
  now: Instant,
): Intent | null {
  const [first] = told;
  if (first === undefined) return null;
  // one that nothing came to is told as if it had not waited
  if ((why === 'together' || why === 'storm') && told.length === 1) {
    const { group, decision: own } = first;
    const alone = { ...own, notify: own.notify && { ...own.notify, to } };
    return intentOf({ groupKey: group.key, groupLabels: group.labels }, integration, alone, parts, now);
  }
  const bundle = { why, groups: told.length };
  const about = { groupKey: `${why}:${integration.receiver}`, groupLabels: {}, covers, bundle };
  return intentOf(about, integration, decision, parts, now);
}
