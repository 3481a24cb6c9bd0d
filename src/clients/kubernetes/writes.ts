// What springtide changes in Kubernetes: scales, evictions, nodes, Events; each with a precondition and a short deadline.
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { Node, Scale, Taint } from '../../model/kubernetes.ts';
import type { TargetRef } from '../../model/target.ts';
import type { Milliseconds } from '../../model/units.ts';
import { ClientError } from '../http/error.ts';
import type { ClientErrorCode } from '../http/error.ts';
import type { HttpRequest } from '../http/types.ts';
import { validate } from '../http/validate.ts';
import type { Discovery } from './discovery.ts';
import { eventOf } from './event.ts';
import type { EventRequest } from './event.ts';
import { projectNode } from './projections.ts';
import type { Json } from './projections.ts';
import { pathOf, watchedResources } from './resources.ts';
import { statusOf } from './transport.ts';
import type { KubernetesTransport } from './transport.ts';

export interface WriteOptions {
  /** The server checks everything and changes nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** The connection has just answered: opening another would only give others the time for one more write. */
  readonly justRead?: boolean;
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string | undefined;
}

export type Eviction =
  | { readonly result: 'accepted' }
  | { readonly result: 'refusedByBudget'; readonly message: string; readonly retryAfter: Milliseconds | null }
  /** no waiting helps: Kubernetes evicts no such pod, however much they allow */
  | { readonly result: 'severalBudgets'; readonly message: string }
  /** an admission webhook or policy, or a right that is missing: it may be allowed some day, and not in the next moment */
  | { readonly result: 'denied'; readonly message: string }
  | { readonly result: 'gone' }
  | { readonly result: 'failed'; readonly code: ClientErrorCode; readonly message: string };

/** A merge patch: null takes a label or an annotation away; taints are replaced as a whole. */
export interface NodePatch {
  readonly unschedulable?: boolean | null;
  readonly taints?: readonly Taint[];
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly labels?: Readonly<Record<string, string | null>>;
}

export interface KubernetesWrites {
  readScale(target: TargetRef, signal?: AbortSignal): Promise<Scale>;
  /** Conflict where the object is no longer at `resourceVersion`; answers with the version that the write made. */
  writeScale(
    target: TargetRef,
    replicas: number,
    options: WriteOptions & { readonly resourceVersion: string | undefined },
  ): Promise<{ readonly resourceVersion: string | null }>;
  /**
   * Merged into the object's own annotations; null takes one away. Conflict where the object is no longer at
   * `resourceVersion`; answers with the version that the write made.
   */
  annotate(
    target: TargetRef,
    annotations: Readonly<Record<string, string | null>>,
    options?: WriteOptions & { readonly resourceVersion?: string | undefined },
  ): Promise<{ readonly resourceVersion: string | null }>;
  /** The same on a pod, if it is still the one of this uid. */
  annotatePod(
    pod: PodRef,
    annotations: Readonly<Record<string, string | null>>,
    options?: WriteOptions,
  ): Promise<'written' | 'gone'>;
  evict(pod: PodRef, options?: WriteOptions & { readonly gracePeriodSeconds?: number }): Promise<Eviction>;
  /** null where it is gone */
  getNode(name: string, signal?: AbortSignal): Promise<Node | null>;
  patchNode(
    name: string,
    patch: NodePatch,
    options?: WriteOptions & { readonly resourceVersion?: string | undefined; readonly uid?: string | undefined },
  ): Promise<Node>;
  deleteNode(name: string, options: WriteOptions & { readonly uid: string }): Promise<'deleted' | 'gone'>;
  /** Best effort: false where it is not there after all; never throws. */
  createEvent(event: EventRequest, options?: WriteOptions): Promise<boolean>;
}

const longestWrite = 4_000;
const scaleShape = z.looseObject({
  metadata: z.looseObject({ name: z.string(), resourceVersion: z.string().optional() }),
  spec: z.looseObject({ replicas: z.number().optional() }).optional(),
  status: z.looseObject({ replicas: z.number().optional(), selector: z.string().optional() }).optional(),
});
const annotatedShape = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string().optional() }) });
const objectShape = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

export interface WritesOptions {
  readonly transport: KubernetesTransport;
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly timeout: Milliseconds;
  /** this process, on Events: the pod's name */
  readonly instance: string;
}

