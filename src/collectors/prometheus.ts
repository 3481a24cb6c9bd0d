// Prometheus' part of the snapshot: each distinct query of all policies asked once, all of them about the same instant.
import type { PrometheusClient, RangeQuery } from '../clients/prometheus/client.ts';
import type { Config } from '../model/config.ts';
import type { PrometheusAnswer, PrometheusFacts, PrometheusRange } from '../model/snapshot.ts';
import type { Instant } from '../model/units.ts';
import { eachLimited } from '../parallel.ts';
import type { Gathering } from './gathering.ts';

export type PrometheusSource = Pick<PrometheusClient, 'query' | 'queryRange'>;

const queriesAtOnce = 10;

/** Values, their ages, coverage and saturation: everything that decisions will look up, without repetition. */
export function queriesOf(config: Config): readonly string[] {
  const queries = new Set<string>();
  for (const { spec } of config.podPolicies)
    for (const metric of spec.metrics) {
      // A formula is computed from other metrics and has no text of its own.
      if (metric.source.query !== '') queries.add(metric.source.query);
      for (const query of metric.ageQueries) queries.add(query);
      if (metric.coverage !== undefined) queries.add(metric.coverage.query);
    }
  for (const { spec } of config.nodePolicies) for (const { query } of spec.growth.saturation) queries.add(query);
  return [...queries];
}

export async function collectPrometheus(
  source: PrometheusSource,
  wanted: { readonly queries: readonly string[]; readonly ranges: readonly RangeQuery[] },
  gathering: Gathering,
  now: Instant,
): Promise<PrometheusFacts> {
  const queries: Record<string, PrometheusAnswer> = {};
  const ranges: PrometheusRange[] = [];
  const instants = eachLimited(wanted.queries, queriesAtOnce, async (query) => {
    const answer = await gathering.read('prometheus', query, (signal) => source.query(query, { at: now, signal }));
    if (answer !== undefined) queries[query] = answer;
  });
  const histories = eachLimited(wanted.ranges, queriesAtOnce, async (range) => {
    const answer = await gathering.read('prometheus', range.query, (signal) => source.queryRange(range, { signal }));
    if (answer !== undefined) ranges.push({ ...range, answer });
  });
  await Promise.all([instants, histories]);
  return { queries, ...(ranges.length > 0 && { ranges }) };
}
