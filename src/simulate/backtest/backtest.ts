// A policy, played in the world model over a trace, and judged: against the oracle, and by the price of what it did not serve.
import { SpringtideError } from '../../model/errors.ts';
import { rfc3339, seconds, type Instant } from '../../model/units.ts';
import { Model, judgedFromOf, type Course, type Figures, type Play } from './model.ts';
import { oracleOf, type Schedule } from './oracle.ts';
import { ProductPlayer, type Foreseen } from './product.ts';
import type { Note, Subject } from './subject.ts';
import { quantileOf, ticksOf, type Trace } from './trace.ts';
import type { WorldSettings } from './world-settings.ts';

/** What all policies of a comparison are played in. */
export interface Setting {
  readonly trace: Trace;
  readonly start: Instant;
  readonly world: WorldSettings;
  readonly demand: Float64Array;
  readonly capacity: number;
  readonly judgedFrom: number;
  readonly notes: readonly Note[];
}

export interface Judged {
  readonly ticks: number;
  readonly violatedPercent: number;
  readonly unservedPercent: number;
  readonly droppedPercent: number;
  readonly replicaHours: number;
  /** null: VMs are nobody's business here */
  readonly nodeHours: number | null;
  /** of what the oracle pays for the same: the mean of both where there are VMs */
  readonly cost: number;
  /** cost, and the price of what was not served */
  readonly score: number;
  readonly replicaActions: number;
  readonly nodeActions: number | null;
  readonly replicaActionsPerDay: number;
  readonly nodeActionsPerDay: number | null;
  readonly largestShortfall: { readonly at: Instant; readonly replicas: number; readonly load: number } | null;
}

export interface Run {
  readonly subject: Subject;
  readonly judged: Judged;
  readonly course: Course;
  readonly foreseen: Foreseen | null;
}

/** A policy without a forecast asks for room above the load: this much of a replica is meant to be used. */
const usualUtilization = 0.7;
/** Where only the CPU is known: nearly all of the trace is met by so much of the maximum. */
const usualShare = 0.8;

function capacityFor(
  subject: Subject,
  world: WorldSettings,
  demand: Float64Array,
): { capacity: number; notes: Note[] } {
  if (world.capacity !== undefined) return { capacity: world.capacity, notes: [] };
  const { policy, traced } = subject;
  const perReplica = traced?.target?.amount;
  if (perReplica !== undefined) {
    const isFull = policy.spec.forecast?.metric === traced?.name;
    const capacity = isFull ? perReplica : perReplica / usualUtilization;
    const facts = { capacity, target: perReplica, percent: isFull ? 100 : usualUtilization * 100 };
    return { capacity, notes: [{ code: 'CapacityImplied', facts }] };
  }
  const capacity = (quantileOf(demand, 0.99) || 1) / Math.max(1, policy.spec.replicas.max * usualShare);
  return { capacity, notes: [{ code: 'CapacityGuessed', facts: { capacity, percent: usualShare * 100 } }] };
}

/** What it does depends on the time of day. */
const hasWindows = ({ policy, config }: Subject): boolean =>
  policy.spec.schedule.length > 0 ||
  config.nodePolicies.some(
    ({ spec: { schedule, shrink, nodeGroups } }) =>
      schedule.length > 0 ||
      [shrink, ...nodeGroups.map((group) => group.shrink)].some(
        (rules) => (rules?.only ?? null) !== null || (rules?.never ?? []).length > 0,
      ),
  );

/** A Monday: where nobody says when the trace began. */
const someMonday = Date.parse('2026-01-05T00:00:00Z') as Instant;

export function settingOf(subject: Subject, trace: Trace, world: WorldSettings, start: Instant | null): Setting {
  const demand = ticksOf(trace, world.step);
  const judgedFrom = judgedFromOf({ world, demand });
  if (judgedFrom >= demand.length)
    throw new SpringtideError({
      code: 'TraceInvalid',
      where: trace.name,
      what: `of its ${demand.length} steps of ${world.step} s the first ${judgedFrom} are not judged, and no other is left`,
      mend: 'a longer trace, a shorter step, or a smaller warmUp in the world file',
    });
  const { capacity, notes } = capacityFor(subject, world, demand);
  const begins = start ?? trace.start;
  const isDated = begins !== null || !hasWindows(subject);
  return {
    trace,
    start: begins ?? someMonday,
    world,
    demand,
    capacity,
    judgedFrom,
    notes: [
      ...notes,
      ...(trace.gaps > 0 ? [{ code: 'GapsHeld', facts: { count: trace.gaps } } as const] : []),
      ...(isDated ? [] : [{ code: 'StartUnknown', facts: { at: rfc3339(someMonday) } } as const]),
    ],
  };
}

const aDay = 86_400;

/** The cheapest that would have met everything, with the same bounds below. */
export function oracleFor({ world, demand }: Setting, play: Play): Schedule {
  return oracleOf(demand, {
    capacity: play.capacity,
    podsPerNode: world.podsPerNode,
    minReplicas: play.minReplicas,
    minNodes: play.minNodes,
    podTicks: Math.round(world.podStart / world.step),
    nodeTicks: Math.round(world.nodeBoot / world.step),
  });
}