export function createWrites({ transport, discovery, clock, timeout, instance }: WritesOptions): KubernetesWrites {
  const deadline = Math.min(longestWrite, timeout) as Milliseconds;
  let events = 0;

  const write = async (request: HttpRequest, options: WriteOptions = {}): Promise<unknown> => {
    const answer = await transport.request({
      ...request,
      query: options.dryRun === true ? { dryRun: 'All' } : {},
      deadline,
      idempotent: false,
      // A write must not die on a connection that the server was just closing.
      freshConnection: options.justRead !== true,
      ...(options.signal && { signal: options.signal }),
    });
    return answer.json();
  };

  async function pathTo(target: TargetRef, sub?: 'scale'): Promise<string> {
    const known = knownKinds.get(target.kind);
    if (known !== undefined && isOwnGroup(known, target.apiVersion))
      return pathOf(known.version, known.plural, target.namespace, target.name, sub);
    const apiVersion = target.apiVersion ?? 'apps/v1';
    const plural = (await discovery.scalable(apiVersion, target.kind)).name;
    return pathOf(apiVersion, plural, target.namespace, target.name, sub);
  }

  /** Where a whole custom kind has gone, the next look-up asks the server anew. */
  const noticing = async <T>(target: TargetRef, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      if (target.apiVersion !== undefined && isCode(error, 'NotFound')) discovery.doubt(target.apiVersion);
      throw error;
    }
  };

  async function readScale(target: TargetRef, signal?: AbortSignal): Promise<Scale> {
    const path = await pathTo(target, 'scale');
    const request = { path, deadline, operation: 'read scale', ...(signal && { signal }) };
    const answer = await noticing(target, () => transport.request(request));
    return scaleOf(answer.json(), target);
  }

  const writeScale: KubernetesWrites['writeScale'] = async (target, replicas, options) => {
    const path = await pathTo(target, 'scale');
    const { namespace, name } = target;
    const metadata = {
      namespace,
      name,
      ...(options.resourceVersion !== undefined && { resourceVersion: options.resourceVersion }),
    };
    const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: { replicas } };
    const written = scaleOf(await write({ method: 'PUT', path, body, operation: 'write scale' }, options), target);
    return { resourceVersion: written.metadata.resourceVersion ?? null };
  };

  const annotate: KubernetesWrites['annotate'] = async (target, annotations, options = {}) => {
    const path = await pathTo(target);
    const { resourceVersion } = options;
    const metadata = { annotations, ...(resourceVersion !== undefined && { resourceVersion }) };
    const headers = { 'content-type': 'application/merge-patch+json' };
    const written = await write({ method: 'PATCH', path, headers, body: { metadata }, operation: 'annotate' }, options);
    const what = `annotations of ${target.kind} ${target.namespace}/${target.name}`;
    const answer = validate(annotatedShape, written, { source: 'Kubernetes', what });
    return { resourceVersion: answer.metadata.resourceVersion ?? null };
  };

  const annotatePod: KubernetesWrites['annotatePod'] = async (pod, annotations, options = {}) => {
    const { namespace, name, uid } = pod;
    const path = pathOf('v1', 'pods', namespace, name);
    const headers = { 'content-type': 'application/merge-patch+json' };
    const body = { metadata: { annotations, ...(uid !== undefined && { uid }) } };
    try {
      await write({ method: 'PATCH', path, headers, body, operation: 'annotate pod' }, options);
      return 'written';
    } catch (error) {
      // Another pod took the name: its uid is "invalid" to Kubernetes, because none can be changed.
      const isAnother = error instanceof ClientError && error.status === 422;
      if (isAnother || isCode(error, 'NotFound') || isCode(error, 'Conflict')) return 'gone';
      throw error;
    }
  };

  const evict: KubernetesWrites['evict'] = async (pod, options = {}) => {
    try {
      const apiVersion = (await discovery.evictionVersion()) ?? 'policy/v1';
      const deleteOptions = {
        ...(pod.uid !== undefined && { preconditions: { uid: pod.uid } }),
        ...(options.gracePeriodSeconds !== undefined && { gracePeriodSeconds: options.gracePeriodSeconds }),
        ...(options.dryRun === true && { dryRun: ['All'] }),
      };
      const metadata = { namespace: pod.namespace, name: pod.name };
      const body = { apiVersion, kind: 'Eviction', metadata, deleteOptions };
      const path = pathOf('v1', 'pods', pod.namespace, pod.name, 'eviction');
      await write({ method: 'POST', path, body, operation: 'evict' }, options);
      return { result: 'accepted' };
    } catch (error) {
      return evictionRefusal(error, pod);
    }
  };

  async function getNode(name: string, signal?: AbortSignal): Promise<Node | null> {
    const path = pathOf('v1', 'nodes', undefined, name);
    try {
      const answer = await transport.request({ path, deadline, operation: 'read node', ...(signal && { signal }) });
      return nodeOf(answer.json());
    } catch (error) {
      if (isCode(error, 'NotFound')) return null;
      throw error;
    }
  }

  const patchNode: KubernetesWrites['patchNode'] = async (name, patch, options = {}) => {
    const { resourceVersion, uid } = options;
    const metadata = {
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(uid !== undefined && { uid }),
      ...(patch.annotations && { annotations: patch.annotations }),
      ...(patch.labels && { labels: patch.labels }),
    };
    const spec = {
      ...(patch.unschedulable !== undefined && { unschedulable: patch.unschedulable }),
      ...(patch.taints && { taints: patch.taints }),
    };
    const path = pathOf('v1', 'nodes', undefined, name);
    const headers = { 'content-type': 'application/merge-patch+json' };
    return nodeOf(
      await write({ method: 'PATCH', path, headers, body: { metadata, spec }, operation: 'patch node' }, options),
    );
  };

  const deleteNode: KubernetesWrites['deleteNode'] = async (name, options) => {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: options.uid } };
    const path = pathOf('v1', 'nodes', undefined, name);
    try {
      await write({ method: 'DELETE', path, body, operation: 'delete node' }, options);
      return 'deleted';
    } catch (error) {
      // Another node took the name: the one that was meant is gone.
      if (isCode(error, 'NotFound') || isCode(error, 'Conflict')) return 'gone';
      throw error;
    }
  };

  const createEvent: KubernetesWrites['createEvent'] = async (event, options = {}) => {
    const body = eventOf(event, { now: clock.now(), count: ++events, instance });
    const path = pathOf('events.k8s.io/v1', 'events', body.metadata.namespace);
    try {
      await write({ method: 'POST', path, body, operation: 'create event' }, options);
      return true;
    } catch (error) {
      // somebody, perhaps this process before its restart, has said the same already
      return event.key !== undefined && isCode(error, 'Conflict');
    }
  };

  return { readScale, writeScale, annotate, annotatePod, evict, getNode, patchNode, deleteNode, createEvent };
}

