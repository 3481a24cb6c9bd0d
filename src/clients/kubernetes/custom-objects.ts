// Objects of custom kinds as far as they matter here: their metadata. What is in their specs is for their own controllers.
import { z } from 'zod';
import type { ObjectMeta } from '../../model/kubernetes.ts';
import type { TargetRef } from '../../model/target.ts';
import type { Milliseconds } from '../../model/units.ts';
import { ClientError } from '../http/error.ts';
import { validate } from '../http/validate.ts';
import type { Discovery } from './discovery.ts';
import { projectMeta } from './projections.ts';
import { pathOf } from './resources.ts';
import type { KubernetesTransport } from './transport.ts';

export interface CustomKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface CustomObjects {
  /** All of the kind that the selector means; undefined: in all namespaces. */
  list(
    kind: CustomKind,
    where: { readonly namespace: string | undefined; readonly labelSelector: string },
    signal?: AbortSignal,
  ): Promise<readonly ObjectMeta[]>;
  read(target: TargetRef & CustomKind, signal?: AbortSignal): Promise<ObjectMeta>;
}

const longestCall = 4_000;
const pageSize = 500;
/** What a selector finds beyond this is a mistake rather than a fleet. */
const mostObjects = 20_000;

const wanted = (list: '' | 'List'): string =>
  `application/json;as=PartialObjectMetadata${list};g=meta.k8s.io;v=1,application/json`;
const metadata = z.looseObject({ name: z.string() });
const objectShape = z.looseObject({ metadata });
const listShape = z.looseObject({
  metadata: z.looseObject({ continue: z.string().optional() }),
  items: z.array(objectShape),
});

export function createCustomObjects(
  transport: KubernetesTransport,
  discovery: Discovery,
  timeout: Milliseconds,
): CustomObjects {
  const deadline = Math.min(longestCall, timeout) as Milliseconds;

  async function pathTo({ apiVersion, kind }: CustomKind, namespace?: string, name?: string): Promise<string> {
    return pathOf(apiVersion, (await discovery.scalable(apiVersion, kind)).name, namespace, name);
  }

  /** Where a whole kind has gone, the next look-up asks the server anew. */
  async function get(
    { apiVersion }: CustomKind,
    request: { readonly path: string; readonly query?: Record<string, string | number | undefined> },
    list: '' | 'List',
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const operation = list === '' ? 'read metadata' : 'list metadata';
    const headers = { accept: wanted(list) };
    try {
      const answer = await transport.request({ ...request, headers, deadline, operation, ...(signal && { signal }) });
      return answer.json();
    } catch (error) {
      if (error instanceof ClientError && error.code === 'NotFound') discovery.doubt(apiVersion);
      throw error;
    }
  }

  const list: CustomObjects['list'] = async (kind, { namespace, labelSelector }, signal) => {
    const path = await pathTo(kind, namespace);
    const found: ObjectMeta[] = [];
    let from: string | undefined;
    do {
      const query = { limit: pageSize, continue: from, ...(labelSelector !== '' && { labelSelector }) };
      const page = validate(listShape, await get(kind, { path, query }, 'List', signal), {
        source: 'Kubernetes',
        what: `list of ${kind.kind}`,
      });
      for (const item of page.items) found.push(projectMeta(item.metadata));
      if (found.length > mostObjects) throw tooMany(kind);
      from = page.metadata.continue === '' ? undefined : page.metadata.continue;
    } while (from !== undefined);
    return found;
  };

  const read: CustomObjects['read'] = async (target, signal) => {
    const path = await pathTo(target, target.namespace, target.name);
    const what = `metadata of ${target.kind} ${target.namespace}/${target.name}`;
    const answer = await get(target, { path }, '', signal);
    return projectMeta(validate(objectShape, answer, { source: 'Kubernetes', what }).metadata);
  };

  return { list, read };
}

const tooMany = ({ apiVersion, kind }: CustomKind): ClientError =>
  new ClientError({
    code: 'BodyTooLarge',
    source: 'Kubernetes',
    message: `Kubernetes: a selector finds more than ${mostObjects} objects of ${apiVersion} ${kind}; narrow the selector or the namespaces.`,
  });
