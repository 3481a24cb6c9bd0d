// Who is on duty: a rotation that is handed over at its hours, in its zone, and overrides that beat it.
import { CronExpressionParser } from 'cron-parser';
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';

export type Rota = AlertsDocument['oncall'][number];

export interface Turn {
  readonly who: string;
  readonly from: Instant;
  /** null where nothing is known to end it */
  readonly until: Instant | null;
}

/** Where nobody wrote when the first one began: the first Monday of a year long past. */
const longAgo = Date.UTC(2024, 0, 1) as Instant;
const mostHandovers = 20_000;

/** Counting from the beginning each time would be slow in the tenth year. */
const counted = new WeakMap<Rota, { readonly next: () => Instant | null; readonly handovers: Instant[] }>();

function handoversUntil(rota: Rota, now: Instant): readonly Instant[] {
  let known = counted.get(rota);
  if (known === undefined) {
    const currentDate = new Date(rota.since ?? longAgo);
    const dates = CronExpressionParser.parse(rota.handover, { tz: rota.timeZone, currentDate });
    known = { next: () => (dates.hasNext() ? (dates.next().getTime() as Instant) : null), handovers: [] };
    counted.set(rota, known);
  }
  const { handovers, next } = known;
  while ((handovers.at(-1) ?? 0) <= now && handovers.length < mostHandovers) {
    const at = next();
    if (at === null) break;
    handovers.push(at);
  }
  return handovers;
}

function regularTurn(rota: Rota, now: Instant): Turn {
  const handovers = handoversUntil(rota, now);
  const past = handovers.filter((at) => at <= now);
  return {
    who: rota.rotation[past.length % rota.rotation.length] ?? '',
    from: past.at(-1) ?? rota.since ?? longAgo,
    until: handovers[past.length] ?? null,
  };
}

/** The override that was written last beats the others. */
function turnAt(rota: Rota, now: Instant): Turn {
  const regular = regularTurn(rota, now);
  const holds = rota.overrides.findLast(({ from, until }) => from <= now && now < until);
  if (holds !== undefined) {
    const later = rota.overrides.slice(rota.overrides.indexOf(holds) + 1).map(({ from }) => from);
    return { who: holds.who, from: holds.from, until: earliest([holds.until, ...later.filter((at) => at > now)]) };
  }
  const nextOverride = rota.overrides.map(({ from }) => from).filter((at) => at > now);
  return { ...regular, until: earliest([...(regular.until === null ? [] : [regular.until]), ...nextOverride]) };
}

const earliest = (instants: readonly Instant[]): Instant | null =>
  instants.length === 0 ? null : (Math.min(...instants) as Instant);

/** This turn and those that follow. */
export function turnsFrom(rota: Rota, now: Instant, count: number): Turn[] {
  const turns: Turn[] = [];
  for (let at: Instant | null = now; at !== null && turns.length < count;) {
    const turn = turnAt(rota, at);
    turns.push(turn);
    at = turn.until;
  }
  return turns;
}

export const onDuty = (rota: Rota, now: Instant): string => turnAt(rota, now).who;

/** Everybody who may ever be on duty by it. */
export const everybodyOf = (rota: Rota): readonly string[] => [
  ...new Set([...rota.rotation, ...rota.overrides.map(({ who }) => who)]),
];
