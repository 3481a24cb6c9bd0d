// From accepted documents to the Config that decisions are made from: queries filled in, their age questions beside them.
import { createHash } from 'node:crypto';
import type {
  Aim,
  AlertsDocument,
  Config,
  DaemonSpec,
  NodeGroupPolicy,
  NodePolicyDocument,
  PodPolicy,
  PodPolicyDocument,
  UsageRules,
} from '../model/config.ts';
import type { ScheduleWindow } from '../model/schedule.ts';
import type { Texts } from '../model/texts.ts';
import { ageQuestionsOf } from '../promql/batch.ts';
import { compileMetric, compileVictim } from './compile-metric.ts';
import { compileUsage } from './compile-usage.ts';
import type { Accepted, NodeWindows } from './judge.ts';
import { compareText } from './problem.ts';
import { ruleGroupsOf } from './rules.ts';
import { alertsDocument, type AlertsDocument as Alerts } from './schema/alerts.ts';
import type { NodePolicyDocument as WrittenNodePolicy, WrittenNodeGroup, WrittenUsage } from './schema/node-policy.ts';

/** Where there is no alerts.yaml: everything is routed to nobody. */
export const silentAlerts: Alerts = alertsDocument.parse({
  route: { receiver: 'nobody' },
  receivers: [{ name: 'nobody' }],
});

/** null: the document aims at nothing, which its findings have said already. */
export function compilePodPolicy(
  document: PodPolicyDocument,
  daemon: DaemonSpec,
  schedule: readonly ScheduleWindow[] = [],
  shared: ReadonlySet<string> = new Set(),
): PodPolicy | null {
  const aim = aimOf(document);
  if (aim === null) return null;
  const narrowing = (text: string): readonly string[] =>
    aim.kind === 'many' && !shared.has(text) ? aim.namespaces : [];
  const { apiVersion, kind, metadata, spec } = document;
  const { replicas, tolerance, behavior, fallback, forecast, zero, flapBudget, advanced, mode } = spec;
  const { window, select, policies, victim } = behavior.scaleDown;
  // Every policy has the same fields in the same order, absent ones too: each tick reads them 20,000 times, and the
  // engine reads objects of one shape many times faster than objects of a hundred.
  return {
    apiVersion,
    kind,
    metadata,
    aim,
    spec: {
      replicas: { min: replicas.min, max: replicas.max, whenActive: replicas.whenActive },
      metrics: spec.metrics.flatMap((one) => compileMetric(one, narrowing, daemon) ?? []),
      tolerance: { up: tolerance.up, down: tolerance.down },
      behavior: {
        scaleUp: behavior.scaleUp,
        scaleDown: { window, select, policies, bounds: behavior.scaleDown.bounds },
      },
      fallback,
      victim: victim === undefined ? undefined : compileVictim(victim, narrowing),
      schedule,
      forecast,
      zero,
      flapBudget,
      advanced,
      mode: { up: mode.up, down: mode.down },
    },
  };
}

export const compileNodePolicy = (
  document: WrittenNodePolicy,
  { shrink: windows, groups, schedule }: NodeWindows,
): NodePolicyDocument => {
  const { growth, shrink } = document.spec;
  const saturation = growth.saturation.map((one) => ({ ...one, ages: ageQuestionsOf(one.query, null) }));
  const { usage, ...rules } = shrink;
  const { only = null, never = [] } = windows;
  return {
    ...document,
    spec: {
      ...document.spec,
      nodeGroups: document.spec.nodeGroups.map((group, index) => compileNodeGroup(group, groups[index])),
      growth: { ...growth, saturation },
      shrink: { ...rules, ...asked(usage), only, never },
      schedule,
    },
  };
};

const asked = (usage: WrittenUsage | undefined): { readonly usage?: UsageRules } =>
  usage === undefined ? {} : { usage: compileUsage(usage) };

/** What is not written stays undefined: there the policy's holds. */
function compileNodeGroup(
  { shrink, ...group }: WrittenNodeGroup,
  { only, never }: Partial<NodeWindows['shrink']> = {},
): NodeGroupPolicy {
  if (shrink === undefined) return group;
  const { usage, ...rules } = shrink;
  return { ...group, shrink: { ...rules, ...asked(usage), only, never } };
}

