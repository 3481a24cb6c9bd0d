// The load of each target that has a forecast, measured from the snapshot as the decision of the same tick will measure it.
import type { Metric, PodPolicy } from '../model/config.ts';
import type { TargetMemory } from '../model/memory.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Instant } from '../model/units.ts';
import { Answers } from '../policies/pods/answers.ts';
import { measureAll, type TargetFacts } from '../policies/pods/measure.ts';
import { indexing, type PodIndex } from '../policies/pods/pod-index.ts';
import { ResourceSamples } from '../policies/pods/resource-samples.ts';
import type { BoundTarget } from '../targets/select.ts';

/** What a forecast is of, and the metrics that it is measured by: itself, or a formula with what it reads. */
export interface Foreseen {
  readonly metric: Metric;
  /** the load that one replica bears */
  readonly perReplica: number;
  readonly measuredBy: readonly Metric[];
  /** the policy with these metrics and no others */
  readonly measuring: PodPolicy;
  /** what it is measured by, as a text: another text is another load */
  readonly signature: string;
  /** measured pod by pod, and so from the pods that are there now: it has no past that could be asked for */
  readonly byPods: boolean;
}

const isByPods = ({ source }: Metric): boolean =>
  source.kind === 'resource' || (source.kind === 'query' && source.byPod);

const known = new WeakMap<PodPolicy, Foreseen | 'none'>();

export function foreseenBy(policy: PodPolicy): Foreseen | null {
  const { forecast } = policy.spec;
  if (forecast === undefined) return null;
  let found = known.get(policy);
  if (found === undefined) known.set(policy, (found = find(forecast.metric, policy) ?? 'none'));
  return found === 'none' ? null : found;
}

/** As it is written: to which namespaces one query for many is narrowed depends on other policies. */
function textOf({ source }: Metric): unknown {
  if (source.kind !== 'query') return source;
  const { single, grouped } = source.question;
  return [source.byPod, single ?? grouped];
}

function find(name: string, policy: PodPolicy): Foreseen | null {
  const { metrics } = policy.spec;
  const metric = metrics.find((one) => one.name === name);
  if (metric?.target?.kind !== 'averageValue') return null;
  const { source } = metric;
  const inputs = source.kind === 'formula' ? metrics.filter((one) => source.formula.inputs.includes(one.name)) : [];
  const measuredBy = [...inputs, metric];
  return {
    metric,
    perReplica: metric.target.amount,
    measuredBy,
    measuring: { ...policy, spec: { ...policy.spec, metrics: measuredBy } },
    signature: JSON.stringify(measuredBy.map((one) => [one.name, textOf(one)])),
    byPods: measuredBy.some(isByPods),
  };
}

export interface Load {
  /** null: unknown, or not believed */
  readonly value: number | null;
  readonly ageSeconds: number | null;
}

/** Measures one target after the other. */
export class Loads {
  readonly #snapshot: Snapshot;
  readonly #answers: Answers;
  readonly #resources: ResourceSamples;
  readonly #series: object;
  readonly #now: Instant;
  #index: PodIndex | null = null;

  /** `series`: what ticks that follow each other have in common */
  constructor(snapshot: Snapshot, series: object, now: Instant) {
    this.#snapshot = snapshot;
    this.#answers = new Answers(snapshot);
    this.#resources = new ResourceSamples(this.#answers, now);
    this.#series = series;
    this.#now = now;
  }

  /** Before the first target that is measured pod by pod. */
  *preparePods(): Generator<undefined> {
    const { pods } = this.#snapshot.kubernetes;
    if (this.#index === null && pods !== undefined) this.#index = yield* indexing(pods, this.#series);
  }

  of({ target, object }: BoundTarget, foreseen: Foreseen, memory: TargetMemory | undefined): Load {
    const facts: TargetFacts = {
      target,
      current: object?.spec?.replicas ?? 1,
      statusReplicas: object?.status?.replicas ?? 0,
      pods: foreseen.byPods ? this.#podsOf({ target, object }) : [],
    };
    const measures = { answers: this.#answers, resources: this.#resources, now: this.#now };
    const measured = measureAll(foreseen.measuring, facts, measures, memory?.lastValues);
    const readings = measured.map(({ reading }) => reading);
    const reading = readings.find(({ name }) => name === foreseen.metric.name);
    const ages = readings.flatMap(({ ageSeconds }) => ageSeconds ?? []);
    return {
      value: reading?.state === 'ok' ? reading.value : null,
      ageSeconds: ages.length === 0 ? null : Math.max(...ages),
    };
  }

  #podsOf({ target, object }: Pick<BoundTarget, 'target' | 'object'>): TargetFacts['pods'] {
    const selector = object?.spec?.selector;
    if (this.#index === null || selector === undefined) return [];
    return this.#index.podsOf(target.namespace, selector);
  }
}
