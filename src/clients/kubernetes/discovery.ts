// Which kinds and versions this API server has, remembered for a while.
import type { Clock } from '../../clock.ts';
import { later, minutes, seconds, since } from '../../model/units.ts';
import type { Instant } from '../../model/units.ts';
import { ClientError } from '../http/error.ts';
import { validate } from '../http/validate.ts';
import { z } from 'zod';
import type { KubernetesTransport } from './transport.ts';

export interface ServedResource {
  /** deployments, deployments/scale */
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** where the subresource's own kind has another group than the list it stands in */
  readonly group?: string | undefined;
  readonly version?: string | undefined;
}

export interface Discovery {
  /** The resources of one group and version; null where the server has none of that name. */
  resourcesOf(apiVersion: string): Promise<readonly ServedResource[] | null>;
  /** The first of the versions in which the server has the resource. */
  firstServed(versions: readonly [string, ...string[]], plural: string): Promise<string>;
  /** "Rollout" is "rollouts": for kinds whose replicas can be set, which live in namespaces and have a scale. */
  scalable(apiVersion: string, kind: string): Promise<ServedResource>;
  /** Something was not there: what is known of the version is asked for again, unless that was just done. */
  doubt(apiVersion: string): void;
  /** The version that the Eviction API takes; null where there is none. */
  evictionVersion(): Promise<string | null>;
}

const resourceList = z.object({
  resources: z
    .array(
      z.object({
        name: z.string(),
        kind: z.string(),
        namespaced: z.boolean(),
        group: z.string().optional(),
        version: z.string().optional(),
      }),
    )
    .nullish(),
});
const rememberedFor = minutes(10);
/** A kind that is missing may just be installed; but not every missing object is worth a question. */
const notDoubtedFor = seconds(30);

export function createDiscovery(transport: KubernetesTransport, clock: Clock): Discovery {
  const known = new Map<string, { readonly learnt: Instant; readonly resources: readonly ServedResource[] }>();

  async function resourcesOf(apiVersion: string): Promise<readonly ServedResource[] | null> {
    const cached = known.get(apiVersion);
    if (cached !== undefined && later(cached.learnt, rememberedFor) > clock.now()) return cached.resources;
    const path = `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`;
    try {
      const answer = await transport.request({ path, operation: 'discovery' });
      const { resources } = validate(resourceList, answer.json(), { source: 'Kubernetes', what: path });
      known.set(apiVersion, { learnt: clock.now(), resources: resources ?? [] });
      return resources ?? [];
    } catch (error) {
      if (error instanceof ClientError && error.code === 'NotFound') return null;
      throw error;
    }
  }

  async function firstServed(versions: readonly [string, ...string[]], plural: string): Promise<string> {
    if (versions.length === 1) return versions[0];
    for (const version of versions) {
      const resources = await resourcesOf(version);
      if (resources?.some((resource) => resource.name === plural) === true) return version;
    }
    throw notServed(`${plural} in ${versions.join(', ')}`);
  }

  function doubt(apiVersion: string): void {
    const cached = known.get(apiVersion);
    if (cached !== undefined && since(cached.learnt, clock.now()) >= notDoubtedFor) known.delete(apiVersion);
  }

  async function scalable(apiVersion: string, kind: string): Promise<ServedResource> {
    let judged = scalableIn(await resourcesOf(apiVersion), apiVersion, kind);
    if (judged instanceof ClientError) {
      doubt(apiVersion);
      judged = scalableIn(await resourcesOf(apiVersion), apiVersion, kind);
    }
    if (judged instanceof ClientError) throw judged;
    return judged;
  }

  async function evictionVersion(): Promise<string | null> {
    const eviction = (await resourcesOf('v1'))?.find((resource) => resource.name === 'pods/eviction');
    if (eviction === undefined) return null;
    return `${eviction.group ?? 'policy'}/${eviction.version ?? 'v1'}`;
  }

  return { resourcesOf, firstServed, scalable, doubt, evictionVersion };
}

function scalableIn(
  resources: readonly ServedResource[] | null,
  apiVersion: string,
  kind: string,
): ServedResource | ClientError {
  const found = resources?.find((resource) => resource.kind === kind && !resource.name.includes('/'));
  if (found === undefined) return notServed(`${kind} in ${apiVersion}`);
  if (found.namespaced && resources?.some(({ name }) => name === `${found.name}/scale`) === true) return found;
  const why = found.namespaced ? 'has no scale subresource' : 'belongs to no namespace';
  return new ClientError({
    code: 'NotFound',
    source: 'Kubernetes',
    message: `Kubernetes: ${kind} in ${apiVersion} ${why}, so nobody can set its replicas; name the object that owns the pods, or have the CRD declare subresources.scale.`,
  });
}

const notServed = (what: string): ClientError =>
  new ClientError({
    code: 'NotFound',
    source: 'Kubernetes',
    message: `Kubernetes: this API server does not have ${what}; check the apiVersion and whether its CRD is installed.`,
  });
