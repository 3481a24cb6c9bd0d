// Reads and writes with the API server's meaning: defaults, validation, preconditions, generations, graceful deletion, dry run.
import { isJsonObject, without } from '../json.ts';
import { isDeepStrictEqual } from 'node:util';
import { rfc3339 } from '../../../model/units.ts';
import { seededUuid } from '../../random.ts';
import { isTerminal, keyOf, keyOfObject } from '../objects.ts';
import { resourcesOf, storedVersion, viewsOf } from '../resources.ts';
import { alreadyExists, ApiError, badRequest, conflict, forbidden, notFound, staleWrite } from '../status.ts';
import { admitPod, defaultNode, setDefaults } from './defaults.ts';
import { ownReplicas, type Writer } from './managed-fields.ts';
import { applyPatch } from './patch.ts';
import { exceededQuota } from './quota.ts';
import { validate } from './validate.ts';
import type { Instant } from '../../../model/units.ts';
import type { Random } from '../../random.ts';
import type { Agenda } from '../agenda.ts';
import type { ClusterIndex } from '../cluster-index.ts';
import type {
  Json,
  JsonObject,
  Kinds,
  KubeObject,
  Node,
  ObjectInput,
  ObjectMeta,
  Pod,
  ResourceName,
} from '../objects.ts';
import type { KubernetesVersion, Resource } from '../resources.ts';
import type { Store } from '../store.ts';
import type { PatchType } from './patch.ts';

export interface WriteOptions {
  /** who writes, by the user agent; the cluster's own parts do not say */
  readonly manager?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly subresource?: 'status' | undefined;
  /** the group that the client writes through, where an object is served by two */
  readonly as?: Resource | undefined;
}
export interface DeleteOptions {
  readonly dryRun?: boolean | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly preconditions?:
    { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined;
}
export interface Deletion {
  readonly object: KubeObject;
  readonly gone: boolean;
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

export class Registry {
  readonly store: Store;
  readonly index: ClusterIndex;
  readonly version: KubernetesVersion;
  readonly resources: ReadonlyMap<string, Resource>;
  /** What is reachable by a path: the resources, and those that another group shows once more. */
  readonly served: readonly Resource[];
  readonly #agenda: Agenda;
  readonly #random: Random;

  constructor(store: Store, index: ClusterIndex, agenda: Agenda, version: KubernetesVersion, random: Random) {
    this.store = store;
    this.index = index;
    this.version = version;
    this.#agenda = agenda;
    this.#random = random;
    const resources = resourcesOf(version);
    this.resources = new Map(resources.map((resource) => [resource.name, resource]));
    this.served = [...resources, ...viewsOf(resources)];
  }

  now(): Instant {
    return this.#agenda.now();
  }