function aimOf({ metadata, spec }: PodPolicyDocument): Aim | null {
  const { namespace } = metadata;
  if (spec.target !== undefined) return { kind: 'one', target: { ...spec.target, namespace } };
  if (spec.targets === undefined) return null;
  const { apiVersion, kind, namespaces = [namespace], selector, expect = null } = spec.targets;
  return { kind: 'many', apiVersion, targetKind: kind, namespaces, selector, expect, overrides: spec.overrides };
}

/** Texts that policies of different namespaces ask: one query for all of them, as long as no namespace is in it. */
function sharedTexts(documents: readonly PodPolicyDocument[]): ReadonlySet<string> {
  const scopes = new Map<string, string>();
  const shared = new Set<string>();
  for (const { metadata, spec } of documents) {
    const scope = spec.targets === undefined ? '' : (spec.targets.namespaces ?? [metadata.namespace]).join();
    const { victim } = spec.behavior.scaleDown;
    for (const text of [...spec.metrics.flatMap(({ query, coverage }) => [query, coverage?.query]), victim?.query]) {
      if (text === undefined) continue;
      if ((scopes.get(text) ?? scope) !== scope) shared.add(text);
      scopes.set(text, scope);
    }
  }
  return shared;
}

const podKey = ({ metadata }: PodPolicyDocument): string => `${metadata.namespace}/${metadata.name}`;

export interface Parts {
  readonly documents: readonly Accepted[];
  readonly texts: Texts;
  /** sentences that the operator wrote, part of the hash; the shipped ones are not */
  readonly overrides: Readonly<Record<string, string>>;
}

/** The same object as long as it says the same: a policy that has changed routes no alert anew. */
const ofClusters = new WeakMap<AlertsDocument, { readonly cluster: string; readonly alerts: AlertsDocument }>();

/** Whoever hears of several clusters, a central springtide too, must not take the same alert of two of them for one. */
function ofCluster(alerts: AlertsDocument, cluster: string): AlertsDocument {
  const known = ofClusters.get(alerts);
  if (known?.cluster === cluster) return known.alerts;
  const { global } = alerts;
  const labelled = { ...alerts, global: { ...global, labels: { cluster, ...global.labels } } };
  ofClusters.set(alerts, { cluster, alerts: labelled });
  return labelled;
}

/** null without a Daemon: nothing is known of the world. */
export function compileConfig({ documents, texts, overrides }: Parts): Config | null {
  const daemon = documents.flatMap((one) => (one.kind === 'Daemon' ? [one.value.spec] : []))[0];
  if (daemon === undefined) return null;
  const shared = sharedTexts(documents.flatMap((one) => (one.kind === 'PodPolicy' ? [one.value] : [])));
  const podPolicies = documents
    .flatMap((one) => (one.kind === 'PodPolicy' ? [one] : []))
    .toSorted((one, other) => compareText(podKey(one.value), podKey(other.value)))
    .flatMap(({ value, schedule }) => compilePodPolicy(value, daemon, schedule, shared) ?? []);
  const nodePolicies = documents
    .flatMap((one) => (one.kind === 'NodePolicy' ? [compileNodePolicy(one.value, one.windows)] : []))
    .toSorted((one, other) => compareText(one.metadata.name, other.metadata.name));
  // not in the hash: what a schedule uses of them is in its policy
  const calendars = documents
    .flatMap((one) => (one.kind === 'Calendar' ? [one.value] : []))
    .toSorted((one, other) => compareText(one.metadata.name, other.metadata.name));
  const alerts = ofCluster(
    documents.flatMap((one) => (one.kind === 'Alerts' ? [one.value] : []))[0] ?? silentAlerts,
    daemon.cluster,
  );
  const rules = documents
    .flatMap((one) => (one.kind === 'Rules' ? [one] : []))
    .toSorted((one, other) => compareText(one.file, other.file))
    .flatMap(({ file, value }) => ruleGroupsOf(file, value));
  const hash = createHash('sha256')
    .update(canonical({ daemon, podPolicies, nodePolicies, alerts, overrides, ...(rules.length > 0 && { rules }) }))
    .digest('hex')
    .slice(0, 12);
  return { hash, daemon, podPolicies, nodePolicies, calendars, alerts, rules, texts };
}

/** JSON with sorted keys: the order of writing is no difference. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .toSorted(([one], [other]) => compareText(one, other));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}
