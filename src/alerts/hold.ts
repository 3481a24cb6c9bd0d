// Whether a message goes out now or waits: digests, quiet hours, the budget of a number, a storm of groups.
import { compileMatcher, parseMatchers } from '../matching/matchers.ts';
import type { AlertsDocument } from '../model/config.ts';
import { later, minutes } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import { nextTime, timesOf } from '../policies/schedule/cron-times.ts';
import { zoneOf } from '../policies/schedule/zone.ts';
import type { Alert } from './alert.ts';
import { decideBudget, ownLimits, unlimited, vendorLimits } from './budget.ts';
import type { SentMessage } from './budget.ts';
import { gatewayOf } from './channels/sms/sms-channel.ts';
import { receiversOf } from './integrations.ts';
import type { Integration } from './integrations.ts';

export type HoldReason = 'digest' | 'quietHours' | 'budget' | 'storm' | 'together';

export interface Hold {
  readonly why: HoldReason;
  /** looked at again at this instant */
  readonly until: Instant;
}

type Receiver = AlertsDocument['receivers'][number];
type Hours = Pick<Receiver, 'digest' | 'quietHours'>;

export interface HoldFacts {
  readonly document: AlertsDocument;
  readonly hours: Hours;
  readonly integration: Integration;
  readonly to: string;
  readonly alerts: readonly Alert[];
  readonly isIn: (interval: string) => boolean;
  /** SMS to this one's telephone, in any order */
  readonly sent: readonly SentMessage[];
  /** when this one was last told something by SMS, whether or not it has arrived */
  readonly lastSms: Instant | null;
  /** messages of this integration in the last minute */
  readonly recent: readonly Instant[];
  readonly now: Instant;
}

/** Of whom a group is told by: a fallback speaks in the hours of the one that it stands in for, and keeps no digest. */
export function hoursOf(document: AlertsDocument, groups: string, teller: string): Hours {
  const named = (name: string): Receiver | undefined => document.receivers.find((one) => one.name === name);
  if (receiversOf(document, groups).includes(teller)) return named(teller) ?? {};
  const quietHours = named(groups)?.quietHours;
  return quietHours === undefined ? {} : { quietHours };
}

export const stormWindow = minutes(1);
const lookAgain = minutes(1);
/** What goes over together becomes one digest. */
const bundleOverflow = minutes(2);

/** `over`: what it has waited for is there. */
export function holdOf(facts: HoldFacts, over: HoldReason | null): Hold | null {
  const { document, hours, integration, now } = facts;
  if (hours.digest !== undefined && over !== 'digest') return { why: 'digest', until: nextDigest(hours.digest, now) };
  if (hours.quietHours !== undefined && isQuiet(hours.quietHours, facts))
    return { why: 'quietHours', until: later(now, lookAgain) };
  if (integration.channel === 'sms') {
    const until = overBudget(facts, over === 'budget');
    if (until !== null) return { why: 'budget', until };
    // what has waited for anything is one message already
    const end = over === null ? endOfStorm(facts) : null;
    if (end !== null) return { why: 'storm', until: end };
  }
  const [oldest = now] = facts.recent;
  if (over !== 'storm' && facts.recent.length >= document.limits.messagesInMinute)
    return { why: 'storm', until: later(oldest, stormWindow) };
  const until = over === null ? endOfBundle(facts) : null;
  return until === null ? null : { why: 'together', until };
}

/** So many have just come to the telephone, or one that speaks for many: what follows is one message, and a storm that lasts one at a time. */
function endOfStorm({ document, sent, alerts, now }: HoldFacts): Instant | null {
  const { most, within } = document.limits.sms;
  const exempt = document.budgets.sms?.exempt;
  const just = sent.filter(({ at }) => later(at, within) > now).toSorted((one, other) => one.at - other.at);
  const isGrave = exempt !== undefined && alerts.some((alert) => matchesAll(exempt, alert));
  const forMany = isGrave ? undefined : just.findLast(({ kind }) => kind === 'digest');
  const oldest = just[just.length - most];
  const last = Math.max(forMany?.at ?? 0, oldest?.at ?? 0) as Instant;
  return last === 0 ? null : later(last, within);
}

function endOfBundle({ document, integration, alerts, lastSms, now }: HoldFacts): Instant | null {
  const { bundle, exempt } = document.budgets.sms ?? {};
  if (integration.channel !== 'sms' || bundle === undefined || lastSms === null) return null;
  if (exempt !== undefined && alerts.some((alert) => matchesAll(exempt, alert))) return null;
  const until = later(lastSms, bundle);
  return until > now ? until : null;
}

function isQuiet(quiet: NonNullable<Receiver['quietHours']>, { integration, alerts, isIn }: HoldFacts): boolean {
  if (quiet.then === 'email' && integration.channel === 'email') return false;
  return isIn(quiet.use) && !alerts.some((alert) => matchesAll(quiet.except, alert));
}

/** `isDigest`: it stands for what went over, and eats of no budget but the vendor's. */
function overBudget(facts: HoldFacts, isDigest: boolean): Instant | null {
  const { document, integration, sent, alerts, now } = facts;
  const budget = document.budgets.sms;
  const exempt = budget?.exempt;
  const gateway = integration.channel === 'sms' ? gatewayOf(document, integration.settings) : undefined;
  const decision = decideBudget(sent, now, {
    own: budget === undefined ? unlimited : ownLimits(budget.perNumber),
    vendor: gateway === undefined ? unlimited : vendorLimits(gateway),
    exempt: isDigest || (exempt !== undefined && alerts.some((alert) => matchesAll(exempt, alert))),
  });
  switch (decision.kind) {
    case 'send':
      return null;
    case 'wait':
      return decision.until;
    case 'overflow':
      return decision.digestAt === null
        ? decision.until
        : (Math.max(decision.digestAt, later(now, bundleOverflow)) as Instant);
  }
}

interface NextDigest {
  readonly asked: Instant;
  readonly next: Instant;
}

/** Whatever waits for a digest asks for it at each flush, and the calendar is slow. */
const nextOf = new WeakMap<NonNullable<Receiver['digest']>, NextDigest>();

/** At each of its hours, in its zone. */
function nextDigest(digest: NonNullable<Receiver['digest']>, now: Instant): Instant {
  const known = nextOf.get(digest);
  if (known !== undefined && known.asked <= now && now < known.next) return known.next;
  const { at, timeZone } = digest;
  const hours = at.flatMap((clock) => {
    const [hour = '0', minute = '0'] = clock.split(':');
    const times = timesOf(`${Number(minute)} ${Number(hour) % 24} * * *`);
    return times === null ? [] : (nextTime(times, zoneOf(timeZone), now) ?? []);
  });
  const next = Math.min(...hours) as Instant;
  nextOf.set(digest, { asked: now, next });
  return next;
}

const matchersOf = new Map<string, (alert: Alert) => boolean>();

function matchesAll(text: string, alert: Alert): boolean {
  let matches = matchersOf.get(text);
  if (matches === undefined) {
    const matchers = parseMatchers(text).map((matcher) => compileMatcher(matcher));
    matches = ({ labels }) => matchers.every((matcher) => matcher.matches(labels));
    matchersOf.set(text, matches);
  }
  return matches(alert);
}