  timestamp(): string {
    return rfc3339((Math.floor(this.#agenda.now() / 1000) * 1000) as Instant);
  }

  resource(name: ResourceName): Resource {
    const resource = this.resources.get(name);
    if (resource === undefined) throw badRequest(`resource ${name} is not served`);
    return resource;
  }

  generatedName(prefix: string): string {
    let name = prefix;
    for (let at = 0; at < 5; at += 1) name += suffixLetters[Math.floor(this.#random() * suffixLetters.length)] ?? 'x';
    return name;
  }

  get<R extends ResourceName>(name: R, key: string): Kinds[R] {
    const object = this.store.get(name, key);
    if (object === undefined) throw notFound(this.resource(name), key.slice(key.indexOf('/') + 1));
    return object;
  }

  create<R extends ResourceName>(
    name: R,
    namespace: string | undefined,
    input: ObjectInput,
    options: WriteOptions = {},
  ): Kinds[R] {
    const resource = this.resource(name);
    const metadata = this.#newMetadata(resource, namespace, input);
    const object = {
      ...structuredClone(input),
      apiVersion: storedVersion(resource),
      kind: resource.kind,
      metadata,
    } as unknown as Kinds[R];
    // what a client says of the status of a new object is not taken from it; a node's kubelet may state its own
    if (resource.subresources.includes('status') && name !== 'nodes' && name !== 'persistentvolumes')
      delete object.status;
    setDefaults(name, object);
    if (name === 'nodes') defaultNode(object as unknown as Node);
    if (name === 'namespaces') object.status = { phase: 'Active' };
    validate(options.as ?? resource, object, undefined, this.version);
    if (name === 'pods') this.#admit(resource, object as unknown as Pod);
    ownReplicas(object, undefined, this.writer(options));
    if (this.store.get(name, keyOfObject(object)) !== undefined)
      throw alreadyExists(options.as ?? resource, metadata.name);
    return options.dryRun === true ? object : this.store.put(name, object);
  }

  writer({ manager }: WriteOptions): Writer | undefined {
    return manager === undefined || manager === '' ? undefined : { manager, time: this.timestamp() };
  }

  update(name: ResourceName, key: string, input: ObjectInput, options: WriteOptions = {}): KubeObject {
    const resource = this.resource(name);
    const old = this.get(name, key);
    const given = input.metadata ?? {};
    if (given.name !== undefined && given.name !== old.metadata.name)
      throw badRequest(
        `the name of the object (${given.name}) does not match the name on the URL (${old.metadata.name})`,
      );
    if (given.namespace !== undefined && given.namespace !== old.metadata.namespace)
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    if (given.uid !== undefined && given.uid !== '' && given.uid !== old.metadata.uid)
      throw conflict(
        resource,
        old.metadata.name,
        `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${old.metadata.uid}`,
      );
    if (
      given.resourceVersion !== undefined &&
      given.resourceVersion !== '' &&
      given.resourceVersion !== old.metadata.resourceVersion
    )
      throw staleWrite(resource, old.metadata.name);
    const object = this.#merged(resource, old, structuredClone(input), options.subresource);
    setDefaults(name, object);
    validate(options.as ?? resource, object, old, this.version);
    if (resource.generation && !isDeepStrictEqual(object.spec, old.spec))
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    ownReplicas(object, old, this.writer(options));
    if (options.dryRun === true) return object;
    const stored = this.store.put(name, object);
    const finished = stored.metadata.deletionTimestamp !== undefined && (stored.metadata.finalizers ?? []).length === 0;
    if (finished && (name !== 'pods' || stored.metadata.deletionGracePeriodSeconds === 0) && name !== 'namespaces')
      return this.store.remove(name, key) ?? stored;
    return stored;
  }

  patch(
    name: ResourceName,
    key: string,
    type: PatchType,
    patch: Json,
    options: WriteOptions = {},
    view = (object: KubeObject): KubeObject => object,
    unview = (input: ObjectInput): ObjectInput => input,
  ): KubeObject {
    const old = view(this.get(name, key));
    const patched = applyPatch(type, structuredClone(old) as unknown as JsonObject, patch);
    if (!isJsonObject(patched) || !isJsonObject(patched['metadata']))
      throw badRequest('the patch leaves no object: metadata is gone');
    return this.update(name, key, unview(patched as unknown as ObjectInput), options);
  }

  /** How the cluster's own parts write: no preconditions, since nothing comes between reading and writing here. */
  change<R extends ResourceName>(name: R, key: string, mutate: (draft: Kinds[R]) => void): Kinds[R] | undefined {
    const old = this.store.get(name, key);
    if (old === undefined) return undefined;
    const draft = structuredClone(old);
    mutate(draft);
    if (this.resource(name).generation && !isDeepStrictEqual(draft.spec, old.spec))
      draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
    return this.store.put(name, draft);
  }

  delete(name: ResourceName, key: string, options: DeleteOptions = {}): Deletion {
    const resource = this.resource(name);
    const old = this.get(name, key);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== old.metadata.uid)
      throw conflict(
        resource,
        old.metadata.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
      );
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion)
      throw conflict(
        resource,
        old.metadata.name,
        `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${old.metadata.resourceVersion}`,
      );
    if (name === 'namespaces' && ['default', 'kube-system', 'kube-public'].includes(old.metadata.name))
      throw forbidden(resource, old.metadata.name, 'this namespace may not be deleted');
    const grace = name === 'pods' ? graceOf(old as Pod, options.gracePeriodSeconds) : 0;
    if (options.dryRun === true) return { object: old, gone: grace === 0 };
    if (options.propagationPolicy === 'Orphan') this.#orphan(old);
    const held = (old.metadata.finalizers ?? []).length > 0 || name === 'namespaces';
    if (grace === 0 && !held) return { object: this.store.remove(name, key) ?? old, gone: true };
    const object = this.change(name, key, (draft) => {
      const shorter = grace < (draft.metadata.deletionGracePeriodSeconds ?? Infinity);
      if (draft.metadata.deletionTimestamp !== undefined && !shorter) return;
      draft.metadata.deletionTimestamp = rfc3339(((Math.floor(this.#agenda.now() / 1000) + grace) * 1000) as Instant);
      draft.metadata.deletionGracePeriodSeconds = grace;
      if (name === 'namespaces') draft.status = { phase: 'Terminating' };
    });
    return { object: object ?? old, gone: false };
  }

  #newMetadata(resource: Resource, namespace: string | undefined, input: ObjectInput): ObjectMeta {
    const given = input.metadata ?? {};
    const name = given.name ?? (given.generateName === undefined ? undefined : this.generatedName(given.generateName));
    if (name === undefined || name === '')
      throw new ApiError(
        422,
        'Invalid',
        `${resource.kind} "" is invalid: metadata.name: Required value: name or generateName is required`,
      );
    if (given.resourceVersion !== undefined && given.resourceVersion !== '' && given.resourceVersion !== '0')
      throw badRequest('resourceVersion should not be set on objects to be created');
    const home = resource.namespaced ? (namespace ?? given.namespace ?? 'default') : undefined;
    if (home !== undefined) this.#requireNamespace(resource, home, given.namespace, name);
    return {
      ...without(structuredClone(given), 'namespace', 'deletionTimestamp', 'deletionGracePeriodSeconds'),
      name,
      ...(home === undefined ? {} : { namespace: home }),
      uid: seededUuid(this.#random),
      resourceVersion: '',
      ...(resource.generation ? { generation: 1 } : {}),
      creationTimestamp: this.timestamp(),
    };
  }

  #requireNamespace(resource: Resource, home: string, given: string | undefined, name: string): void {
    if (given !== undefined && given !== '' && given !== home)
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    const namespace = this.get('namespaces', home);
    if (namespace.metadata.deletionTimestamp !== undefined)
      throw forbidden(
        resource,
        name,
        `unable to create new content in namespace ${home} because it is being terminated`,
      );
  }

  #admit(resource: Resource, pod: Pod): void {
    admitPod(pod, this.store.values('priorityclasses'));
    const over = exceededQuota(this.store, pod);
    if (over !== undefined) throw forbidden(resource, pod.metadata.name, over);
  }

  #merged(resource: Resource, old: KubeObject, input: ObjectInput, subresource: 'status' | undefined): KubeObject {
    if (subresource === 'status') {
      const object = structuredClone(old);
      if (input['status'] === undefined) delete object.status;
      else object.status = input['status'] as object;
      return object;
    }
    const { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds, name, namespace } =
      old.metadata;
    const kept = { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds, name, namespace };
    const metadata = { ...input.metadata, resourceVersion: old.metadata.resourceVersion } as unknown as JsonObject;
    for (const [field, value] of Object.entries(kept)) {
      if (value === undefined) Reflect.deleteProperty(metadata, field);
      else metadata[field] = value;
    }
    const object = { ...input, apiVersion: old.apiVersion, kind: old.kind, metadata } as unknown as KubeObject;
    if (resource.subresources.includes('status')) {
      if (old.status === undefined) delete object.status;
      else object.status = structuredClone(old.status);
    }
    return object;
  }

  #orphan(owner: KubeObject): void {
    for (const { resource, key } of this.index.dependentsOf(owner.metadata.uid))
      this.change(resource, key, (draft) => {
        const rest = (draft.metadata.ownerReferences ?? []).filter((one) => one.uid !== owner.metadata.uid);
        if (rest.length === 0) delete draft.metadata.ownerReferences;
        else draft.metadata.ownerReferences = rest;
      });
  }
}

/** Seconds a pod has to end; none when it never ran or has ended. */
function graceOf(pod: Pod, asked: number | undefined): number {
  if (pod.spec.nodeName === undefined || isTerminal(pod)) return 0;
  return Math.max(0, asked ?? pod.spec.terminationGracePeriodSeconds ?? 30);
}

export const keyFor = (resource: Resource, namespace: string | undefined, name: string): string =>
  keyOf(resource.namespaced ? namespace : undefined, name);
