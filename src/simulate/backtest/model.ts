// One application on one pool of VMs, tick by tick: what a policy asks for comes with the delays of the real world.
import { warmUpOf, type WorldSettings } from './world-settings.ts';

export interface Play {
  readonly world: WorldSettings;
  /** load by tick */
  readonly demand: Float64Array;
  readonly capacity: number;
  readonly minReplicas: number;
  readonly minNodes: number;
  /** null: there is always a place for a pod */
  readonly podsPerNode: number | null;
}

/** What a policy sees at a tick: nothing younger than the scrape lag. */
export interface View {
  tick: number;
  /** seconds since the beginning */
  seconds: number;
  /** mean of the newest two samples */
  load: number;
  /** load of a ready replica in shares of its capacity, as its CPU shows it: it saturates */
  utilization: number;
  /** load by tick, of which `visible` may be seen */
  readonly samples: Float64Array;
  visible: number;
  readonly replicas: { desired: number; ready: number; starting: number; pending: number };
  readonly nodes: { ready: number; booting: number };
}

export interface Wish {
  readonly replicas: number;
  /** VMs in all, ordered ones included; a function: decided after the replicas have been set */
  readonly nodes: number | ((after: View) => number);
}

export interface Player {
  decide(view: View): Wish;
}

/** By tick. */
export interface Course {
  readonly ready: Int32Array;
  readonly asked: Int32Array;
  /** starting ones included, as they are paid for */
  readonly running: Int32Array;
  readonly nodes: Int32Array;
}

export interface Figures {
  /** ticks that were judged */
  readonly ticks: number;
  readonly violated: number;
  /** work that came, that came beyond what was ready, and beyond what is not even answered late */
  readonly work: number;
  readonly unserved: number;
  readonly dropped: number;
  readonly replicaTicks: number;
  readonly nodeTicks: number;
  readonly replicaActions: number;
  readonly nodeActions: number;
  /** a way back within 10 minutes, and for VMs within 30 */
  readonly replicaFlaps: number;
  readonly nodeFlaps: number;
  readonly evicted: number;
  /** resizes that were refused because another one was under way */
  readonly refused: number;
  /** capacity that was ready, summed over the ticks */
  readonly readyCapacity: number;
  readonly largestShortfall: { readonly replicas: number; readonly load: number; readonly tick: number } | null;
}

export interface Played {
  readonly figures: Figures;
  readonly course: Course;
  readonly judgedFrom: number;
}

interface Batch {
  readonly at: number;
  count: number;
}

/** Changes of a number, and how often its direction turned back soon. */
class Actions {
  readonly #soon: number;
  #direction = 0;
  #at = -Infinity;
  count = 0;
  flaps = 0;

  constructor(soon: number) {
    this.#soon = soon;
  }

  take(by: number, seconds: number): void {
    const direction = Math.sign(by);
    this.count += 1;
    if (this.#direction !== 0 && direction !== this.#direction && seconds - this.#at <= this.#soon) this.flaps += 1;
    this.#direction = direction;
    this.#at = seconds;
  }
}

/** Takes up to `count` from the batches that were begun last. */
function takeNewest(batches: Batch[], count: number): number {
  let left = count;
  while (left > 0) {
    const newest = batches.at(-1);
    if (newest === undefined) break;
    const taken = Math.min(left, newest.count);
    newest.count -= taken;
    left -= taken;
    if (newest.count === 0) batches.pop();
  }
  return count - left;
}

const most = 1_000_000;
const aFlap = 600;
const aNodeFlap = 1_800;

export const judgedFromOf = ({ world, demand }: Pick<Play, 'world' | 'demand'>): number =>
  Math.floor((warmUpOf(world, (demand.length * world.step) / 86_400) * 86_400) / world.step);

/** What stands when a play begins: somewhat more than the first load needs. */
const firstReplicas = ({ demand, capacity, minReplicas }: Play): number =>
  Math.max(minReplicas, Math.ceil(((demand[0] ?? 0) * 1.3) / capacity - 1e-9));

export class Model {
  readonly #play: Play;
  readonly #podsPerNode: number;
  readonly #judgedFrom: number;
  readonly #starting: Batch[] = [];
  readonly #booting: Batch[] = [];
  readonly #utilization: Float64Array;
  readonly #replicaActions = new Actions(aFlap);
  readonly #nodeActions = new Actions(aNodeFlap);
  readonly #course: Course;
  readonly #view: View;
  readonly #sums = {
    ticks: 0,
    violated: 0,
    work: 0,
    unserved: 0,
    dropped: 0,
    replicaTicks: 0,
    nodeTicks: 0,
    evicted: 0,
    refused: 0,
    readyCapacity: 0,
  };
  #largestShortfall: Figures['largestShortfall'] = null;

