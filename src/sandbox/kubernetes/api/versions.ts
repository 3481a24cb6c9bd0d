// Between the version an object is kept in and the version a client asked for.
import { oldEvent, youngEvent } from './events.ts';
import { without } from '../json.ts';
import { eventsGroup, groupVersion, storedVersion } from '../resources.ts';
import { badRequest } from '../status.ts';
import type { Resource } from '../resources.ts';
import type { Json, JsonObject, KubeObject, ObjectInput } from '../objects.ts';

/** The object as a client of this version reads it; the same object where nothing differs. */
export function toVersion(resource: Resource, object: KubeObject, version: string): KubeObject {
  const apiVersion = groupVersion(resource.group, version);
  if (object.apiVersion === apiVersion) return object;
  if (resource.group === eventsGroup) return { ...youngEvent(object), apiVersion };
  if (resource.name === 'horizontalpodautoscalers') return { ...object, apiVersion, ...hpaToV1(object) };
  return { ...object, apiVersion };
}

/** A client's object in the stored version; another group's or kind's is refused. */
export function fromVersion(resource: Resource, input: ObjectInput, version: string): ObjectInput {
  const apiVersion = groupVersion(resource.group, version);
  if (input.kind !== undefined && input.kind !== resource.kind)
    throw badRequest(`${input.kind} in version "${input.apiVersion}" cannot be handled as a ${resource.kind}`);
  if (input.apiVersion !== undefined && input.apiVersion !== apiVersion)
    throw badRequest(
      `the API version in the data (${input.apiVersion}) does not match the expected API version (${apiVersion})`,
    );
  if (resource.group === eventsGroup)
    return { ...oldEvent(input), metadata: input.metadata, kind: resource.kind, apiVersion: 'v1' };
  const stored = { ...input, kind: resource.kind, apiVersion: storedVersion(resource) };
  return resource.name === 'horizontalpodautoscalers' && apiVersion !== stored.apiVersion
    ? { ...stored, ...hpaToV2(input) }
    : stored;
}

const cpuOf = (metrics: Json | undefined): JsonObject | undefined => {
  if (!Array.isArray(metrics)) return undefined;
  for (const metric of metrics) {
    const resource = (metric as { resource?: JsonObject }).resource;
    if (resource?.['name'] === 'cpu') return resource;
  }
  return undefined;
};

// Between v1 and v2 only the CPU target has a place on both sides.
function hpaToV1(object: KubeObject): { spec: object; status?: object } {
  const spec = (object.spec ?? {}) as JsonObject;
  const target = cpuOf(spec['metrics'])?.['target'] as JsonObject | undefined;
  const status = (object.status ?? {}) as JsonObject;
  const current = cpuOf(status['currentMetrics'])?.['current'] as JsonObject | undefined;
  return {
    spec: {
      ...without(spec, 'metrics', 'behavior'),
      ...(target?.['averageUtilization'] === undefined
        ? {}
        : { targetCPUUtilizationPercentage: target['averageUtilization'] }),
    },
    status: {
      ...without(status, 'currentMetrics', 'conditions'),
      ...(current?.['averageUtilization'] === undefined
        ? {}
        : { currentCPUUtilizationPercentage: current['averageUtilization'] }),
    },
  };
}

function hpaToV2(input: ObjectInput): { spec: object } {
  const { targetCPUUtilizationPercentage: percent, ...spec } = (input['spec'] ?? {}) as JsonObject;
  if (percent === undefined) return { spec };
  const target = { type: 'Utilization', averageUtilization: percent };
  return { spec: { ...spec, metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] } };
}
