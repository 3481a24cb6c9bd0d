// What is expected of all targets that have a forecast: learnt beside the tick, and a fact of its snapshot.
import type { Config, PodPolicy } from '../model/config.ts';
import type { TargetForecast } from '../model/forecast.ts';
import type { Memory } from '../model/memory.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { targetKey, type TargetKey } from '../model/target.ts';
import { minutes, since, type Instant } from '../model/units.ts';
import type { ForecastDelays } from '../policies/forecast/forecaster.ts';
import { longestBoot } from '../policies/nodes/boot-time.ts';
import { inSlices } from '../slices.ts';
import { selectTargets } from '../targets/select.ts';
import { Learner } from './learner.ts';
import { foreseenBy, Loads } from './loads.ts';
import type { RangeSource } from './past.ts';
import { readPasts, type PastRead } from './read-pasts.ts';

export interface ForecastsParts {
  /** absent: nobody asks for a past */
  readonly prometheus?: RangeSource;
  /** a past was read, or why it could not be */
  readonly onPast?: (read: PastRead) => void;
}

/** Where nothing has taught yet how long they take. */
const usualStart = minutes(1);
/** A list that could not be read for some ticks takes nobody's forecast away. */
const goneAfter = minutes(10);
const targetsAStep = 32;

export class Forecasts {
  readonly #parts: ForecastsParts;
  readonly #learners = new Map<TargetKey, Learner>();
  readonly #closing = new AbortController();
  #reading: Promise<void> | null = null;
  #now = 0 as Instant;

  constructor(parts: ForecastsParts = {}) {
    this.#parts = parts;
  }

  /** The snapshot, with what is expected in it; the same one where no policy has a forecast. */
  async look(snapshot: Snapshot, config: Config, memory: Memory, now: Instant): Promise<Snapshot> {
    return inSlices(this.looking(snapshot, config, memory, now));
  }

  /** The same with places to take a breath. */
  *looking(snapshot: Snapshot, config: Config, memory: Memory, now: Instant): Generator<undefined, Snapshot> {
    if (!config.podPolicies.some(hasForecast)) {
      this.#learners.clear();
      return snapshot;
    }
    this.#now = now;
    const { bound } = selectTargets(config.podPolicies, snapshot.kubernetes, snapshot.errors);
    const loads = new Loads(snapshot, config.podPolicies, now);
    const delays = delaysIn(config, memory);
    const forecasts: Record<TargetKey, TargetForecast> = {};
    let looked = 0;
    for (const one of bound) {
      const foreseen = foreseenBy(one.policy);
      if (foreseen === null) continue;
      const key = targetKey(one.target);
      let learner = this.#learners.get(key);
      if (learner?.foreseen.signature !== foreseen.signature)
        this.#learners.set(key, (learner = new Learner(one.target, foreseen, now)));
      learner.foreseen = foreseen;
      learner.seenAt = now;
      const remembered = memory.targets[key];
      if (foreseen.byPods) yield* loads.preparePods();
      learner.observe(now, loads.of(one, foreseen, remembered));
      forecasts[key] = learner.forecast(delays(learner, remembered), now, this.#parts.prometheus !== undefined);
      if (++looked % targetsAStep === 0) yield;
    }
    for (const [key, learner] of this.#learners) if (since(learner.seenAt, now) > goneAfter) this.#learners.delete(key);
    this.#readDue();
    return { ...snapshot, forecasts };
  }

  /** Resolves when every past that was due has been read or given up. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  close(): void {
    this.#closing.abort();
  }

  #readDue(): void {
    const { prometheus, onPast } = this.#parts;
    const now = (): Instant => this.#now;
    if (prometheus === undefined || this.#reading !== null || this.#closing.signal.aborted) return;
    const due = [...this.#learners.values()].filter((learner) => learner.isDue(this.#now));
    if (due.length === 0) return;
    this.#reading = readPasts(due, { prometheus, now, signal: this.#closing.signal, onPast }).finally(() => {
      this.#reading = null;
    });
  }
}

const hasForecast = ({ spec }: PodPolicy): boolean => spec.forecast !== undefined;

/** A tick, the age of what is seen in it, and what comes after: VMs, then pods on them. */
function delaysIn({ daemon }: Config, memory: Memory) {
  const boot = longestBoot(memory.groups);
  return (learner: Learner, target: Memory['targets'][TargetKey] | undefined): ForecastDelays => {
    const pods = daemon.interval + learner.age + (target?.startTime ?? usualStart);
    return { pods, nodes: pods + boot } as ForecastDelays;
  };
}
