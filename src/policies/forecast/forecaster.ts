// Learns one metric of one target from its samples, and says how high the load may rise until pods and VMs asked for now serve.
import type { ForecastDoubt, Outlook, TargetForecast } from '../../model/forecast.ts';
import { minutes, type Instant, type Milliseconds } from '../../model/units.ts';
import { everyDay } from './experts/every-day.ts';
import { HoltWinters } from './experts/holt-winters.ts';
import { Horizon } from './horizon.ts';
import { Recent } from './recent.ts';
import { day, hour, minute, week, type Scene } from './scene.ts';
import { Slots } from './slots.ts';

/** How long it takes until what is asked for now bears load: the age of samples counts too. */
export interface ForecastDelays {
  readonly pods: Milliseconds;
  readonly nodes: Milliseconds;
}

/** how fast the unrest follows: half of it is of the last twenty minutes */
const unrestGain = 0.034;
/** steps that are nearer than this are one */
const leastStep = 10_000;
/** samples that are farther apart than this get steps between them, and beyond the next they are a gap */
const coarse = 90_000;
const gap = 601_000;
/** by how much a clock is wrong and not late */
const wentBack = 600_000;
const enough = day;

/** loads beyond this are none */
const most = 1e15;
/** A unit of work that is not served costs as much as so many of idle capacity, for pods and VMs alike. */
const price = 200;

const rules = {
  pods: { every: 10_000, hold: minutes(5), price },
  nodes: { every: 55_000, hold: minutes(10), price },
};

const least = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

export class Forecaster {
  readonly #metric: string;
  readonly #scene: Scene = {
    at: 0 as Instant,
    load: 0,
    usual: 0,
    unrest: 0,
    recent: new Recent(),
    minutes: new Slots(minute, 90),
    past: new Slots(2 * minute, (week + hour) / (2 * minute)),
  };
  readonly #pods = new Horizon(rules.pods);
  readonly #nodes = new Horizon(rules.nodes);
  readonly #holtWinters = new HoltWinters();
  #delays: ForecastDelays = { pods: minutes(2), nodes: minutes(6) };
  #unit = 0;
  #level = 0;
  #last: { readonly at: Instant; readonly value: number } | null = null;
  #stepped = 0;
  #known = 0;

  constructor(metric: string) {
    this.#metric = metric;
  }

  /** In the order of time; an older sample than the last says nothing new, unless the clock itself went back. */
  observe(at: Instant, value: number): void {
    if (!(value >= 0 && value <= most) || !Number.isFinite(at)) return;
    const last = this.#last;
    if (last === null) {
      this.#level = value;
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
    if (perReplica > 0 && perReplica <= most) this.#unit = perReplica;
    this.#delays = delays;
    const [pods, nodes] = [this.#pods, this.#nodes];
    if (this.#last !== null) {
      pods.look(this.#scene, delays.pods, this.#scene.load, this.#holtWinters);
      nodes.look(this.#scene, delays.nodes, pods.upper, this.#holtWinters);
    }
    const doubt = this.#doubt();
    return {
      metric: this.#metric,
      state: doubt === null ? 'trusted' : doubt === 'notEnoughHistory' ? 'learning' : 'steppedBack',
      doubt,
      pods: { ahead: delays.pods, expected: pods.expected, upper: pods.upper, by: pods.by },
      nodes: { ahead: delays.nodes, expected: nodes.expected, upper: nodes.upper, by: nodes.by },
      keep: this.#keep((2 * delays.nodes) as Milliseconds),
      coverage: least(pods.trust.coverage, nodes.trust.coverage),
      history: this.#known as Milliseconds,
    };
  }

  /** What is certain enough to keep VMs for: what the VMs' own horizon says, or what every day asked for. */
  #keep(ahead: Milliseconds): Outlook {
    const { expected, upper, by } = this.#nodes;
    const daily = this.#last === null ? null : everyDay(this.#scene, ahead);
    if (daily === null || daily <= upper) return { ahead, expected, upper, by };
    return { ahead, expected: daily, upper: daily, by: 'every day' };
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
    this.#level += (value - this.#level) * (1 - Math.exp(-passed / day));
    const began = Math.floor(at / minute) > Math.floor(scene.at / minute);
    scene.minutes.put(at, value);
    scene.past.put(at, value);
    scene.recent.add(at, value);
    if (at - this.#stepped < leastStep) return;
    this.#stepped = at;
    if (began) this.#sense(at, value);
    scene.at = at;
    scene.load = value;
    this.#holtWinters.learn(scene);
    const unit = Math.max(this.#unit, 1e-9);
    scene.usual = Math.max(this.#level, 0.05 * unit, 1e-9);
    const { pods, nodes } = this.#delays;
    this.#pods.step(scene, pods, unit, value, Infinity, this.#holtWinters);
    this.#nodes.step(scene, nodes, unit, this.#pods.upper, this.#pods.there, this.#holtWinters);
  }

  /** How much the load moved from one minute to the next. */
  #sense(at: Instant, value: number): void {
    const { minutes } = this.#scene;
    const last = minutes.highest(at - minute, at - minute) ?? value;
    const before = minutes.highest(at - 2 * minute, at - 2 * minute) ?? last;
    this.#scene.unrest += (Math.abs(last - before) - this.#scene.unrest) * unrestGain;
  }

  #forget(): void {
    this.#pods.forget();
    this.#nodes.forget();
  }

  /** The clock was ahead and came back: what lies ahead of it now never was. */
  #rewind(at: Instant): void {
    const { recent, minutes, past } = this.#scene;
    this.#forget();
    this.#stepped = 0;
    recent.clear();
    this.#scene.at = at;
    minutes.rewind(at);
    past.rewind(at);
    this.#last = null;
  }
}
