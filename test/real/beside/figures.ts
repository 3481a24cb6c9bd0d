// Delays of both systems from the records of a run, and the distributions that are compared.
import { quantile } from 'simple-statistics';
import type { StepRecord } from './march.ts';
import { deploymentName, sides, type PairName, type Side } from './pairs.ts';

export interface Delays {
  /** From the change of the load to the first write, by move, in ms. */
  readonly first: readonly number[];
  /** To the last write. */
  readonly last: readonly number[];
  /** From the first write to the last, of the moves that the rates spread over several ticks. */
  readonly spread: readonly number[];
}

export interface Distribution {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export function delaysOf(records: readonly StepRecord[], pair: PairName): Readonly<Record<Side, Delays>> {
  const moves = records.filter(({ step }) => step.kind === 'move');
  const of = (side: Side): Delays => {
    const name = deploymentName(pair, side);
    const times = moves.map(({ changedAt, writes }) => {
      const moments = (writes[name] ?? []).map((write) => write.at - changedAt);
      return { first: moments[0] ?? Number.NaN, last: moments.at(-1) ?? Number.NaN, count: moments.length };
    });
    return {
      first: times.map(({ first }) => first),
      last: times.map(({ last }) => last),
      spread: times.filter(({ count }) => count > 1).map(({ first, last }) => last - first),
    };
  };
  return Object.fromEntries(sides.map((side) => [side, of(side)])) as Record<Side, Delays>;
}

export const distribution = (delays: readonly number[]): Distribution => ({
  p50: quantile([...delays], 0.5),
  p95: quantile([...delays], 0.95),
  max: Math.max(...delays),
});

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

export const describeDistribution = ({ p50, p95, max }: Distribution): string =>
  `p50 ${seconds(p50)}, p95 ${seconds(p95)}, max ${seconds(max)}`;
