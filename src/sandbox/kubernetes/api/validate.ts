// Refuses objects that the real API server would refuse: names, required fields, immutable fields.
import { isDeepStrictEqual } from 'node:util';
import { eventErrors } from './events.ts';
import { without } from '../json.ts';
import { parseQuantity } from '../quantity.ts';
import { isEmptySelector, selects } from '../selectors.ts';
import { invalid } from '../status.ts';
import type { FieldError } from '../status.ts';
import type { KubernetesVersion, Resource } from '../resources.ts';
import type { EventObject, KubeObject, LabelSelector, Pod, PodSpec } from '../objects.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedKey = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const configKey = /^[-._a-zA-Z0-9]{1,253}$/;
const mostConfig = 1024 * 1024;
const microTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(Z|[+-]\d{2}:\d{2})$/;
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

type Loose = Record<string, unknown>;
const bad = (field: string, value: unknown, why: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${JSON.stringify(value) ?? 'null'}: ${why}`,
});
const missing = (field: string): FieldError => ({ reason: 'FieldValueRequired', field, message: 'Required value' });
const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const isPercentOrCount = (value: unknown): boolean =>
  isCount(value) || (typeof value === 'string' && /^\d+%$/.test(value));

export function validate(
  resource: Resource,
  object: KubeObject,
  previous: KubeObject | undefined,
  version: KubernetesVersion,
): void {
  const errors = [...metadataErrors(object), ...specErrors(resource, object)];
  if (resource.name === 'events') errors.push(...eventErrors(object as EventObject, resource.group, version));
  if (previous !== undefined) errors.push(...immutableErrors(resource, object, previous));
  if (errors.length > 0) throw invalid(resource, object.metadata.name, errors);
}

function* metadataErrors({ metadata }: KubeObject): Generator<FieldError> {
  if (metadata.name.length > 253 || !subdomain.test(metadata.name))
    yield bad(
      'metadata.name',
      metadata.name,
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    );
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (!qualifiedKey.test(key)) yield bad('metadata.labels', key, 'name part must consist of alphanumeric characters');
    if (typeof value !== 'string' || !labelValue.test(value))
      yield bad(
        'metadata.labels',
        value,
        'a valid label must be an empty string or consist of alphanumeric characters',
      );
  }
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    if (!qualifiedKey.test(key))
      yield bad('metadata.annotations', key, 'name part must consist of alphanumeric characters');
    if (typeof value !== 'string') yield bad('metadata.annotations', value, 'must be a string');
  }
}

function* specErrors(resource: Resource, object: KubeObject): Generator<FieldError> {
  const spec = (object.spec ?? {}) as Loose;
  switch (resource.name) {
    case 'pods':
      yield* podSpecErrors('spec', spec as unknown as PodSpec);
      break;
    case 'nodes':
      for (const [at, taint] of ((spec['taints'] ?? []) as Loose[]).entries()) {
        if (typeof taint['key'] !== 'string' || !qualifiedKey.test(taint['key']))
          yield bad(`spec.taints[${at}].key`, taint['key'], 'name part must be non-empty');
        if (!effects.includes(String(taint['effect'])))
          yield {
            reason: 'FieldValueNotSupported',
            field: `spec.taints[${at}].effect`,
            message: `Unsupported value: ${JSON.stringify(taint['effect']) ?? '""'}: supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
          };
      }
      break;
    case 'deployments':
    case 'replicasets':
    case 'rollouts':
    case 'statefulsets':
    case 'daemonsets':
    case 'replicationcontrollers':
    case 'jobs':
      yield* workloadErrors(resource, spec);
      break;
    case 'poddisruptionbudgets':
      for (const field of ['minAvailable', 'maxUnavailable'])
        if (spec[field] !== undefined && !isPercentOrCount(spec[field]))
          yield bad(`spec.${field}`, spec[field], 'must be an integer or a percentage (e.g. 5%)');
      if (spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined)
        yield bad('spec', {}, 'minAvailable and maxUnavailable cannot be both set');
      break;
    case 'horizontalpodautoscalers':
      if (!isCount(spec['maxReplicas']) || spec['maxReplicas'] === 0)
        yield bad('spec.maxReplicas', spec['maxReplicas'], 'must be greater than 0');
      break;
    case 'leases':
      yield* leaseErrors(spec);
      break;
    case 'configmaps':
      yield* configMapErrors(object as unknown as Loose);
      break;
    default:
      break;
  }
}

