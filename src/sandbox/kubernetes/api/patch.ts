// The three kinds of patches: JSON merge, JSON patch and Kubernetes' strategic merge.
import { canonicalJson, isJsonObject } from '../json.ts';
import { ApiError, badRequest } from '../status.ts';
import type { Json, JsonObject } from '../objects.ts';

export const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
] as const;
export type PatchType = (typeof patchTypes)[number];

export function applyPatch(type: PatchType, target: JsonObject, patch: Json): Json {
  switch (type) {
    case 'application/json-patch+json':
      return jsonPatch(target, patch);
    case 'application/merge-patch+json':
      if (!isJsonObject(patch)) throw badRequest('error decoding patch: a merge patch is a JSON object');
      return mergePatch(target, patch);
    case 'application/strategic-merge-patch+json':
      if (!isJsonObject(patch)) throw badRequest('error decoding patch: a strategic merge patch is a JSON object');
      return strategicMerge(target, patch, '');
  }
}

function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

// By field, as the types of Kubernetes declare it; lists that are not named here are replaced as a whole (taints among them).
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  conditions: 'type',
  addresses: 'type',
  ownerReferences: 'uid',
  podIPs: 'ip',
  secrets: 'name',
};
const primitiveLists = new Set(['finalizers']);
const mergeKeyOf = (field: string, parent: string): string | undefined =>
  field === 'ports'
    ? parent === 'containers' || parent === 'initContainers'
      ? 'containerPort'
      : 'port'
    : mergeKeys[field];

function strategicMerge(target: Json | undefined, patch: JsonObject, parent: string): JsonObject {
  const { $patch: directive, ...fields } = patch;
  if (directive === 'replace') return fields;
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  if (directive === 'delete') return {};
  for (const [key, value] of Object.entries(fields)) {
    if (key === '$retainKeys' && Array.isArray(value)) {
      for (const name of Object.keys(merged)) if (!value.includes(name)) Reflect.deleteProperty(merged, name);
    } else if (key.startsWith('$deleteFromPrimitiveList/') && Array.isArray(value)) {
      const field = key.slice('$deleteFromPrimitiveList/'.length);
      const list = merged[field];
      if (Array.isArray(list)) merged[field] = list.filter((item) => !value.includes(item));
    } else if (key.startsWith('$')) {
      continue; // $setElementOrder only arranges what the merge has already made
    } else if (value === null) Reflect.deleteProperty(merged, key);
    else if (isJsonObject(value)) merged[key] = strategicMerge(merged[key], value, key);
    else if (Array.isArray(value)) merged[key] = mergeList(key, parent, merged[key], value);
    else merged[key] = value;
  }
  return merged;
}

function mergeList(field: string, parent: string, target: Json | undefined, patch: Json[]): Json[] {
  const old = Array.isArray(target) ? target : [];
  if (primitiveLists.has(field)) return [...old, ...patch.filter((item) => !old.includes(item))];
  const mergeKey = mergeKeyOf(field, parent);
  if (mergeKey === undefined) return patch;
  if (patch.some((item) => isJsonObject(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => isJsonObject(item) && item['$patch'] === undefined);
  const merged = [...old];
  for (const item of patch) {
    if (!isJsonObject(item)) throw badRequest(`strategic merge patch: an element of ${field} is not an object`);
    const key = item[mergeKey];
    if (key === undefined)
      throw badRequest(`strategic merge patch: an element of ${field} has no ${mergeKey} to merge by`);
    const at = merged.findIndex((existing) => isJsonObject(existing) && existing[mergeKey] === key);
    if (item['$patch'] === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (at >= 0) merged[at] = strategicMerge(merged[at], item, field);
    else merged.push(strategicMerge(undefined, item, field));
  }
  return merged;
}

const cannotApply = (why: string): ApiError =>
  new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`);

const pointerParts = (pointer: Json | undefined): string[] => {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/')))
    throw badRequest(`json patch: ${JSON.stringify(pointer)} is not a JSON pointer`);
  return pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
};

function valueAt(document: Json, parts: readonly string[]): Json | undefined {
  let value: Json | undefined = document;
  for (const part of parts) {
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isJsonObject(value)) value = value[part];
    else return undefined;
  }
  return value;
}

function jsonPatch(target: JsonObject, patch: Json): Json {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is a list of operations');
  let document: Json = structuredClone(target);
  for (const operation of patch) {
    if (!isJsonObject(operation)) throw badRequest('error decoding patch: an operation is not an object');
    document = applyOperation(document, operation);
  }
  return document;
}

function applyOperation(document: Json, operation: JsonObject): Json {
  const path = pointerParts(operation['path']);
  switch (operation['op']) {
    case 'add':
    case 'replace':
      return write(document, path, operation['value'] ?? null, operation['op']);
    case 'remove':
      return remove(document, path);
    case 'test':
      if (!sameJson(valueAt(document, path), operation['value']))
        throw cannotApply(`testing value ${path.join('/')} failed`);
      return document;
    case 'copy':
    case 'move': {
      const from = pointerParts(operation['from']);
      const value = valueAt(document, from);
      if (value === undefined) throw cannotApply(`${operation['op']}: nothing at /${from.join('/')}`);
      const rest = operation['op'] === 'move' ? remove(document, from) : document;
      return write(rest, path, structuredClone(value), 'add');
    }
    default:
      throw badRequest(`json patch: unknown operation ${JSON.stringify(operation['op'])}`);
  }
}

function write(document: Json, path: readonly string[], value: Json, how: 'add' | 'replace'): Json {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = valueAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const at = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(at) || at < 0 || at > parent.length || (how === 'replace' && at === parent.length))
      throw cannotApply(`no index ${last} at /${path.slice(0, -1).join('/')}`);
    parent.splice(at, how === 'replace' ? 1 : 0, value);
  } else if (isJsonObject(parent)) {
    if (how === 'replace' && parent[last] === undefined)
      throw cannotApply(`replace operation does not apply: missing key /${path.join('/')}`);
    parent[last] = value;
  } else throw cannotApply(`${how} operation does not apply: doc is missing path: /${path.join('/')}`);
  return document;
}

function remove(document: Json, path: readonly string[]): Json {
  const last = path.at(-1);
  const parent = valueAt(document, path.slice(0, -1));
  if (last !== undefined && Array.isArray(parent) && parent[Number(last)] !== undefined) parent.splice(Number(last), 1);
  else if (last !== undefined && isJsonObject(parent) && parent[last] !== undefined)
    Reflect.deleteProperty(parent, last);
  else throw cannotApply(`remove operation does not apply: missing path: /${path.join('/')}`);
  return document;
}

const sameJson = (left: Json | undefined, right: Json | undefined): boolean =>
  canonicalJson(left) === canonicalJson(right);