  constructor(play: Play) {
    const { demand, minNodes } = play;
    const ticks = demand.length;
    const desired = firstReplicas(play);
    this.#play = play;
    this.#podsPerNode = play.podsPerNode ?? most;
    this.#judgedFrom = judgedFromOf(play);
    this.#utilization = new Float64Array(ticks);
    this.#course = {
      ready: new Int32Array(ticks),
      asked: new Int32Array(ticks),
      running: new Int32Array(ticks),
      nodes: new Int32Array(ticks),
    };
    this.#view = {
      tick: 0,
      seconds: 0,
      load: 0,
      utilization: 0,
      samples: new Float64Array(ticks),
      visible: 0,
      replicas: { desired, ready: desired, starting: 0, pending: 0 },
      nodes: { ready: Math.max(minNodes, Math.ceil(desired / this.#podsPerNode)), booting: 0 },
    };
  }

  /** `progress`: told now and then how many ticks are done. */
  play(player: Player, progress?: (done: number) => void): Played {
    const ticks = this.#play.demand.length;
    for (let tick = 0; tick < ticks; tick++) {
      this.#arrive(tick);
      this.#judge(tick);
      this.#show(tick);
      const wish = player.decide(this.#view);
      this.#setReplicas(Math.max(this.#play.minReplicas, Math.min(most, Math.round(wish.replicas))), tick);
      this.#course.asked[tick] = this.#view.replicas.desired;
      this.#setNodes(typeof wish.nodes === 'number' ? wish.nodes : wish.nodes(this.#view), tick);
      if (progress !== undefined && tick % 4_096 === 0) progress(tick);
    }
    return { figures: this.#figures(), course: this.#course, judgedFrom: this.#judgedFrom };
  }

  #ticksOf(seconds: number): number {
    return Math.round(seconds / this.#play.world.step);
  }

  #arrive(tick: number): void {
    const { nodes, replicas } = this.#view;
    for (let first = this.#booting[0]; first !== undefined && first.at <= tick; first = this.#booting[0]) {
      nodes.ready += first.count;
      nodes.booting -= first.count;
      this.#booting.shift();
    }
    const free = nodes.ready * this.#podsPerNode - replicas.ready - replicas.starting;
    const placed = Math.min(replicas.pending, Math.max(0, free));
    if (placed > 0) {
      replicas.pending -= placed;
      replicas.starting += placed;
      this.#starting.push({ at: tick + this.#ticksOf(this.#play.world.podStart), count: placed });
    }
    for (let first = this.#starting[0]; first !== undefined && first.at <= tick; first = this.#starting[0]) {
      replicas.ready += first.count;
      replicas.starting -= first.count;
      this.#starting.shift();
    }
  }

  #judge(tick: number): void {
    const { world, demand, capacity } = this.#play;
    const { replicas, nodes } = this.#view;
    const load = demand[tick] ?? 0;
    const bears = replicas.ready * capacity;
    const running = replicas.ready + replicas.starting;
    this.#utilization[tick] = replicas.ready > 0 ? Math.min(load / bears, world.droppedAbove) : world.droppedAbove;
    this.#course.ready[tick] = replicas.ready;
    this.#course.running[tick] = running;
    this.#course.nodes[tick] = nodes.ready + nodes.booting;
    if (tick < this.#judgedFrom) return;
    const sums = this.#sums;
    sums.ticks += 1;
    sums.work += load;
    sums.replicaTicks += running;
    sums.nodeTicks += nodes.ready + nodes.booting;
    sums.readyCapacity += bears;
    if (load <= bears * (1 + 1e-9) + 1e-12) return;
    sums.violated += 1;
    sums.unserved += load - bears;
    sums.dropped += Math.max(0, load - bears * world.droppedAbove);
    const missing = Math.ceil(load / capacity - 1e-9) - replicas.ready;
    if (missing > (this.#largestShortfall?.replicas ?? 0))
      this.#largestShortfall = { replicas: missing, load: load - bears, tick };
  }

  #show(tick: number): void {
    const { demand, world } = this.#play;
    const view = this.#view;
    const newest = tick - this.#ticksOf(world.scrapeLag);
    if (newest >= 0) view.samples[newest] = demand[newest] ?? 0;
    view.tick = tick;
    view.seconds = tick * world.step;
    view.visible = Math.max(0, newest + 1);
    const [last, before] = [Math.max(0, newest), Math.max(0, newest - 1)];
    const mean = (values: Float64Array): number =>
      newest < 0 ? (values[0] ?? 0) : ((values[last] ?? 0) + (values[before] ?? 0)) / 2;
    view.load = mean(demand);
    view.utilization = mean(this.#utilization);
  }

  #setReplicas(wanted: number, tick: number): void {
    const { replicas, seconds } = this.#view;
    if (wanted !== replicas.desired && tick >= this.#judgedFrom)
      this.#replicaActions.take(wanted - replicas.desired, seconds);
    replicas.desired = wanted;
    const more = wanted - (replicas.ready + replicas.starting + replicas.pending);
    if (more > 0) replicas.pending += more;
    let cut = Math.max(0, -more);
    const waiting = Math.min(cut, replicas.pending);
    replicas.pending -= waiting;
    cut -= waiting;
    const young = takeNewest(this.#starting, cut);
    replicas.starting -= young;
    replicas.ready -= cut - young;
  }

  #setNodes(asked: number, tick: number): void {
    const { nodes, seconds } = this.#view;
    const { minNodes, world } = this.#play;
    const total = nodes.ready + nodes.booting;
    const wanted = Math.max(minNodes, Math.round(asked));
    if (wanted === total) return;
    if (world.serialNodeOps && nodes.booting > 0) {
      this.#sums.refused += 1;
      return;
    }
    if (tick >= this.#judgedFrom) this.#nodeActions.take(wanted - total, seconds);
    if (wanted > total) {
      this.#booting.push({ at: tick + 1 + this.#ticksOf(world.nodeBoot), count: wanted - total });
      nodes.booting += wanted - total;
      return;
    }
    const unborn = takeNewest(this.#booting, total - wanted);
    nodes.booting -= unborn;
    nodes.ready -= total - wanted - unborn;
    this.#evict();
  }

  /** Pods for which there is no place any more begin anew. */
  #evict(): void {
    const { nodes, replicas } = this.#view;
    const running = replicas.ready + replicas.starting;
    const evicted = Math.min(running, Math.max(0, running - nodes.ready * this.#podsPerNode));
    if (evicted === 0) return;
    this.#sums.evicted += evicted;
    replicas.pending += evicted;
    const young = takeNewest(this.#starting, evicted);
    replicas.starting -= young;
    replicas.ready -= evicted - young;
  }

  #figures(): Figures {
    return {
      ...this.#sums,
      replicaActions: this.#replicaActions.count,
      nodeActions: this.#nodeActions.count,
      replicaFlaps: this.#replicaActions.flaps,
      nodeFlaps: this.#nodeActions.flaps,
      largestShortfall: this.#largestShortfall,
    };
  }
}
