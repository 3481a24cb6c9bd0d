// Prometheus' part of the snapshot: each distinct query of all policies asked once, all of them about the same instant.
import type { PrometheusClient, RangeQuery } from '../clients/prometheus/client.ts';
import type { PrometheusAnswer, PrometheusFacts, PrometheusRange } from '../model/snapshot.ts';
import type { Instant } from '../model/units.ts';
import { eachLimited } from '../parallel.ts';
import type { Gathering } from './gathering.ts';

export type PrometheusSource = Pick<PrometheusClient, 'query' | 'queryRange'>;

const queriesAtOnce = 10;

export interface Questioning {
  /** Asks what has not been asked yet. */
  ask(queries: readonly string[]): void;
  /** Resolves when everything asked has been answered or given up. */
  facts(): Promise<PrometheusFacts>;
}

/** Which questions there are may turn out bit by bit; each is asked once, ten at a time, all about the same instant. */
export function beginQuestions(source: PrometheusSource, gathering: Gathering, now: Instant): Questioning {
  const run = limited(queriesAtOnce);
  const queries: Record<string, PrometheusAnswer> = {};
  const asked = new Map<string, Promise<void>>();
  const answer = async (query: string): Promise<void> => {
    const given = await run(() =>
      gathering.read('prometheus', query, (signal) => source.query(query, { at: now, signal })),
    );
    if (given !== undefined) queries[query] = given;
  };
  return {
    ask: (texts) => {
      for (const text of texts) if (!asked.has(text)) asked.set(text, answer(text));
    },
    facts: async () => {
      await Promise.all(asked.values());
      return { queries };
    },
  };
}

export async function collectRanges(
  source: PrometheusSource,
  ranges: readonly RangeQuery[],
  gathering: Gathering,
): Promise<readonly PrometheusRange[]> {
  const answers = await eachLimited(ranges, queriesAtOnce, async (range) => {
    const answer = await gathering.read('prometheus', range.query, (signal) => source.queryRange(range, { signal }));
    return answer === undefined ? [] : [{ ...range, answer }];
  });
  return answers.flat();
}

/** Runs at most so many at a time, the others in their order after them. */
function limited(most: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
