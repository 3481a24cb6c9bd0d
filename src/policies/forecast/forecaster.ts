// Learns one metric of one target from its samples, and says how high the load may rise until pods and VMs asked for now serve.
import type { ForecastDoubt, Outlook, TargetForecast } from '../../model/forecast.ts';
import { minutes, type Instant, type Milliseconds } from '../../model/units.ts';
import { HoltWinters } from './experts/holt-winters.ts';
import { Horizon } from './horizon.ts';
import { Minutes } from './minutes.ts';
import { Recent } from './recent.ts';
import type { Scene } from './scene.ts';

/** How long it takes until what is asked for now bears load: the age of samples counts too. */
export interface ForecastDelays {
  readonly pods: Milliseconds;
  readonly nodes: Milliseconds;
}

const day = 86_400_000;
/** steps that are nearer than this are one */
const leastStep = 10_000;
/** samples that are farther apart than this get steps between them, and beyond the next they are a gap */
const coarse = 90_000;
const gap = 601_000;
/** by how much a clock is wrong and not late */
const wentBack = 600_000;
const enough = day;

const knobs = {
  pods: { every: 10_000, hold: 300_000, price: 200, halfLife: day, residualHalfLife: 2 * day },
  nodes: { every: 55_000, hold: 600_000, price: 200, halfLife: day, residualHalfLife: 2 * day },
  keep: { every: 55_000, hold: 0, price: 2, halfLife: day, residualHalfLife: 2 * day },
};

export class Forecaster {
  readonly #metric: string;
  readonly #scene: Scene = {
    at: 0 as Instant,
    minute: 0,
    load: 0,
    level: 0,
    usual: 0,
    minutes: new Minutes(),
    recent: new Recent(),
  };
  readonly #pods = new Horizon(knobs.pods);
  readonly #nodes = new Horizon(knobs.nodes);
  readonly #keep = new Horizon(knobs.keep);
  readonly #holtWinters = new HoltWinters();
  #delays: ForecastDelays = { pods: minutes(2), nodes: minutes(6) };
  #unit = 0;
  #last: { readonly at: Instant; readonly value: number } | null = null;
  #stepped = 0;
  #known = 0;

  constructor(metric: string) {
    this.#metric = metric;
  }

  /** In the order of time; an older sample than the last says nothing new, unless the clock itself went back. */
  observe(at: Instant, value: number): void {
    if (!Number.isFinite(value) || value < 0 || !Number.isFinite(at)) return;
    const last = this.#last;
    if (last === null) {
      this.#scene.level = value;
      this.#take(at, value);
      return;
    }
    if (at <= last.at) {
      if (last.at - at < wentBack) return;
      this.#rewind(at);
      this.#take(at, value);
      return;
    }
    const passed = at - last.at;
    if (passed > gap) this.#forget();
    // a past that is known by the five minutes is learned as a line from sample to sample
    const steps = passed > gap ? 1 : Math.ceil(passed / coarse);
    for (let step = 1; step <= steps; step++)
      this.#take((last.at + (passed * step) / steps) as Instant, last.value + ((value - last.value) * step) / steps);
  }

  /** `perReplica`: what a replica bears, by which the cost of a wrong decision is judged. */
  forecast(perReplica: number, delays: ForecastDelays): TargetForecast {
    this.#unit = perReplica;
    this.#delays = delays;
    const outlook = (ahead: Milliseconds, horizon: Horizon): Outlook => ({
      ahead,
      expected: horizon.expected,
      upper: horizon.upper,
      by: horizon.by,
    });
    const doubt = this.#doubt();
    return {
      metric: this.#metric,
      state: doubt === null ? 'trusted' : doubt === 'notEnoughHistory' ? 'learning' : 'steppedBack',
      doubt,
      pods: outlook(delays.pods, this.#pods),
      nodes: outlook(delays.nodes, this.#nodes),
      keep: outlook((2 * delays.nodes) as Milliseconds, this.#keep),
      coverage: this.#pods.trust.coverage,
      history: this.#known as Milliseconds,
    };
  }

  #doubt(): ForecastDoubt | null {
    if (this.#known < enough) return 'notEnoughHistory';
    return this.#pods.trust.doubt ?? this.#nodes.trust.doubt;
  }

  #take(at: Instant, value: number): void {
    const scene = this.#scene;
    const passed = this.#last === null ? 0 : Math.min(at - this.#last.at, gap);
    this.#last = { at, value };
    this.#known += passed;
    scene.level += (value - scene.level) * (1 - Math.exp(-passed / day));
    const minute = Math.floor(at / 60_000);
    scene.minutes.put(minute, value);
    scene.recent.add(at, value);
    if (at - this.#stepped < leastStep) return;
    this.#stepped = at;
    scene.at = at;
    scene.minute = minute;
    scene.load = value;
    this.#holtWinters.learn(scene);
    const unit = Math.max(this.#unit, 1e-9);
    scene.usual = Math.max(scene.level, 0.05 * unit);
    const { pods, nodes } = this.#delays;
    this.#pods.step(scene, pods, unit, value, this.#holtWinters);
    this.#nodes.step(scene, nodes, unit, this.#pods.upper, this.#holtWinters);
    this.#keep.step(scene, 2 * nodes, unit, 0, this.#holtWinters);
  }

  #forget(): void {
    for (const horizon of [this.#pods, this.#nodes, this.#keep]) horizon.forget();
  }

  /** The clock was ahead and came back: what lies ahead of it now never was. */
  #rewind(at: Instant): void {
    this.#forget();
    this.#stepped = 0;
    this.#scene.recent.clear();
    this.#scene.minutes.rewind(Math.floor(at / 60_000));
    this.#last = null;
  }
}
