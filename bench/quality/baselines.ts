// The autoscalers that people have today, as players of the world model: HPA, KEDA and Holt-Winters, with cluster-autoscaler for the VMs.
import type { Play, Player, View, Wish } from '../../dist/simulate/backtest/model.js';

export type World = Play & { readonly podsPerNode: number };

/** cluster-autoscaler over perfectly packed pods: what is pending is ordered, what is surplus for ten minutes goes. */
class ClusterAutoscaler {
  readonly #world: World;
  #surplusSince: number[] = [];
  #lastUp = -Infinity;

  constructor(world: World) {
    this.#world = world;
  }

  target({ seconds, replicas, nodes }: View): number {
    const { podsPerNode, minNodes } = this.#world;
    const total = nodes.ready + nodes.booting;
    const running = replicas.ready + replicas.starting;
    const free = Math.max(0, nodes.ready * podsPerNode - running);
    const short = replicas.pending - nodes.booting * podsPerNode - free;
    if (short > 0) {
      this.#lastUp = seconds;
      this.#surplusSince = [];
      return total + Math.ceil(short / podsPerNode);
    }
    const surplus = Math.max(0, total - Math.max(minNodes, Math.ceil((running + replicas.pending) / podsPerNode)));
    while (this.#surplusSince.length < surplus) this.#surplusSince.push(seconds);
    this.#surplusSince.length = surplus;
    if (seconds - this.#lastUp < 600) return total;
    let gone = 0;
    while (gone < Math.min(surplus, 10) && seconds - (this.#surplusSince[gone] ?? seconds) >= 600) gone += 1;
    this.#surplusSince.splice(0, gone);
    return total - gone;
  }
}

export interface HpaOptions {
  readonly target: number;
  readonly metric: 'cpu' | 'rate';
  /** seconds between two looks at the metric */
  readonly poll?: number;
}

/** Kubernetes' HPA v2 with its defaults. */
class Hpa {
  readonly #world: World;
  readonly #options: HpaOptions;
  #recommended: { readonly at: number; readonly replicas: number }[] = [];
  #load = 0;
  #nextPoll = 0;

  constructor(world: World, options: HpaOptions) {
    this.#world = world;
    this.#options = options;
  }

  raw(view: View): number {
    const { target, metric, poll = 15 } = this.#options;
    const current = view.replicas.desired;
    if (metric === 'cpu') return this.#byCpu(view);
    if (view.seconds >= this.#nextPoll) {
      this.#load = view.load;
      this.#nextPoll = view.seconds + poll;
    }
    const bears = target * this.#world.capacity;
    return Math.abs(this.#load / (bears * current) - 1) <= 0.1 ? current : Math.ceil(this.#load / bears - 1e-9);
  }

  #byCpu({ replicas: { desired, ready, starting, pending }, utilization }: View): number {
    const { target } = this.#options;
    if (ready === 0) return desired;
    const ratio = utilization / target;
    const unready = starting + pending;
    if (Math.abs(ratio - 1) <= 0.1) return desired;
    if (unready === 0 || ratio < 1) return Math.ceil(ratio * ready - 1e-9);
    // On the way up pods that are not ready count as idle.
    const all = ready + unready;
    const careful = (utilization * ready) / all / target;
    return careful < 1 || Math.abs(careful - 1) <= 0.1 ? desired : Math.max(desired, Math.ceil(careful * all - 1e-9));
  }

  /** 300 s of the highest on the way down, twice as many or four more on the way up. */
  limited(view: View, wanted: number): number {
    const { desired } = view.replicas;
    this.#recommended.push({ at: view.seconds, replicas: wanted });
    this.#recommended = this.#recommended.filter(({ at }) => at >= view.seconds - 300);
    const highest = Math.max(...this.#recommended.map(({ replicas }) => replicas));
    const stable = wanted >= desired ? wanted : Math.min(highest, desired);
    return Math.max(this.#world.minReplicas, Math.min(stable, Math.max(desired * 2, desired + 4)));
  }
}

export function hpaPlayer(world: World, options: HpaOptions): Player {
  const hpa = new Hpa(world, options);
  const autoscaler = new ClusterAutoscaler(world);
  return {
    decide: (view): Wish => ({
      replicas: hpa.limited(view, hpa.raw(view)),
      nodes: (after) => autoscaler.target(after),
    }),
  };
}

/** The clairvoyant peak, all the time. */
export function staticPlayer(world: World): Player {
  const peak = Math.ceil(world.demand.reduce((most, load) => Math.max(most, load), 0) / world.capacity);
  return { decide: () => ({ replicas: peak, nodes: Math.ceil(peak / world.podsPerNode) }) };
}

const season = 288;
const binSeconds = 300;

/** Additive Holt-Winters over means of five minutes with a daily season. */
class HoltWinters {
  readonly #step: number;
  readonly #seasonal = new Float64Array(season);
  #level = 0;
  #trend = 0;
  #bins = 0;
  #read = 0;
  #sum = 0;
  #count = 0;

  constructor(step: number) {
    this.#step = step;
  }

  observe({ samples, visible }: View): void {
    while (this.#read < visible) {
      this.#sum += samples[this.#read++] ?? 0;
      if (++this.#count < binSeconds / this.#step) continue;
      this.#update(this.#sum / this.#count);
      this.#sum = this.#count = 0;
    }
  }

  /** The highest of the bins ahead; null: a day has not passed yet. */
  ahead(seconds: number): number | null {
    if (this.#bins < season) return null;
    let most = 0;
    for (let bin = 1; bin <= Math.ceil(seconds / binSeconds) + 1; bin++)
      most = Math.max(most, this.#level + this.#trend * bin + (this.#seasonal[(this.#bins - 1 + bin) % season] ?? 0));
    return most;
  }

  #update(value: number): void {
    const place = this.#bins++ % season;
    const usual = this.#seasonal[place] ?? 0;
    if (this.#bins <= season) {
      this.#seasonal[place] = value;
      if (this.#bins === season) this.#begin(value, place);
      return;
    }
    const before = this.#level;
    this.#level = 0.4 * (value - usual) + 0.6 * (before + this.#trend);
    this.#trend = 0.02 * (this.#level - before) + 0.98 * this.#trend * 0.98;
    this.#seasonal[place] = 0.3 * (value - this.#level) + 0.7 * usual;
  }

  #begin(value: number, place: number): void {
    const mean = this.#seasonal.reduce((sum, one) => sum + one, 0) / season;
    this.#seasonal.forEach((one, index) => (this.#seasonal[index] = one - mean));
    this.#level = value - (this.#seasonal[place] ?? 0);
  }
}

/** The larger of the HPA on the rate and on the forecast; `ownNodes`: VMs are asked for ahead as well, held for ten minutes. */
export function holtWintersPlayer(
  world: World,
  options: { readonly target: number; readonly ownNodes: boolean },
): Player {
  const { podStart, nodeBoot, scrapeLag, step } = world.world;
  const { target, ownNodes } = options;
  const hpa = new Hpa(world, { target, metric: 'rate' });
  const autoscaler = new ClusterAutoscaler(world);
  const forecast = new HoltWinters(step);
  const bears = target * world.capacity;
  let wished: { readonly at: number; readonly replicas: number }[] = [];
  const decide = (view: View): Wish => {
    forecast.observe(view);
    const horizon = podStart + (ownNodes ? 30 : nodeBoot) + scrapeLag;
    const expected = forecast.ahead(horizon) ?? view.load;
    const replicas = hpa.limited(view, Math.max(hpa.raw(view), Math.ceil(expected / bears - 1e-9), world.minReplicas));
    if (!ownNodes) return { replicas, nodes: (after) => autoscaler.target(after) };
    const later = forecast.ahead(nodeBoot + podStart + 30 + scrapeLag) ?? view.load;
    wished.push({ at: view.seconds, replicas: Math.max(Math.ceil(Math.max(later, view.load) / bears), replicas) });
    wished = wished.filter(({ at }) => at >= view.seconds - 600);
    return { replicas, nodes: Math.ceil(Math.max(...wished.map((one) => one.replicas)) / world.podsPerNode) };
  };
  return { decide };
}
