// springtide's own figures for Prometheus, in a registry of their own. Never labelled by pod.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { RuleHealth } from '../alerts/rules/rule-run.ts';
import { stages, type InboxItem, type TickReport } from '../model/report.ts';
import { targetKey } from '../model/target.ts';
import { instantOf, type Instant } from '../model/units.ts';
import { atOnce, breathe } from '../slices.ts';
import { createNodeMetrics } from './node-metrics.ts';
import { figurePieces, targetFigures, type TargetFigure } from './target-figures.ts';

export interface Call {
  /** kubernetes, prometheus, keystone, magnum, nova, smtp, sms … */
  readonly source: string;
  readonly method?: string;
  /** an HTTP status, or a client's error code; `ok` where there is neither */
  readonly code: string;
  readonly seconds: number;
}

export interface Metrics {
  recordTick(report: TickReport): void;
  /** The same with places to take a breath. */
  recording(report: TickReport): Generator<undefined, undefined>;
  recordCall(call: Call): void;
  recordNotification(notification: Pick<InboxItem, 'channel' | 'outcome' | 'code'>): void;
  recordLeading(leads: boolean): void;
  /** How often the lease has changed hands. */
  recordLeases(transitions: number): void;
  /** Targets of which not everything fits into the memory. */
  recordLeftOut(targets: number): void;
  /** What rules learn, and what they have no place for. */
  recordRuleSeries(rules: readonly RuleHealth[]): void;
  /** Lines that could not be kept, more of them than were told before. */
  recordLost(log: 'audit' | 'journal', lines: number): void;
  /** The daily checks have run. */
  recordChecks(failed: number, at: Instant): void;
  /** What was decided here is nobody's figure any more. */
  forget(): void;
  /** How many people look at the page. */
  recordWatchers(count: number): void;
  /** As Prometheus reads it, in pieces: the figures of 20,000 targets are tens of megabytes. */
  pieces(): AsyncGenerator<string, undefined>;
  readonly contentType: string;
}

export interface MetricsOptions {
  readonly cluster: string;
  readonly version: string;
  /** how many documents of the configuration are refused right now */
  readonly refusedDocuments?: () => number;
  /** process and event loop figures; on by default */
  readonly processFigures?: boolean;
}

const callBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const lagBuckets = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300];
const decisionsAStep = 1_024;
const tickBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60];

