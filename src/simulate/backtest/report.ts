// What a backtest found, as plain data: for the text, the page, and whoever reads it as JSON.
import { later, rfc3339, seconds } from '../../model/units.ts';
import type { Judged, OracleBill, Run, Setting } from './backtest.ts';
import type { Note } from './subject.ts';
import type { WorldSettings } from './world-settings.ts';

export interface PlayedPolicy {
  readonly name: string;
  readonly target: string;
  /** null: the trace is the load behind the CPU */
  readonly metric: string | null;
  readonly figures: PrintedFigures;
}

export type PrintedFigures = Omit<Judged, 'largestShortfall'> & {
  readonly largestShortfall: { readonly at: string; readonly replicas: number; readonly load: number } | null;
};

/** A setting of the same policy, and what it would have cost. */
export interface Suggestion {
  readonly what: 'target' | 'forecast';
  /** the policy's target as it would be written */
  readonly target: number;
  /** how much of a replica is used at the target */
  readonly utilizationPercent: number;
  readonly onFrontier: boolean;
  readonly best: boolean;
  readonly figures: PrintedFigures;
}

export interface Report {
  readonly trace: {
    readonly name: string;
    readonly start: string;
    readonly stepSeconds: number;
    readonly values: number;
    readonly days: number;
    readonly judgedFrom: string;
    readonly judgedDays: number;
  };
  readonly world: WorldSettings & { readonly capacity: number };
  readonly oracle: { readonly replicaHours: number; readonly nodeHours: number | null };
  readonly policies: readonly PlayedPolicy[];
  /** what stood, whoever set it; null: nobody has recorded it */
  readonly wasDone: PrintedFigures | null;
  readonly suggestions: readonly Suggestion[];
  readonly notes: readonly Note[];
}

export const printed = ({ largestShortfall: worst, ...figures }: Judged): PrintedFigures => ({
  ...figures,
  largestShortfall: worst === null ? null : { ...worst, at: rfc3339(worst.at) },
});

/** Beside another version of itself it is told apart by where it was written. */
const playedPolicy = (run: Run, _: number, all: readonly Run[]): PlayedPolicy => {
  const { policy, target, traced, file } = run.subject;
  const name = `${policy.metadata.namespace}/${policy.metadata.name}`;
  return {
    name: all.length > 1 ? `${name} (${file})` : name,
    target: `${target.kind} ${target.namespace}/${target.name}`,
    metric: traced?.name ?? null,
    figures: printed(run.judged),
  };
};

export function reportOf(
  setting: Setting,
  runs: readonly Run[],
  oracle: OracleBill,
  more: Pick<Report, 'wasDone' | 'suggestions'> & { readonly notes: readonly Note[] },
): Report {
  const { trace, world, demand, judgedFrom, start, capacity } = setting;
  const daysOf = (ticks: number): number => (ticks * world.step) / 86_400;
  const notes = [...setting.notes, ...runs.flatMap(({ subject }) => subject.notes), ...more.notes];
  const pools = new Set(runs.map(({ subject }) => subject.nodeGroup !== null));
  if (pools.size > 1) notes.push({ code: 'PoolInOneOnly', facts: {} });
  const once = new Map(notes.map((note) => [JSON.stringify(note), note]));
  return {
    trace: {
      name: trace.name,
      start: rfc3339(start),
      stepSeconds: trace.step,
      values: trace.values.length,
      days: daysOf(demand.length),
      judgedFrom: rfc3339(later(start, seconds(judgedFrom * world.step))),
      judgedDays: daysOf(demand.length - judgedFrom),
    },
    world: { ...world, capacity },
    oracle: { replicaHours: oracle.replicaHours, nodeHours: oracle.nodeHours },
    policies: runs.map(playedPolicy),
    wasDone: more.wasDone,
    suggestions: more.suggestions,
    notes: [...once.values()],
  };
}
