// Who is on duty: a rotation that is handed over at its hours, in its zone, and overrides that beat it.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { countTimes, nextTime, previousTime, timesOf } from '../policies/schedule/cron-times.ts';
import { zoneOf } from '../policies/schedule/zone.ts';

export type Rota = AlertsDocument['oncall'][number];

export interface Turn {
  readonly who: string;
  readonly from: Instant;
  /** null where nothing is known to end it */
  readonly until: Instant | null;
}

/** Where nobody wrote when the first one began: the first Monday of a year long past. */
const longAgo = Date.UTC(2024, 0, 1) as Instant;

/** Everybody asks for the same turn, at each flush. */
const lastAsked = new WeakMap<Rota, Turn>();

function regularTurn(rota: Rota, now: Instant): Turn {
  const known = lastAsked.get(rota);
  if (known !== undefined && known.from <= now && (known.until === null || now < known.until)) return known;
  const times = timesOf(rota.handover);
  const began = rota.since ?? longAgo;
  // an expression that cannot be read is refused with the document
  if (times === null) return { who: rota.rotation[0] ?? '', from: began, until: null };
  const zone = zoneOf(rota.timeZone);
  const at = Math.max(now, began) as Instant;
  const last = previousTime(times, zone, (at + 1) as Instant, began);
  const turn = {
    who: rota.rotation[countTimes(times, zone, began, at) % rota.rotation.length] ?? '',
    from: last === null || last < began ? began : last,
    until: nextTime(times, zone, at),
  };
  lastAsked.set(rota, turn);
  return turn;
}

/** The override that was written last beats the others; whoever is beaten begins when that is over. */
function turnAt(rota: Rota, now: Instant): Turn {
  const holds = rota.overrides.findLast(({ from, until }) => from <= now && now < until);
  const turn = holds ?? regularTurn(rota, now);
  const rivals = holds === undefined ? rota.overrides : rota.overrides.slice(rota.overrides.indexOf(holds) + 1);
  return {
    who: turn.who,
    from: Math.max(turn.from, ...rivals.map(({ until }) => until).filter((at) => at <= now)) as Instant,
    until: earliest([turn.until ?? [], rivals.map(({ from }) => from).filter((at) => at > now)].flat()),
  };
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
