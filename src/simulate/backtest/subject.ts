// What is played of a configuration: one policy, its target, the metric that the trace stands for; the rest is named and left out.
import type { Config, Metric, NodeGroupPolicy, NodePolicyDocument, PodPolicy } from '../../model/config.ts';
import { SpringtideError } from '../../model/errors.ts';
import type { TargetRef } from '../../model/target.ts';

/** What could not be played, in the words of config/messages: `cli.simulate.note.CODE`. */
export interface Note {
  readonly code:
    | 'MetricLeftOut'
    | 'GapsHeld'
    | 'HistoryShort'
    | 'StartUnknown'
    | 'OneOfMany'
    | 'PlayedAsAct'
    | 'KindPlayedAs'
    | 'PoolPlayed'
    | 'PoolInOneOnly'
    | 'GuardsLeftOut'
    | 'CapacityImplied'
    | 'CapacityGuessed'
    | 'NoReplicasKnown';
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Subject {
  /** where it was written */
  readonly file: string;
  /** as it is played: one policy for one target, at most one group, everything in mode act */
  readonly config: Config;
  readonly policy: PodPolicy;
  readonly target: TargetRef;
  readonly labels: Readonly<Record<string, string>>;
  readonly metrics: readonly Metric[];
  /** the one that the trace stands for; null: the trace is the load behind the CPU */
  readonly traced: Metric | null;
  readonly nodeGroup: NodeGroupPolicy | null;
  readonly notes: readonly Note[];
}

export interface Choice {
  readonly file: string;
  /** NAMESPACE/NAME of the policy, or its name; absent: the only one, or the first */
  readonly policy?: string;
  readonly metric?: string;
  /** NAMESPACE/NAME of the one that is played, where the policy has many */
  readonly target?: string;
}

const refuse = (file: string, what: string, mend: string): SpringtideError =>
  new SpringtideError({ code: 'UsageInvalid', where: file, what, mend });

const nameOf = ({ metadata }: PodPolicy): string => `${metadata.namespace}/${metadata.name}`;

function policyIn({ podPolicies }: Config, { file, policy }: Choice): PodPolicy {
  const named = podPolicies.filter(
    (one) => policy === undefined || nameOf(one) === policy || one.metadata.name === policy,
  );
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  const names = podPolicies.map(nameOf).join(', ');
  if (podPolicies.length === 0)
    throw refuse(file, 'it has no PodPolicy', 'name a file that has one with --policy FILE');
  throw refuse(
    file,
    policy === undefined ? `it has ${podPolicies.length} PodPolicies` : `no single PodPolicy is called ${policy}`,
    `name one with --name: ${names}`,
  );
}

/** A total that grows with the load and not with the replicas: only then the past says what would have been measured. */
const isTotal = ({ source, target }: Metric): boolean =>
  source.kind === 'query' && !source.byPod && target?.kind !== 'value';

function tracedIn({ spec }: PodPolicy, { file, metric: name }: Choice): Metric | null {
  const queries = spec.metrics.filter(({ source }) => source.kind === 'query');
  if (name !== undefined) {
    const named = spec.metrics.find((one) => one.name === name);
    if (named !== undefined && isTotal(named)) return named;
    const names = queries.filter(isTotal).map((one) => one.name);
    throw refuse(
      file,
      named === undefined ? `no metric is called ${name}` : `the metric ${name} cannot be played (${whyNot(named)})`,
      `name one of ${names.join(', ') || 'another policy'}`,
    );
  }
  const traced = queries.find(isTotal);
  if (traced !== undefined) return traced;
  if (spec.metrics.some(isCpu)) return null;
  throw refuse(
    file,
    `none of its metrics can be played: ${spec.metrics.map((one) => `${one.name} (${whyNot(one)})`).join(', ') || 'there is none'}`,
    'a policy with a query and target.averageValue, or with resource: cpu, can be',
  );
}

export const isCpu = ({ source, target }: Metric): boolean =>
  source.kind === 'resource' && source.resource === 'cpu' && target?.kind === 'utilization';

type WhyNot = 'formula' | 'cpuAmount' | 'memory' | 'byPod' | 'value' | 'otherQuery';

function whyNot({ source, target }: Metric): WhyNot {
  switch (source.kind) {
    case 'formula':
      return 'formula';
    case 'resource':
      return source.resource === 'cpu' ? 'cpuAmount' : 'memory';
    case 'query':
      if (source.byPod) return 'byPod';
      return target?.kind === 'value' ? 'value' : 'otherQuery';
  }
}

/** The traced one, what follows from it, and the CPU; what is left out would be unknown all the time, and hold everything. */
function playable(policy: PodPolicy, traced: Metric | null): { kept: Metric[]; leftOut: Metric[] } {
  const kept: Metric[] = [];
  const leftOut: Metric[] = [];
  for (const metric of policy.spec.metrics) {
    const { source } = metric;
    const isKept =
      source.kind === 'formula'
        ? traced !== null && source.formula.inputs.every((input) => input === traced.name)
        : metric === traced || isCpu(metric);
    (isKept ? kept : leftOut).push(metric);
  }
  return { kept, leftOut };
}

function targetOf(
  { aim, metadata }: PodPolicy,
  chosen: string | undefined,
): { target: TargetRef; labels: Record<string, string>; notes: Note[] } {
  const notes: Note[] = [];
  const literal = (text: string | undefined): string =>
    text === undefined || text.includes('*') ? metadata.namespace : text;
  const [namespace, name] = chosen?.split('/') ?? [];
  const written: TargetRef =
    aim.kind === 'one'
      ? aim.target
      : {
          apiVersion: aim.apiVersion,
          kind: aim.targetKind,
          namespace: namespace ?? literal(aim.namespaces[0]),
          name: name ?? metadata.name,
        };
  if (aim.kind === 'many') notes.push({ code: 'OneOfMany', facts: { target: `${written.namespace}/${written.name}` } });
  const isKnown = written.kind === 'Deployment' || written.kind === 'StatefulSet';
  if (!isKnown) notes.push({ code: 'KindPlayedAs', facts: { kind: written.kind } });
  const target: TargetRef = isKnown ? written : { ...written, apiVersion: 'apps/v1', kind: 'Deployment' };
  return { target, labels: { app: target.name }, notes };
}

/** One pool is played: the group that is preferred, of the first NodePolicy. */
function poolIn({ nodePolicies }: Config): {
  nodePolicies: NodePolicyDocument[];
  group: NodeGroupPolicy | null;
  notes: Note[];
} {
  const [document] = nodePolicies;
  const groups = [...(document?.spec.nodeGroups ?? [])].sort((one, other) => one.prefer - other.prefer);
  const [group] = groups;
  if (document === undefined || group === undefined) return { nodePolicies: [], group: null, notes: [] };
  const others = nodePolicies.length > 1 || groups.length > 1;
  const { growth, shrink } = document.spec;
  // What nodes use is nowhere in a trace: unknown, it would hold them all.
  const usage = undefined;
  const spec = {
    ...document.spec,
    nodeGroups: [group.shrink === undefined ? group : { ...group, shrink: { ...group.shrink, usage } }],
    growth: { ...growth, headroom: undefined, saturation: [] },
    shrink: { ...shrink, usage },
    schedule: document.spec.schedule.filter(({ nodeGroup }) => nodeGroup === group.name),
    mode: { grow: 'act', shrink: 'act' } as const,
  };
  return {
    nodePolicies: [{ ...document, spec }],
    group,
    notes: others ? [{ code: 'PoolPlayed', facts: { group: group.name } }] : [],
  };
}

export function subjectOf(config: Config, choice: Choice): Subject {
  const written = policyIn(config, choice);
  const traced = tracedIn(written, choice);
  const { kept, leftOut } = playable(written, traced);
  const { target, labels, notes } = targetOf(written, choice.target);
  const pool = poolIn(config);
  const { up, down } = written.spec.mode;
  const policy: PodPolicy = {
    ...written,
    aim: { kind: 'one', target },
    spec: { ...written.spec, metrics: kept, victim: undefined, mode: { up: 'act', down: 'act' } },
  };
  const { guards, ...daemon } = config.daemon;
  return {
    file: choice.file,
    config: {
      ...config,
      daemon: { ...daemon, mode: 'act' },
      podPolicies: [policy],
      nodePolicies: pool.nodePolicies,
    },
    policy,
    target,
    labels,
    metrics: kept,
    traced,
    nodeGroup: pool.group,
    notes: [
      ...leftOut.map((metric): Note => ({
        code: 'MetricLeftOut',
        facts: { metric: metric.name, why: whyNot(metric) },
      })),
      ...notes,
      ...pool.notes,
      ...(up === 'act' && down === 'act' ? [] : [{ code: 'PlayedAsAct', facts: { policy: nameOf(written) } } as const]),
      ...(guards === undefined ? [] : [{ code: 'GuardsLeftOut', facts: {} } as const]),
    ],
  };
}
