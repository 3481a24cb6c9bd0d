// validate --live: what of a configuration that is right by itself does not fit the world as it is now, each at its place in the files. Pure.
import type { Entry } from '../config/conflicts.ts';
import type { Problem, ProblemPath } from '../config/problem.ts';
import { problemAt, type Finding } from '../config/source.ts';
import type { Config } from '../model/config.ts';
import type { MetricReading, Plan, PodDecision } from '../model/plan.ts';
import type { Snapshot, Source } from '../model/snapshot.ts';
import { targetName } from '../model/target.ts';
import { selectTargets, type TargetProblem } from '../targets/select.ts';
import { probe, type Answers } from './diagnose.ts';
import { unansweredIn } from './live-node-queries.ts';
import { missingRights } from './rights.ts';

export interface LiveLook {
  readonly config: Config;
  readonly snapshot: Snapshot;
  readonly plan: Pick<Plan, 'pods'>;
  readonly answers: Pick<Answers, 'rights' | 'keystone' | 'server'>;
}

const shown = (names: readonly string[], most = 3): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} … (${names.length})`;

const answersAt = ({ snapshot }: LiveLook, query: string): string | null => {
  const answer = snapshot.prometheus.queries?.[query];
  return answer === undefined || answer.status === 'success' ? null : (answer.error ?? 'it answers with an error');
};

const prometheusAnswers = ({ snapshot }: Pick<LiveLook, 'snapshot'>): boolean =>
  snapshot.prometheus.queries?.[probe]?.status === 'success';

const unreachable = (path: ProblemPath, what: string, why: string): Finding => ({
  code: 'SourceUnreachable',
  path,
  message: `${what} cannot be read: ${why}`,
  mend: '`springtide doctor` says more of the connections',
});

function ofDaemon(look: LiveLook): readonly Finding[] {
  const { config, snapshot, answers } = look;
  const failures = (source: Source): readonly string[] =>
    snapshot.errors
      .filter((error) => error.source === source && error.code !== 'PartialView')
      .map(({ what, message }) => `${what}: ${message}`);
  const [kubernetes, magnum] = [failures('kubernetes'), failures('magnum')];
  const { keystone } = answers;
  const why = snapshot.errors.find(({ source }) => source === 'prometheus')?.message ?? 'no answer';
  return [
    ...(kubernetes.length > 0
      ? [unreachable(['spec', 'kubernetes'], `Kubernetes (${answers.server})`, shown([...new Set(kubernetes)]))]
      : []),
    ...(prometheusAnswers(look) ? [] : [unreachable(['spec', 'prometheus', 'url'], 'Prometheus', why)]),
    ...(keystone !== null && 'failed' in keystone
      ? [unreachable(['spec', 'openstack'], 'Keystone', keystone.failed)]
      : magnum.length > 0 && config.daemon.openstack !== undefined
        ? [unreachable(['spec', 'openstack'], 'Magnum', shown(magnum))]
        : []),
    ...missingRights(answers.rights).map(({ namespace, optional, rules }): Finding => ({
      code: 'RightMissing',
      path: ['spec'],
      severity: optional ? 'warning' : 'error',
      message: `the account lacks rights ${namespace === null ? 'in the cluster' : `in the namespace ${namespace}`}`,
      mend: `add to the rules of a role that is bound to it: ${rules.map((rule) => `- ${rule}`).join(' ')}`,
    })),
  ];
}

/** What could not be listed is told once, at the Daemon. */
function ofSelection(problem: TargetProblem, path: ProblemPath): Finding | null {
  switch (problem.kind) {
    case 'claimedTwice':
      return {
        code: 'TargetUnusable',
        path,
        message: `${targetName(problem.target)} is meant by several policies: ${shown(problem.policies.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))}; all of them hold`,
        mend: 'make the selectors exclude each other, or name the target in one of them',
      };
    case 'unexpectedCount':
      return {
        code: 'TargetsUnexpected',
        path: ['spec', 'targets', 'expect'],
        message: `${problem.count} targets are found, ${problem.expect.min} to ${problem.expect.max} are expected: all of them hold`,
        mend: 'correct the selector, or what is expected',
      };
    case 'unreadable':
      return null;
  }
}

const unanswered = (path: ProblemPath, message: string, severity: 'error' | 'warning'): Finding => ({
  code: 'MetricUnanswered',
  path,
  severity,
  message,
  mend: 'run the query in Prometheus; until it answers the metric only holds',
});

/** One finding a metric, whoever many targets it is asked for. */
function ofMetrics(decisions: readonly PodDecision[], names: readonly string[]): readonly Finding[] {
  return names.flatMap((name, index) => {
    const bad = decisions.flatMap(({ target, metrics }) =>
      metrics
        .filter((reading) => reading.name === name && reading.state !== 'ok')
        .map((reading) => ({ reading, target: targetName(target) })),
    );
    const [first] = bad;
    if (first === undefined) return [];
    const { state, why = state }: MetricReading = first.reading;
    const whom = shown(bad.map(({ target }) => target));
    const severity = bad.some(({ reading }) => reading.state === 'failed') ? 'error' : 'warning';
    return [
      unanswered(['spec', 'metrics', index], `the metric "${name}" has no usable value for ${whom}: ${why}`, severity),
    ];
  });
}

function ofPodPolicy(look: LiveLook, namespace: string, name: string): readonly Finding[] {
  const { config, snapshot, plan } = look;
  const policy = config.podPolicies.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  if (policy === undefined) return [];
  const { bound, problems } = selectTargets(config.podPolicies, snapshot.kubernetes, snapshot.errors);
  const path = policy.aim.kind === 'one' ? ['spec', 'target', 'name'] : ['spec', 'targets'];
  const concerns = (problem: TargetProblem): boolean =>
    problem.kind === 'claimedTwice' ? problem.policies.includes(policy) : problem.policy === policy;
  const own = bound.filter((one) => one.policy.metadata.namespace === namespace && one.policy.metadata.name === name);
  const troubles = problems.filter(concerns);
  const findings = troubles.flatMap((problem) => ofSelection(problem, path) ?? []);
  if (troubles.length === 0) {
    const missing = own
      .filter(({ object }) => object === null)
      .map(({ target }) => `${target.kind} ${targetName(target)}`);
    if (missing.length > 0)
      findings.push({
        code: 'TargetMissing',
        path,
        message: `${shown(missing)} is not in the cluster, or has no scale`,
        mend: 'correct kind, namespace and name, or create it first',
      });
    else if (own.length === 0)
      findings.push({
        code: 'TargetsUnexpected',
        path,
        severity: 'warning',
        message: 'the selector finds nothing in the cluster',
        mend: 'correct namespaces and selector; `expect: {min: 1}` would make it an alert',
      });
  }
  const decisions = plan.pods.filter((one) => one.policy.namespace === namespace && one.policy.name === name);
  const metrics = prometheusAnswers(look)
    ? ofMetrics(
        decisions,
        policy.spec.metrics.map((metric) => metric.name),
      )
    : [];
  return [...findings, ...metrics];
}

function ofNodeGroups(look: LiveLook, names: readonly string[]): readonly Finding[] {
  const { nodegroups } = look.snapshot.magnum;
  if (nodegroups === undefined) return [];
  return names.flatMap((name, index): readonly Finding[] => {
    const path = ['spec', 'nodeGroups', index, 'name'];
    const group = nodegroups.find((one) => one.name === name || one.uuid === name);
    if (group?.role === 'master')
      return [
        { code: 'NodeGroupMissing', path, message: `the group "${name}" holds the masters and is never touched` },
      ];
    if (group !== undefined) return [];
    const has = shown(
      nodegroups.map((one) => one.name),
      10,
    );
    return [{ code: 'NodeGroupMissing', path, message: `Magnum has no group "${name}"; it has ${has}` }];
  });
}

function ofNodePolicy(look: LiveLook, name: string): readonly Finding[] {
  const { config, snapshot } = look;
  const document = config.nodePolicies.find(({ metadata }) => metadata.name === name);
  if (document === undefined) return [];
  const groups = ofNodeGroups(
    look,
    document.spec.nodeGroups.map((group) => group.name),
  );
  const queries = prometheusAnswers(look) ? unansweredIn(document, config, snapshot) : [];
  return [
    ...groups,
    ...queries.map(({ path, query, what }): Finding => ({
      code: 'MetricUnanswered',
      path,
      // No sample may be right, as long as nothing is too full; a refusal never is.
      severity: answersAt(look, query) === null ? 'warning' : 'error',
      message: what,
      mend: 'run the query in Prometheus; until it answers no VM is ordered, and no node leaves, by it',
    })),
  ];
}

function findingsOf(entry: Entry, look: LiveLook): readonly Finding[] {
  const { accepted } = entry;
  switch (accepted?.kind) {
    case 'Daemon':
      return ofDaemon(look);
    case 'PodPolicy':
      return ofPodPolicy(look, accepted.value.metadata.namespace, accepted.value.metadata.name);
    case 'NodePolicy':
      return ofNodePolicy(look, accepted.value.metadata.name);
    case 'Rules':
      return (accepted.value.groups ?? []).flatMap((group, at) =>
        (group.rules ?? []).flatMap(({ expr, anomaly, forecast }, index) => {
          const [key, query] = anomaly
            ? ['anomaly', anomaly.query]
            : forecast
              ? ['forecast', forecast.query]
              : ['expr', expr ?? ''];
          const why = answersAt(look, query);
          const path = ['groups', at, 'rules', index, key, ...(key === 'expr' ? [] : ['query'])];
          return why === null ? [] : [unanswered(path, `Prometheus refuses the expression: ${why}`, 'error')];
        }),
      );
    case 'Calendar':
    case 'Alerts':
    case undefined:
      return [];
  }
}

/** What has to be asked of Prometheus beside what a tick asks. */
export const liveQueries = ({ rules }: Pick<Config, 'rules'>): readonly string[] => [
  probe,
  ...new Set(rules.flatMap((group) => group.rules.map(({ expr }) => expr))),
];

export const liveProblems = (inForce: readonly Entry[], look: LiveLook): readonly Problem[] =>
  inForce.flatMap((entry) => findingsOf(entry, look).map((finding) => problemAt(entry.source, finding)));
