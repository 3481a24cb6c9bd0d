// The scale subresource: replicas read and written without knowing the workload's kind.
import { labelSelectorText } from '../../../model/label-selector-text.ts';
import { isJsonObject } from '../json.ts';
import { badRequest, invalid, notFound, staleWrite } from '../status.ts';
import { ownReplicas } from './managed-fields.ts';
import { applyPatch } from './patch.ts';
import type { Json, JsonObject, KubeObject, LabelSelector, ObjectInput, ResourceName } from '../objects.ts';
import type { PatchType } from './patch.ts';
import type { Registry, WriteOptions } from './registry.ts';

export interface Scale {
  kind: 'Scale';
  apiVersion: 'autoscaling/v1';
  metadata: { name: string; namespace?: string; uid: string; resourceVersion: string; creationTimestamp: string };
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

export function readScale(registry: Registry, resource: ResourceName, key: string): Scale {
  return scaleOf(resource, registry.get(resource, key));
}

export function writeScale(
  registry: Registry,
  resource: ResourceName,
  key: string,
  input: ObjectInput,
  options: WriteOptions,
): Scale {
  const old = registry.get(resource, key);
  const { name } = old.metadata;
  if (input.kind !== undefined && input.kind !== 'Scale') throw badRequest(`expected a Scale, got a ${input.kind}`);
  const given = input.metadata ?? {};
  if (given.name !== undefined && given.name !== name)
    throw badRequest(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
  if (
    given.resourceVersion !== undefined &&
    given.resourceVersion !== '' &&
    given.resourceVersion !== old.metadata.resourceVersion
  )
    throw staleWrite(registry.resource(resource), name);
  const replicas = (input['spec'] as { replicas?: unknown } | undefined)?.replicas ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0)
    throw invalid(registry.resource(resource), name, [
      {
        reason: 'FieldValueInvalid',
        field: 'spec.replicas',
        message: `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`,
      },
    ]);
  if (options.dryRun === true) return { ...scaleOf(resource, old), spec: replicas === 0 ? {} : { replicas } };
  const written = registry.change(resource, key, (draft) => {
    (draft.spec as { replicas: number }).replicas = replicas;
    ownReplicas(draft, old, registry.writer(options), 'scale');
  });
  if (written === undefined) throw notFound(registry.resource(resource), name);
  return scaleOf(resource, written);
}

export function patchScale(
  registry: Registry,
  resource: ResourceName,
  key: string,
  type: PatchType,
  patch: Json,
  options: WriteOptions,
): Scale {
  const patched = applyPatch(type, readScale(registry, resource, key) as unknown as JsonObject, patch);
  if (!isJsonObject(patched)) throw badRequest('the patch leaves no Scale');
  return writeScale(registry, resource, key, patched as unknown as ObjectInput, options);
}

function scaleOf(resource: ResourceName, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const spec = object.spec as { replicas?: number; selector?: LabelSelector | Record<string, string> };
  const selector = labelSelectorText(
    resource === 'replicationcontrollers'
      ? { matchLabels: (spec.selector ?? {}) as Record<string, string> }
      : (spec.selector ?? {}),
  );
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    // a zero is left out of the answer, as the real server's encoding does
    spec: spec.replicas === undefined || spec.replicas === 0 ? {} : { replicas: spec.replicas },
    status: {
      replicas: (object.status as { replicas?: number } | undefined)?.replicas ?? 0,
      ...(selector === '' ? {} : { selector }),
    },
  };
}