// The four that everybody has need no discovery.
const scalable = [
  watchedResources.deployments,
  watchedResources.statefulsets,
  watchedResources.replicasets,
  watchedResources.replicationcontrollers,
];
interface KnownKind {
  readonly version: string;
  readonly plural: string;
}
const knownKinds = new Map<string, KnownKind>(
  scalable.map(({ kind, versions, plural }) => [kind, { version: versions[0], plural }]),
);
const groupOf = (apiVersion: string): string => apiVersion.split('/').toReversed()[1] ?? '';

/** A Deployment of another group is another kind. apps/v1 is what stands where nobody wrote a version. */
const isOwnGroup = ({ version }: KnownKind, apiVersion: string | undefined): boolean =>
  apiVersion === undefined || ['apps', 'extensions', groupOf(version)].includes(groupOf(apiVersion));

const isCode = (error: unknown, code: ClientErrorCode): boolean => error instanceof ClientError && error.code === code;

/** The API server's own words: the one who refuses chooses the status code, 429 and 500 among them. */
const admission =
  /admission webhook ".*" denied the request|failed calling webhook "|ValidatingAdmissionPolicy '.*' denied request/;

const isDenial = (code: ClientErrorCode, words: string): boolean =>
  code === 'Forbidden' || code === 'BadRequest' || admission.test(words);

function evictionRefusal(error: unknown, pod: PodRef): Eviction {
  if (!(error instanceof ClientError)) throw error;
  const { code, message, retryAfterMs } = error;
  const status = statusOf(error.response);
  if (status !== null && isDenial(code, status.message ?? ''))
    return { result: 'denied', message: status.message ?? message };
  const byBudget =
    status?.details?.causes?.some((cause) => cause.reason === 'DisruptionBudget') === true ||
    /disruption budget/i.test(status?.message ?? '');
  if (code === 'TooManyRequests' && byBudget)
    return {
      result: 'refusedByBudget',
      message: status?.message ?? message,
      retryAfter: retryAfterMs as Milliseconds | null,
    };
  // An internal error to Kubernetes, told from others by its words alone.
  if (code === 'ServerFault' && /more than one PodDisruptionBudget/i.test(status?.message ?? ''))
    return { result: 'severalBudgets', message: status?.message ?? message };
  // Another pod has the name now.
  const replaced = code === 'Conflict' && pod.uid !== undefined && /precondition/i.test(status?.message ?? '');
  if (code === 'NotFound' || replaced) return { result: 'gone' };
  return { result: 'failed', code, message };
}

function scaleOf(answer: unknown, target: TargetRef): Scale {
  const scale = validate(scaleShape, answer, {
    source: 'Kubernetes',
    what: `scale of ${target.kind} ${target.namespace}/${target.name}`,
  });
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: {
      name: target.name,
      namespace: target.namespace,
      ...(scale.metadata.resourceVersion !== undefined && { resourceVersion: scale.metadata.resourceVersion }),
    },
    // The API leaves zero out.
    spec: { replicas: scale.spec?.replicas ?? 0 },
    status: {
      replicas: scale.status?.replicas ?? 0,
      ...(scale.status?.selector !== undefined && { selector: scale.status.selector }),
    },
    target: { kind: target.kind, ...(target.apiVersion !== undefined && { apiVersion: target.apiVersion }) },
  };
}

function nodeOf(answer: unknown): Node {
  const node: Json = validate(objectShape, answer, { source: 'Kubernetes', what: 'node' });
  return projectNode(node, 'v1', 'Node');
}
