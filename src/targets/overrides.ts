// A policy of many targets as it is for one of them: its overrides applied, once for each combination.
import type { Metric, PodPolicy } from '../model/config.ts';
import { globMatches, isPattern } from './glob.ts';

type Overrides = Extract<PodPolicy['aim'], { kind: 'many' }>['overrides'];
type Override = Overrides[number];

export type PolicyFor = (namespace: string, name: string) => PodPolicy;

const ready = new WeakMap<PodPolicy, PolicyFor>();

/** The same policy object for all targets that the same overrides apply to, tick after tick. */
export function policyFor(policy: PodPolicy): PolicyFor {
  const known = ready.get(policy);
  if (known !== undefined) return known;
  const made = makePolicyFor(policy);
  ready.set(policy, made);
  return made;
}

function makePolicyFor(policy: PodPolicy): PolicyFor {
  const overrides = policy.aim.kind === 'many' ? policy.aim.overrides : [];
  if (overrides.length === 0) return () => policy;
  // Lists of overrides grow to one for each exception: those that name their object are found by its name.
  const byName = new Map<string, number[]>();
  const others: number[] = [];
  for (const [index, { match }] of overrides.entries()) {
    if (match.name === undefined || isPattern(match.name)) others.push(index);
    else byName.set(match.name, [...(byName.get(match.name) ?? []), index]);
  }
  const derived = new Map<string, PodPolicy>();
  return (namespace, name) => {
    const applying = [...others, ...(byName.get(name) ?? [])].filter((index) =>
      applies(overrides[index], namespace, name),
    );
    if (applying.length === 0) return policy;
    applying.sort((one, other) => one - other);
    const combination = applying.join();
    const known = derived.get(combination);
    if (known !== undefined) return known;
    const made = applying.reduce((sofar, index) => overridden(sofar, overrides[index]), policy);
    derived.set(combination, made);
    return made;
  };
}

function applies(override: Override | undefined, namespace: string, name: string): boolean {
  const { match } = override ?? {};
  return (
    match !== undefined &&
    (match.namespace === undefined || globMatches(match.namespace, namespace)) &&
    (match.name === undefined || globMatches(match.name, name))
  );
}

function overridden(policy: PodPolicy, override: Override | undefined): PodPolicy {
  const { replicas = {}, metrics = {} } = override ?? {};
  const max = replicas.max ?? policy.spec.replicas.max;
  const min = replicas.min ?? policy.spec.replicas.min;
  return {
    ...policy,
    spec: {
      ...policy.spec,
      // Two overrides may meet in one target: what they leave no room for is decided by the ceiling.
      replicas: { ...policy.spec.replicas, min: Math.min(min, max), max },
      metrics: policy.spec.metrics.map((metric): Metric => {
        const target = Object.hasOwn(metrics, metric.name) ? metrics[metric.name]?.target : undefined;
        return target === undefined ? metric : { ...metric, target };
      }),
    },
  };
}