/** A gauge whose series live only as long as what they describe: prom-client's own never go. */
function gaugeOfTheLiving<Name extends string>(gauge: Gauge<Name>) {
  let before = new Map<string, Record<Name, string>>();
  return (readings: readonly { readonly labels: Record<Name, string>; readonly value: number | null }[]): void => {
    const now = new Map<string, Record<Name, string>>();
    for (const { labels, value } of readings) {
      if (value === null) continue; // an unknown number is no number, least of all the old one
      gauge.set(labels, value);
      now.set(JSON.stringify(labels), labels);
    }
    for (const [key, labels] of before) if (!now.has(key)) gauge.remove(labels);
    before = now;
  };
}

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ cluster: options.cluster });
  const registers = [registry];
  const gauge = <Name extends string>(name: string, help: string, labelNames: readonly Name[] = []) =>
    new Gauge({ name: `springtide_${name}`, help, labelNames, registers });
  const living = <Name extends string>(name: string, help: string, labelNames: readonly Name[]) =>
    gaugeOfTheLiving(gauge(name, help, labelNames));
  const counter = <Name extends string>(name: string, help: string, labelNames: readonly Name[] = []) =>
    new Counter({ name: `springtide_${name}`, help, labelNames, registers });
  const histogram = <Name extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Name[] = [],
  ) => new Histogram({ name: `springtide_${name}`, help, buckets, labelNames, registers });

  gauge('build_info', 'Always 1; the version is a label.', ['version']).set({ version: options.version }, 1);
  const ticks = counter('ticks_total', 'Ticks that have ended.');
  const tickDuration = histogram('tick_duration_seconds', 'How long a tick took.', tickBuckets);
  const stageDuration = histogram('stage_duration_seconds', 'How long a stage of a tick took.', tickBuckets, ['stage']);
  const stageFailures = counter('stage_failures_total', 'Stages that failed.', ['stage', 'code']);
  const lateness = histogram('tick_lateness_seconds', 'How late ticks began.', tickBuckets);
  const lastSuccess = gauge('last_success_timestamp_seconds', 'When a stage last succeeded.', ['stage']);
  const decisions = counter('decisions_total', 'Decisions, "hold" and "none" included.', ['tier', 'action', 'reason']);
  const outcomes = counter('outcomes_total', 'What became of intentions.', ['kind', 'status', 'code']);
  const ofTargets = new Map<string, TargetFigure>(
    targetFigures.map((figure) => [`springtide_${figure.name}`, figure] as const),
  );
  // Named where they stand among the others; their series are written when somebody asks.
  for (const { name, help } of targetFigures) gauge(name, help, ['target_name']);
  const scaleLag = histogram(
    'scale_lag_seconds',
    'From the newest sample behind the governing metric to the end of the write.',
    lagBuckets,
  );
  const desiredNodes = living('desired_nodes', 'Nodes that are wanted.', ['node_group']);
  const currentNodes = living('current_nodes', 'Nodes that the group has now.', ['node_group']);
  const upcomingNodes = living('upcoming_nodes', 'Ordered nodes that run no pods yet.', ['node_group']);
  const minNodes = living('min_nodes', "The policy's minimum.", ['node_group']);
  const maxNodes = living('max_nodes', "The policy's maximum.", ['node_group']);
  const keptNodes = living('kept_nodes', 'Nodes that stay, by why.', ['node_group', 'reason']);
  const pendingPods = living('pending_pods', 'Pods without a place.', []);
  const nodes = living('nodes', 'Nodes of the cluster, by whether they are ready.', ['ready']);
  const recordNodeFigures = createNodeMetrics(registry);
  const sourceErrors = counter('source_errors_total', 'What could not be read.', ['source', 'code']);
  const alertsFiring = gauge('alerts_firing', 'Alerts of springtide itself that fire.');
  const calls = counter('api_calls_total', 'Calls to the outside.', ['source', 'method', 'code']);
  const callDuration = histogram('api_call_duration_seconds', 'How long calls to the outside took.', callBuckets, [
    'source',
    'method',
  ]);
  const notifications = counter('notifications_total', 'Messages to people.', ['channel', 'outcome', 'code']);
  const leading = gauge('leader', 'Whether this process leads: 1, or follows another one: 0.');
  const transitions = gauge('lease_transitions', 'How often the lease has changed hands.');
  const leftOut = gauge(
    'memory_left_out_targets',
    'Targets whose history is left out of the memory: it is over its share.',
  );
  const ruleSeries = living('rule_series', 'Series of rules that learn, by how far they are.', [
    'alert',
    'group',
    'state',
  ]);
  const lost = counter('lines_lost_total', 'Lines that the audit log or the decision journal could not take.', ['log']);
  const { refusedDocuments } = options;
  if (refusedDocuments !== undefined)
    new Gauge({
      name: 'springtide_config_refused_documents',
      help: 'Documents of the configuration that are refused; the last good ones stay in force.',
      registers,
      collect() {
        this.set(refusedDocuments());
      },
    });
  const failedChecks = gauge('checks_failed', 'Daily checks that failed when they ran last.');
  const checkedAt = gauge('checks_last_run_timestamp_seconds', 'When the daily checks last ran.');
  const watchers = gauge('page_watchers', 'Open event streams of the page.');
  if (options.processFigures !== false) collectDefaultMetrics({ register: registry });

  let newest: Pick<TickReport, 'plan' | 'targets'> | null = null;

  function recordStages(report: TickReport): void {
    let sum = 0;
    for (const stage of stages) {
      const ran = report.stages[stage];
      if (ran === undefined) continue;
      sum += ran.milliseconds;
      stageDuration.observe({ stage }, ran.milliseconds / 1000);
      if (ran.failed === undefined) lastSuccess.set({ stage }, (instantOf(report.time) ?? 0) / 1000);
      else stageFailures.inc({ stage, code: ran.failed.code });
    }
    ticks.inc();
    tickDuration.observe(sum / 1000);
    lateness.observe(Math.max(0, report.lateness) / 1000);
  }

  function* recordPods(report: TickReport): Generator<undefined, undefined> {
    const counts = new Map<string, { readonly labels: Record<'tier' | 'action' | 'reason', string>; count: number }>();
    let seen = 0;
    for (const { action, reason } of report.plan.pods) {
      if (++seen % decisionsAStep === 0) yield;
      const key = `${action} ${reason}`;
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { labels: { tier: 'pods', action, reason }, count: 1 });
      else known.count += 1;
    }
    for (const { labels, count } of counts.values()) decisions.inc(labels, count);
    const { plan, targets = {} } = report;
    newest = { plan, targets };
    return undefined;
  }

  /** What the whole way took: how old the sample was, and how long we took from asking to writing. */
  function* recordLag({ plan, outcomes: done, stages: ran }: TickReport): Generator<undefined, undefined> {
    const scaled = new Set(
      done.flatMap((outcome) =>
        outcome.kind === 'scale' && outcome.status === 'succeeded' ? [targetKey(outcome.target)] : [],
      ),
    );
    if (scaled.size === 0) return undefined;
    const ours =
      ((ran.collect?.milliseconds ?? 0) + (ran.decide?.milliseconds ?? 0) + (ran.act?.milliseconds ?? 0)) / 1000;
    let seen = 0;
    for (const { target, facts, metrics } of plan.pods) {
      if (++seen % decisionsAStep === 0) yield;
      if (!scaled.has(targetKey(target))) continue;
      const age = metrics.find(({ name }) => name === facts['metric'])?.ageSeconds ?? null;
      if (age !== null) scaleLag.observe(age + ours);
    }
    return undefined;
  }

  function recordNodes({ plan, groups = {} }: TickReport): void {
    const rows = plan.nodes.map((decision) => ({ decision, labels: { node_group: decision.nodeGroup } }));
    for (const { decision } of rows) decisions.inc({ tier: 'nodes', action: decision.action, reason: decision.reason });
    desiredNodes(rows.map(({ labels, decision }) => ({ labels, value: decision.desired })));
    currentNodes(rows.map(({ labels, decision }) => ({ labels, value: decision.current })));
    upcomingNodes(rows.map(({ labels, decision }) => ({ labels, value: decision.upcoming })));
    minNodes(rows.map(({ labels, decision }) => ({ labels, value: groups[decision.nodeGroup]?.min ?? null })));
    maxNodes(rows.map(({ labels, decision }) => ({ labels, value: groups[decision.nodeGroup]?.max ?? null })));
    keptNodes(
      rows.flatMap(({ labels, decision }) =>
        [...new Set(decision.kept.map((kept) => kept.reason))].map((reason) => ({
          labels: { ...labels, reason },
          value: decision.kept.filter((kept) => kept.reason === reason).length,
        })),
      ),
    );
  }

  async function* pieces(): AsyncGenerator<string, undefined> {
    const report = newest;
    for (const { name } of registry.getMetricsAsArray()) {
      const figure = ofTargets.get(name);
      if (figure === undefined) yield `${await registry.getSingleMetricAsString(name)}\n\n`;
      else if (report !== null)
        for (const piece of figurePieces(figure, name, report, options.cluster)) {
          await breathe();
          yield piece;
        }
    }
    return undefined;
  }

  const recordNotification: Metrics['recordNotification'] = ({ channel, outcome, code = '' }) =>
    notifications.inc({ channel, outcome, code });

  function* recording(report: TickReport): Generator<undefined, undefined> {
    recordStages(report);
    yield* recordPods(report);
    yield* recordLag(report);
    recordNodes(report);
    recordNodeFigures(report.plan);
    for (const { kind, status, code = '' } of report.outcomes) outcomes.inc({ kind, status, code });
    for (const { source, code } of report.errors) sourceErrors.inc({ source, code });
    const { pendingPods: pending, nodeCount, readyNodes } = report;
    pendingPods([{ labels: {}, value: pending }]);
    const unready = nodeCount === null || readyNodes === null ? null : nodeCount - readyNodes;
    nodes([
      { labels: { ready: 'true' }, value: readyNodes },
      { labels: { ready: 'false' }, value: unready },
    ]);
    alertsFiring.set(report.plan.alerts.filter((alert) => alert.state === 'firing').length);
    return undefined;
  }

  function forget(): void {
    newest = null;
    for (const figures of [
      desiredNodes,
      currentNodes,
      upcomingNodes,
      minNodes,
      maxNodes,
      keptNodes,
      pendingPods,
      nodes,
      ruleSeries,
    ])
      figures([]);
    recordNodeFigures({ nodes: [] });
    lastSuccess.reset();
    leftOut.set(0);
    alertsFiring.reset();
    failedChecks.reset();
    checkedAt.reset();
  }

  return {
    forget,
    recordChecks: (failed, at) => {
      failedChecks.set(failed);
      checkedAt.set(at / 1000);
    },
    recordLeading: (leads) => leading.set(leads ? 1 : 0),
    recordLeases: (count) => transitions.set(count),
    recordLeftOut: (targets) => leftOut.set(targets),
    recordRuleSeries: (rules) =>
      ruleSeries(
        rules.flatMap(({ alert, file, group, learns }) =>
          Object.entries(learns ?? {}).map(([state, value]: [string, number]) => ({
            labels: { alert, group: `${file} ${group}`, state },
            value,
          })),
        ),
      ),
    recordLost: (log, lines) => lost.inc({ log }, lines),
    recordTick: (report) => atOnce(recording(report)),
    recording,
    recordCall: ({ source, method = '', code, seconds }) => {
      calls.inc({ source, method, code });
      callDuration.observe({ source, method }, seconds);
    },
    recordNotification,
    recordWatchers: (count) => watchers.set(count),
    pieces,
    contentType: registry.contentType,
  };
}