function* leaseErrors(spec: Loose): Generator<FieldError> {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec;
  if (duration !== undefined && !(isCount(duration) && duration !== 0))
    yield bad('spec.leaseDurationSeconds', duration, 'must be greater than 0');
  if (transitions !== undefined && !isCount(transitions))
    yield bad('spec.leaseTransitions', transitions, 'must be greater than or equal to 0');
  for (const field of ['acquireTime', 'renewTime']) {
    const time = spec[field];
    if (time !== undefined && !(typeof time === 'string' && microTime.test(time)))
      yield bad(`spec.${field}`, time, 'cannot be parsed as 2006-01-02T15:04:05.000000Z07:00');
  }
}

function* configMapErrors(object: Loose): Generator<FieldError> {
  let size = 0;
  for (const field of ['data', 'binaryData'] as const)
    for (const [key, value] of Object.entries((object[field] ?? {}) as Record<string, unknown>)) {
      if (!configKey.test(key))
        yield bad(`${field}[${key}]`, key, "a valid config key must consist of '-', '_' or '.'");
      if (typeof value !== 'string') yield bad(`${field}[${key}]`, value, 'must be a string');
      else size += field === 'data' ? Buffer.byteLength(value) : Buffer.from(value, 'base64').length;
    }
  if (size > mostConfig)
    yield { reason: 'FieldValueInvalid', field: '', message: `Too long: must have at most ${mostConfig} bytes` };
}

function* workloadErrors(resource: Resource, spec: Loose): Generator<FieldError> {
  if ('replicas' in spec && !isCount(spec['replicas']))
    yield bad('spec.replicas', spec['replicas'], 'must be greater than or equal to 0');
  const template = spec['template'] as { metadata?: { labels?: Record<string, string> }; spec?: PodSpec } | undefined;
  if (template?.spec === undefined) {
    yield missing('spec.template');
    return;
  }
  yield* podSpecErrors('spec.template.spec', template.spec);
  if (resource.name === 'jobs') return;
  const selector = spec['selector'] as LabelSelector | undefined;
  if (resource.name === 'replicationcontrollers') {
    if (!selects({ matchLabels: (selector ?? {}) as Record<string, string> }, template.metadata?.labels))
      yield bad(
        'spec.template.metadata.labels',
        template.metadata?.labels,
        '`selector` does not match template `labels`',
      );
    return;
  }
  if (selector === undefined) yield missing('spec.selector');
  else if (isEmptySelector(selector)) yield bad('spec.selector', selector, 'empty selector is invalid for deployment');
  else if (!selects(selector, template.metadata?.labels))
    yield bad(
      'spec.template.metadata.labels',
      template.metadata?.labels,
      '`selector` does not match template `labels`',
    );
}

function* podSpecErrors(path: string, spec: PodSpec): Generator<FieldError> {
  if (!Array.isArray(spec.containers) || spec.containers.length === 0) {
    yield missing(`${path}.containers`);
    return;
  }
  for (const [at, container] of spec.containers.entries()) {
    if (typeof container?.name !== 'string' || container.name === '') yield missing(`${path}.containers[${at}].name`);
    for (const list of ['requests', 'limits'] as const)
      for (const [name, value] of Object.entries(container?.resources?.[list] ?? {})) {
        const amount = parseQuantity(value);
        const field = `${path}.containers[${at}].resources.${list}[${name}]`;
        if (amount === undefined) yield bad(field, value, 'quantities must match the regular expression of a quantity');
        else if (amount < 0) yield bad(field, value, 'must be greater than or equal to 0');
      }
  }
}

function* immutableErrors(resource: Resource, object: KubeObject, previous: KubeObject): Generator<FieldError> {
  const [now, before] = [(object.spec ?? {}) as Loose, (previous.spec ?? {}) as Loose];
  const immutable: Partial<Record<typeof resource.name, string>> = {
    deployments: 'selector',
    replicasets: 'selector',
    statefulsets: 'selector',
    daemonsets: 'selector',
  };
  const field = immutable[resource.name];
  if (field !== undefined && !isDeepStrictEqual(now[field], before[field]))
    yield bad(`spec.${field}`, now[field], 'field is immutable');
  if (resource.name === 'nodes' && before['providerID'] !== undefined && now['providerID'] !== before['providerID'])
    yield {
      reason: 'FieldValueForbidden',
      field: 'spec.providerID',
      message: 'Forbidden: node updates may not change providerID except from "" to valid',
    };
  if (resource.name === 'pods' && !isDeepStrictEqual(frozenPart(object as Pod), frozenPart(previous as Pod)))
    yield {
      reason: 'FieldValueForbidden',
      field: 'spec',
      message:
        'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    };
}

function frozenPart(pod: Pod): object {
  const rest = without(structuredClone(pod.spec), 'tolerations', 'schedulingGates');
  for (const container of [...rest.containers, ...(rest.initContainers ?? [])]) delete container.image;
  return { ...rest, activeDeadlineSeconds: undefined };
}
