// From accepted documents to the Config that decisions are made from: queries filled in, their age questions beside them.
import { createHash } from 'node:crypto';
import type { AlertsDocument, Config, DaemonSpec, Metric, PodPolicy, PodPolicyDocument } from '../model/config.ts';
import type { Texts } from '../model/texts.ts';
import type { QueryText } from '../model/units.ts';
import { ageQueryOf, selectorsOf } from '../promql/selectors.ts';
import type { Accepted } from './judge.ts';
import { compareText } from './problem.ts';
import { alertsDocument, type AlertsDocument as Alerts } from './schema/alerts.ts';
import type { MetricDocument } from './schema/pod-policy.ts';

/** Where there is no alerts.yaml: everything is routed to nobody. */
export const silentAlerts: Alerts = alertsDocument.parse({
  route: { receiver: 'nobody' },
  receivers: [{ name: 'nobody' }],
});

function sourceOf(metric: MetricDocument, daemon: DaemonSpec): Metric['source'] | null {
  if (metric.query !== undefined) return { kind: 'query', query: metric.query as QueryText };
  if (metric.resource === undefined) return null;
  const query = daemon.prometheus.resourceQueries[metric.resource] as QueryText;
  return { kind: 'resource', resource: metric.resource, container: metric.container ?? null, query };
}

function compileMetric(metric: MetricDocument, daemon: DaemonSpec): Metric[] {
  const source = sourceOf(metric, daemon);
  const { target } = metric;
  if (source === null || target === undefined) return [];
  const ageQueries = selectorsOf(source.query).map((selector) => ageQueryOf(selector) as QueryText);
  return [{ ...without(metric, 'query', 'resource', 'container'), source, ageQueries, target }];
}

function compilePodPolicy(document: PodPolicyDocument, daemon: DaemonSpec): PodPolicy[] {
  const { target, metrics } = document.spec;
  if (target === undefined) return [];
  const spec = {
    ...without(document.spec, 'targets'),
    target,
    metrics: metrics.flatMap((one) => compileMetric(one, daemon)),
  };
  return [{ ...document, spec }];
}

function without<T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as K))) as Omit<T, K>;
}

const podKey = ({ metadata }: PodPolicyDocument): string => `${metadata.namespace}/${metadata.name}`;

export interface Parts {
  readonly documents: readonly Accepted[];
  readonly texts: Texts;
  /** sentences that the operator wrote, part of the hash; the shipped ones are not */
  readonly overrides: Readonly<Record<string, string>>;
}

/** null without a Daemon: nothing is known of the world. */
export function compileConfig({ documents, texts, overrides }: Parts): Config | null {
  const daemon = documents.flatMap((one) => (one.kind === 'Daemon' ? [one.value.spec] : []))[0];
  if (daemon === undefined) return null;
  const podPolicies = documents
    .flatMap((one) => (one.kind === 'PodPolicy' ? [one.value] : []))
    .toSorted((one, other) => compareText(podKey(one), podKey(other)))
    .flatMap((document) => compilePodPolicy(document, daemon));
  const nodePolicies = documents
    .flatMap((one) => (one.kind === 'NodePolicy' ? [one.value] : []))
    .toSorted((one, other) => compareText(one.metadata.name, other.metadata.name));
  const alerts: AlertsDocument =
    documents.flatMap((one) => (one.kind === 'Alerts' ? [one.value] : []))[0] ?? silentAlerts;
  const hash = createHash('sha256')
    .update(canonical({ daemon, podPolicies, nodePolicies, alerts, overrides }))
    .digest('hex')
    .slice(0, 12);
  return { hash, daemon, podPolicies, nodePolicies, alerts, texts };
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
