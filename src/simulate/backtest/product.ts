// Lets the product itself play in the world model: snapshots in, `decide`, what it wants out, `record`. It decides nothing of its own.
import type { Config, Question } from '../../model/config.ts';
import { Forecasts } from '../../forecasts/forecasts.ts';
import { emptyMemory, type Memory } from '../../model/memory.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { NodeDecision, Plan } from '../../model/plan.ts';
import type { PrometheusAnswer, PrometheusFacts, PrometheusSample, Snapshot } from '../../model/snapshot.ts';
import { targetKey } from '../../model/target.ts';
import { rfc3339, seconds, type Instant, type Milliseconds } from '../../model/units.ts';
import { decide } from '../../policies/decide.ts';
import { record } from '../../policies/record.ts';
import { textFor } from '../../targets/questions.ts';
import { Cluster } from './cluster.ts';
import type { Play, Player, View, Wish } from './model.ts';
import type { Subject } from './subject.ts';

/** What was expected, by tick: until pods that are asked for then are ready. NaN: nothing yet, or not trusted. */
export interface Foreseen {
  readonly expected: Float64Array;
  readonly upper: Float64Array;
}

const vector = (result: PrometheusAnswer['data'] & { resultType: 'vector' }): PrometheusAnswer => ({
  status: 'success',
  data: result,
});

export class ProductPlayer implements Player {
  readonly #subject: Subject;
  readonly #play: Play;
  readonly #start: Instant;
  readonly #config: Config;
  readonly #cluster: Cluster;
  readonly #forecasts = new Forecasts();
  readonly foreseen: Foreseen | null;
  #memory: Memory = emptyMemory();

  constructor(subject: Subject, play: Play, start: Instant) {
    const { target, labels, config } = subject;
    const { world, podsPerNode } = play;
    const group = subject.nodeGroup?.name ?? null;
    this.#subject = subject;
    this.#play = play;
    this.#start = start;
    this.#config = { ...config, daemon: { ...config.daemon, interval: seconds(world.step) } };
    const { forecast } = subject.policy.spec;
    const ticks = play.demand.length;
    this.foreseen =
      forecast === undefined
        ? null
        : { expected: new Float64Array(ticks).fill(Number.NaN), upper: new Float64Array(ticks).fill(Number.NaN) };
    this.#cluster = new Cluster({
      target,
      labels,
      startTime: ((world.podStart + world.step) * 1000) as Milliseconds,
      pool: group === null || podsPerNode === null ? null : { group, podsPerNode },
    });
  }

  decide(view: View): Wish {
    const now = (this.#start + view.seconds * 1000) as Instant;
    const cluster = this.#cluster;
    cluster.show(view, now);
    const snapshot: Snapshot = {
      time: rfc3339(now),
      kubernetes: cluster.kubernetes,
      magnum: cluster.magnum,
      nova: {},
      prometheus: this.#answers(view, now),
      errors: [],
    };
    const { plan, memory } = decide(this.#foresee(snapshot, view.tick, now), this.#config, this.#memory, now);
    const outcomes: Outcome[] = [];
    const replicas = this.#scale(plan, view, now, outcomes);
    const nodes = this.#resize(plan.nodes, view, now, outcomes);
    this.#memory = record(memory, outcomes, now);
    return { replicas, nodes };
  }

  /** As the daemon does: what the snapshot says is measured and learnt, and what is expected becomes a part of it. */
  #foresee(snapshot: Snapshot, tick: number, now: Instant): Snapshot {
    if (this.foreseen === null) return snapshot;
    const looking = this.#forecasts.looking(snapshot, this.#config, this.#memory, now);
    let step = looking.next();
    while (step.done !== true) step = looking.next();
    const said = step.value.forecasts?.[targetKey(this.#subject.target)];
    if (said?.state === 'trusted') {
      this.foreseen.expected[tick] = said.pods.expected;
      this.foreseen.upper[tick] = said.pods.upper;
    }
    return step.value;
  }

  #scale(plan: Plan, view: View, now: Instant, outcomes: Outcome[]): number {
    const from = view.replicas.desired;
    const decision = plan.pods[0];
    if (decision?.action !== 'scale' || decision.desired === null) return from;
    const to = decision.desired;
    outcomes.push({ kind: 'scale', status: 'succeeded', at: rfc3339(now), target: decision.target, from, to });
    return to;
  }

  /** Steps of drains are written at once; the count that is asked for is what the model is asked for. */
  #resize(decisions: readonly NodeDecision[], { nodes, tick }: View, now: Instant, outcomes: Outcome[]): number {
    const from = nodes.ready + nodes.booting;
    const decision = decisions[0];
    if (decision === undefined) return from;
    const at = rfc3339(now);
    const { nodeGroup, resize } = decision;
    for (const step of decision.drains) {
      this.#cluster.drain(step, now);
      if (step.step !== 'wait')
        outcomes.push({ kind: 'drain', status: 'succeeded', at, nodeGroup, node: step.node, step: step.step });
    }
    if (resize === null || resize.to === from) return from;
    const { to, remove } = resize;
    const outcome = { kind: 'resize', at, nodeGroup, from, to, remove } as const;
    if (this.#play.world.serialNodeOps && nodes.booting > 0) {
      outcomes.push({ ...outcome, status: 'refused', code: 'Moved', message: 'a resize is under way' });
      return to;
    }
    outcomes.push({ ...outcome, status: 'succeeded' });
    this.#cluster.remove(remove.map(({ node }) => node));
    this.#cluster.resized(tick);
    return to;
  }

  #answers(view: View, now: Instant): PrometheusFacts {
    const queries: Record<string, PrometheusAnswer> = {};
    const at = now / 1000;
    const { metrics, target } = this.#subject;
    const answer = (question: Question, value: number): void => {
      const single = textFor(question, target);
      const text = single ?? question.grouped?.query;
      if (text === undefined) return;
      const metric: Record<string, string> = {};
      if (single === null)
        for (const [label, part] of Object.entries(question.grouped?.split ?? {})) metric[label] = target[part];
      queries[text] = vector({ resultType: 'vector', result: [{ metric, value: [at, String(value)] }] });
    };
    for (const metric of metrics) {
      switch (metric.source.kind) {
        case 'query':
          answer(metric.source.question, newest(view));
          break;
        case 'resource':
          queries[metric.source.query] ??= this.#usage(view, now, metric.source.container);
          break;
        case 'formula':
          break;
      }
      for (const age of metric.ages) answer(age, this.#play.world.scrapeLag);
      if (metric.coverage !== null) answer(metric.coverage.question, view.replicas.ready);
    }
    return { queries };
  }

  /** Each Ready pod uses the same share of what it asked for: as much as it bears, at most as much as its CPU can show. */
  #usage(view: View, now: Instant, container: string | null): PrometheusAnswer {
    const { namespace } = this.#subject.target;
    const seen = (now - this.#play.world.scrapeLag * 1000) as Instant;
    const value: [number, string] = [now / 1000, String(view.utilization)];
    const result = this.#cluster.readySince(seen).map((pod): PrometheusSample => ({
      metric: { namespace, pod, ...(container !== null && { container }) },
      value,
    }));
    return vector({ resultType: 'vector', result });
  }
}

/** The newest sample that may be seen; before the first one, what stands at the beginning. */
const newest = ({ samples, visible, load }: View): number => (visible === 0 ? load : (samples[visible - 1] ?? 0));