const sumFrom = (values: ArrayLike<number>, from: number): number => {
  let sum = 0;
  for (let place = from; place < values.length; place++) sum += values[place] ?? 0;
  return sum;
};

export const playOf = ({ world, demand, capacity }: Setting, { policy, nodeGroup }: Subject): Play => ({
  world,
  demand,
  capacity,
  minReplicas: Math.max(1, policy.spec.replicas.min),
  minNodes: nodeGroup?.min ?? 0,
  podsPerNode: nodeGroup === null ? null : world.podsPerNode,
});

/** What a course of replicas and VMs comes to. */
export function judge(setting: Setting, play: Play, figures: Figures, oracle: Schedule): Judged {
  const { world, start, judgedFrom } = setting;
  const hour = world.step / 3_600;
  const days = (figures.ticks * world.step) / aDay;
  const replicaRatio = figures.replicaTicks / Math.max(1, sumFrom(oracle.replicas, judgedFrom));
  const hasNodes = play.podsPerNode !== null;
  const nodeRatio = figures.nodeTicks / Math.max(1, sumFrom(oracle.nodes, judgedFrom));
  const cost = hasNodes ? (replicaRatio + nodeRatio) / 2 : replicaRatio;
  const share = (part: number, whole: number): number => (100 * part) / (whole === 0 ? 1 : whole);
  const unserved = share(figures.unserved, figures.work);
  const worst = figures.largestShortfall;
  return {
    ticks: figures.ticks,
    violatedPercent: share(figures.violated, figures.ticks),
    unservedPercent: unserved,
    droppedPercent: share(figures.dropped, figures.work),
    replicaHours: figures.replicaTicks * hour,
    nodeHours: hasNodes ? figures.nodeTicks * hour : null,
    cost,
    score: cost + (world.unservedPrice * unserved) / 100,
    replicaActions: figures.replicaActions,
    nodeActions: hasNodes ? figures.nodeActions : null,
    replicaActionsPerDay: figures.replicaActions / Math.max(days, hour / 24),
    nodeActionsPerDay: hasNodes ? figures.nodeActions / Math.max(days, hour / 24) : null,
    largestShortfall:
      worst === null
        ? null
        : {
            at: (start + seconds(worst.tick * world.step)) as Instant,
            replicas: worst.replicas,
            load: worst.load,
          },
  };
}

export interface OracleBill {
  readonly replicaHours: number;
  readonly nodeHours: number | null;
  readonly schedule: Schedule;
}

export function oracleBill(setting: Setting, subject: Subject): OracleBill {
  const schedule = oracleFor(setting, playOf(setting, subject));
  const hour = setting.world.step / 3_600;
  return {
    schedule,
    replicaHours: sumFrom(schedule.replicas, setting.judgedFrom) * hour,
    nodeHours: subject.nodeGroup === null ? null : sumFrom(schedule.nodes, setting.judgedFrom) * hour,
  };
}

/** `progress`: told now and then which share is done. */
export function backtest(setting: Setting, subject: Subject, progress?: (share: number) => void): Run {
  const play = playOf(setting, subject);
  const player = new ProductPlayer(subject, play, setting.start);
  const ticks = Math.max(1, setting.demand.length);
  const { figures, course } = new Model(play).play(player, (done) => progress?.(done / ticks));
  const judged = judge(setting, play, figures, oracleFor(setting, play));
  return { subject, judged, course, foreseen: player.foreseen };
}

/** Replicas by tick: those that were ready, and those that were asked for. */
interface Done {
  readonly ready: ArrayLike<number>;
  readonly asked: ArrayLike<number>;
}

/** What stood while the load came, judged by the same rules. VMs are not in it: others may have used them as well. */
export function judgeDone(setting: Setting, subject: Subject, done: Done): Judged {
  const { demand, capacity, judgedFrom } = setting;
  const play: Play = { ...playOf(setting, subject), podsPerNode: null };
  const sums = { ticks: 0, violated: 0, work: 0, unserved: 0, dropped: 0, replicaTicks: 0, replicaActions: 0 };
  let largestShortfall: Figures['largestShortfall'] = null;
  for (let tick = judgedFrom; tick < demand.length; tick++) {
    const [load, ready] = [demand[tick] ?? 0, done.ready[tick] ?? 0];
    const missing = load - ready * capacity;
    sums.ticks += 1;
    sums.work += load;
    sums.replicaTicks += Math.max(ready, done.asked[tick] ?? 0);
    if (tick > 0 && done.asked[tick] !== done.asked[tick - 1]) sums.replicaActions += 1;
    if (missing <= 1e-9 * load) continue;
    sums.violated += 1;
    sums.unserved += missing;
    sums.dropped += Math.max(0, load - ready * capacity * setting.world.droppedAbove);
    const replicas = Math.ceil(missing / capacity - 1e-9);
    if (replicas > (largestShortfall?.replicas ?? 0)) largestShortfall = { replicas, load: missing, tick };
  }
  const figures: Figures = {
    ...sums,
    nodeTicks: 0,
    nodeActions: 0,
    replicaFlaps: 0,
    nodeFlaps: 0,
    evicted: 0,
    refused: 0,
    readyCapacity: 0,
    largestShortfall,
  };
  return judge(setting, play, figures, oracleFor(setting, play));
}
