// Step 7: what is expected may add to what the metrics ask for, never take away; where it is not trusted a margin stands in.
import type { PodPolicy } from '../../model/config.ts';
import type { Outlook, TargetForecast } from '../../model/forecast.ts';
import type { ExpectedLoad, ForecastReading } from '../../model/plan.ts';
import type { Facts } from '../../model/reason.ts';
import type { Measured } from './measure.ts';
import { byAverage, wholeAbove } from './proposals.ts';

type Rules = NonNullable<PodPolicy['spec']['forecast']>;

export interface Foresight {
  /** what the plan says of it */
  readonly reading: ForecastReading;
  /** the least that it asks for; null: it asks for nothing (preview, or its metric is unknown) */
  readonly floor: {
    readonly replicas: number;
    readonly by: string;
    readonly why: 'trusted' | 'starting' | 'doubted';
  } | null;
  readonly facts: Facts;
}

const rounded = (value: number): number => Number(value.toPrecision(6));

const expectedLoad = ({ ahead, expected, upper, by }: Outlook, perReplica: number, max: number): ExpectedLoad => ({
  aheadSeconds: ahead / 1000,
  expected: rounded(expected),
  upper: rounded(upper),
  by,
  replicas: Math.min(max, wholeAbove(upper / perReplica)),
});

/** Where nobody has said anything of the metric nothing is trusted either. null: the metric can have no forecast. */
export function foresee(
  rules: Rules,
  given: TargetForecast | undefined,
  measured: readonly Measured[],
  { tolerance }: Pick<PodPolicy['spec'], 'tolerance'>,
  of: { readonly current: number; readonly statusReplicas: number; readonly max: number },
): Foresight | null {
  const one = measured.find(({ metric }) => metric.name === rules.metric);
  if (one?.metric.target?.kind !== 'averageValue') return null;
  const said = given?.metric === rules.metric ? given : undefined;
  const perReplica = one.metric.target.amount;
  const { value, state } = one.reading;
  const known = state === 'ok' && value !== null;
  const trusted = said?.state === 'trusted';
  const acts = rules.mode === 'act' && known;
  const load = (outlook: Outlook | undefined): ExpectedLoad | null =>
    outlook === undefined ? null : expectedLoad(outlook, perReplica, of.max);
  const pods = load(said?.pods);
  const reading: ForecastReading = {
    metric: rules.metric,
    mode: rules.mode,
    state: said?.state ?? 'learning',
    doubt: said === undefined ? 'notEnoughHistory' : said.doubt,
    pods,
    nodes: load(said?.nodes),
    keep: load(said?.keep),
    coverage: said?.coverage ?? null,
    historySeconds: (said?.history ?? 0) / 1000,
    ordersNodes: acts && trusted,
    ...(said?.trouble === undefined ? {} : { trouble: said.trouble }),
  };
  const facts = {
    expected: pods?.expected ?? 'unknown',
    upper: pods?.upper ?? 'unknown',
    ahead: pods?.aheadSeconds ?? 0,
    doubt: reading.doubt ?? '',
    percent: Math.round(rules.fallbackUtilization * 100),
  };
  if (!acts) return { reading, floor: null, facts };
  // What a replica bears is what it may bear: what comes on top is in the forecast, and needs no tolerance of its own.
  const needed = wholeAbove(value / perReplica);
  if (trusted && pods !== null) {
    const by = `${rules.metric} up to ${pods.upper} by ${pods.by}`;
    return { reading, floor: { replicas: Math.max(needed, pods.replicas), by, why: 'trusted' }, facts };
  }
  // A restart is no reason to raise everything for a minute, nor to lower what stands there for a forecast.
  if (said?.reading === true) {
    const by = `the past of ${rules.metric} is being read`;
    return { reading, floor: { replicas: Math.max(needed, of.current), by, why: 'starting' }, facts };
  }
  const { fallbackUtilization } = rules;
  const replicas = byAverage(value, perReplica * fallbackUtilization, of.statusReplicas, tolerance);
  const by = `${rules.metric} at ${facts.percent} %: ${reading.doubt ?? 'not trusted'}`;
  return { reading, floor: { replicas, by, why: 'doubted' }, facts };
}
