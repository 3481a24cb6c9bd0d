// Magnum: a cluster, its node groups with their true limits, and the resize; nothing of it is believed beyond what it says.
import { z } from 'zod';
import type { MagnumCluster, MagnumNodeGroup } from '../../model/openstack.ts';
import type { Clock } from '../../clock.ts';
import { minutes, since } from '../../model/units.ts';
import type { Instant, Milliseconds, ServerId } from '../../model/units.ts';
import { eachLimited } from '../../parallel.ts';
import { ClientError } from '../http/error.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/types.ts';
import { validate } from '../http/validate.ts';
import { requestIdOf } from './errors.ts';
import type { Keystone } from './keystone.ts';
import { broughtBy, knows, negotiate } from './microversions.ts';
import type { Versions } from './microversions.ts';
import { createService } from './service.ts';

export interface Resize {
  /** uuid or name of the cluster */
  readonly cluster: string;
  /** uuid or name of the node group */
  readonly nodeGroup: string;
  /** The new count, absolute. */
  readonly nodeCount: number;
  readonly nodesToRemove?: readonly ServerId[];
}

export interface NodeGroupList {
  readonly groups: readonly MagnumNodeGroup[];
  /** Those that are listed but could not be read, by the list's own name for them. */
  readonly failures: readonly { readonly name: string; readonly error: ClientError }[];
}

export interface Magnum {
  versions(): Promise<Versions>;
  getCluster(cluster: string): Promise<MagnumCluster>;
  /**
   * Each group read on its own, because a list shows no limits, labels or addresses; one that cannot be read stops none of the others.
   * `named`: only these (by name or uuid) are read each time; the others again when the list shows something new of them, or after a while.
   */
  listNodeGroups(cluster: string, named?: ReadonlySet<string>): Promise<NodeGroupList>;
  getNodeGroup(cluster: string, nodeGroup: string): Promise<MagnumNodeGroup>;
  /** Accepted means queued and nothing more; what became of it is seen in the group. */
  resize(resize: Resize): Promise<{ readonly requestId: string | null }>;
}

/** Magnum writes null where it has nothing to say. */
const unless = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);
/** Whoever asks Magnum by JSON may give it numbers and truths for labels, and gets them back as such. */
const labels = unless(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)));
const cluster = z.looseObject({
  uuid: z.string().min(1),
  name: unless(z.string()),
  status: unless(z.string()),
  status_reason: z.string().nullish(),
  node_count: unless(z.int()),
  stack_id: z.string().nullish(),
  cluster_id: z.string().nullish(),
  labels,
  // Told to nobody but people: no form of them may cost the cluster.
  faults: labels.catch(undefined),
});
const nodeGroup = z.looseObject({
  uuid: z.string().min(1),
  name: z.string().min(1),
  role: unless(z.string()),
  status: unless(z.string()),
  status_reason: z.string().nullish(),
  updated_at: z.string().nullish().catch(undefined),
  node_count: z.int().min(0),
  min_node_count: z.int().nullish(),
  max_node_count: z.int().nullish(),
  flavor_id: unless(z.string()),
  node_addresses: unless(z.array(z.string())),
  labels,
  is_default: unless(z.boolean()),
  // Read in Magnum's source and never met in the field: another form of them must not cost the whole group.
  node_labels: labels.catch(undefined),
  node_taints: unless(
    z.array(
      z.union([z.string(), z.looseObject({ key: z.string(), value: z.string().optional(), effect: z.string() })]),
    ),
  ).catch(undefined),
});
const groupList = z.looseObject({
  nodegroups: z.array(z.looseObject({ uuid: z.string().min(1), name: z.string().min(1).optional().catch(undefined) })),
});
type ListedGroup = z.infer<typeof groupList>['nodegroups'][number];
const root = z.looseObject({
  versions: z.array(z.looseObject({ id: z.string(), min_version: z.string(), max_version: z.string() })).min(1),
});

/** Not `container`, Magnum's first name: that is Zun's now. */
const types = ['container-infra', 'container-infrastructure-management', 'container-infrastructure'];
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const readsAtOnce = 4;
/** What a list does not show of a group that no policy names: whose address is whose. */
const rereadAfter = minutes(5);
/** One that was upgraded goes on understanding its old version, and says nothing of the new one until it is asked. */
const versionsFor = minutes(60);
/** Several groups that hang must not use up the time in which the whole cloud is read. */
const longestRead = 4_000 as Milliseconds;
/** One that is under way when the lease is lost must have ended before somebody else has it. */
const longestWrite = 4_000 as Milliseconds;

/** Masters are never resized; Magnum refuses it, and so do we before asking. */
export const isMaster = (group: MagnumNodeGroup): boolean => group.role === 'master';

export function createMagnum(parts: {
  readonly keystone: Keystone;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** over one call, as it is configured */
  readonly timeout?: Milliseconds | undefined;
  /** asked in the moment in which a resize is sent; throws what stands against it */
  readonly mayLeave?: (() => void) | undefined;
}): Magnum {
  const { http, mayLeave } = parts;
  const readDeadline = Math.min(longestRead, parts.timeout ?? longestRead) as Milliseconds;
  const service = createService({ ...parts, types });
  let known: { readonly at: Instant; readonly versions: Promise<Versions> } | null = null;

  async function ask(): Promise<Versions> {
    const endpoint = await service.endpoint();
    if (!endpoint.found)
      throw new ClientError({ code: 'NotFound', source: http.name, message: `${http.name}: ${endpoint.why}.` });
    const url = `${endpoint.url.replace(/\/v1$/, '')}/`;
    // The versions are public: no token is spent on them.
    const response = await http.request({ url, accept: [300], operation: 'versions' });
    const { versions } = validate(root, response.json(), { source: http.name, what: 'GET /' });
    const first = versions.find((version) => version.id === 'v1') ?? versions[0];
    return negotiate(http.name, first?.min_version ?? '1.1', first?.max_version ?? '1.1');
  }

  function versions(): Promise<Versions> {
    const now = parts.clock.now();
    if (known !== null && now >= known.at && since(known.at, now) < versionsFor) return known.versions;
    const asked = ask().catch((error: unknown) => {
      known = null;
      throw error;
    });
    known = { at: now, versions: asked };
    return asked;
  }

  async function call(request: Omit<HttpRequest, 'url'> & { readonly path: string }): Promise<HttpResponse> {
    const send = async (): Promise<HttpResponse> => {
      const { used } = await versions();
      return service.call({ ...request, headers: { 'openstack-api-version': `container-infra ${used}` } });
    };
    try {
      return await send();
    } catch (error) {
      // A 406 is the version and nothing else: Magnum was changed under us, so ask once more what it speaks.
      if (!(error instanceof ClientError) || error.code !== 'NotAcceptable') throw error;
      known = null;
      return send();
    }
  }

  async function needs(feature: 'resize' | 'nodeGroups' | 'zeroNodes', purpose: string): Promise<void> {
    const spoken = await versions();
    if (!knows(spoken, feature))
      throw new ClientError({
        code: 'NotAcceptable',
        source: http.name,
        message: `${http.name}: ${purpose} needs microversion ${broughtBy[feature]} and this one ends at ${spoken.max}; upgrade Magnum.`,
      });
  }

  /** One group that fails time and again is left alone by itself. */
  const partOf = (clusterId: string, group: string): string => `${clusterId}/${group}`;

  async function getNodeGroup(clusterId: string, group: string, deadline?: Milliseconds): Promise<MagnumNodeGroup> {
    await needs('nodeGroups', 'reading node groups');
    const path = `/clusters/${encodeURIComponent(clusterId)}/nodegroups/${encodeURIComponent(group)}`;
    const part = partOf(clusterId, group);
    const response = await call({ path, part, operation: 'nodegroup', ...(deadline && { deadline }) });
    return validate(nodeGroup, response.json(), { source: http.name, what: `GET ${path}` });
  }

  /** groups that no policy names, as they were read last, and what the list said of them then */
  const others = new Map<string, { readonly row: string; readonly at: Instant; readonly group: MagnumNodeGroup }>();

  async function readingOfOther(clusterId: string, listed: ListedGroup): Promise<Reading> {
    const [row, now] = [JSON.stringify(listed), parts.clock.now()];
    const known = others.get(listed.uuid);
    if (known?.row === row && now >= known.at && since(known.at, now) < rereadAfter) return { group: known.group };
    const read = await reading(clusterId, listed.uuid, listed.name ?? listed.uuid);
    if ('group' in read) others.set(listed.uuid, { row, at: now, group: read.group });
    else others.delete(listed.uuid);
    return read;
  }

  type Reading = { readonly group: MagnumNodeGroup } | { readonly name: string; readonly error: ClientError };

  async function reading(clusterId: string, id: string, name: string): Promise<Reading> {
    try {
      return { group: await getNodeGroup(clusterId, id, readDeadline) };
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return { name, error };
    }
  }

  return {
    versions,
    getNodeGroup: (clusterId, group) => getNodeGroup(clusterId, group),
    async getCluster(clusterId) {
      const path = `/clusters/${encodeURIComponent(clusterId)}`;
      const response = await call({ path, operation: 'cluster' });
      return validate(cluster, response.json(), { source: http.name, what: `GET ${path}` });
    },
    async listNodeGroups(clusterId, named) {
      await needs('nodeGroups', 'reading node groups');
      const path = `/clusters/${encodeURIComponent(clusterId)}/nodegroups`;
      const response = await call({ path, operation: 'nodegroups' });
      const listed = validate(groupList, response.json(), { source: http.name, what: `GET ${path}` }).nodegroups;
      const groups: MagnumNodeGroup[] = [];
      const failures: { name: string; error: ClientError }[] = [];
      const isNamed = ({ uuid: id, name = id }: ListedGroup): boolean =>
        named === undefined || named.has(name) || named.has(id);
      const readings = await eachLimited(listed, readsAtOnce, (one) =>
        isNamed(one) ? reading(clusterId, one.uuid, one.name ?? one.uuid) : readingOfOther(clusterId, one),
      );
      const here = new Set(listed.map(({ uuid: id }) => id));
      for (const id of others.keys()) if (!here.has(id)) others.delete(id);
      for (const one of readings) {
        if ('group' in one) groups.push(one.group);
        else failures.push(one);
      }
      return { groups, failures };
    },
    async resize(wanted) {
      const victims = wanted.nodesToRemove ?? [];
      guard(http.name, wanted, victims);
      await needs('resize', 'resizing a group');
      if (wanted.nodeCount === 0) await needs('zeroNodes', 'a count of 0');
      const response = await call({
        method: 'POST',
        path: `/clusters/${encodeURIComponent(wanted.cluster)}/actions/resize`,
        body: {
          node_count: wanted.nodeCount,
          nodegroup: wanted.nodeGroup,
          ...(victims.length > 0 && { nodes_to_remove: victims }),
        },
        part: partOf(wanted.cluster, wanted.nodeGroup),
        freshConnection: true,
        operation: 'resize',
        deadline: Math.min(longestWrite, parts.timeout ?? longestWrite) as Milliseconds,
        ...(mayLeave && { beforeSend: mayLeave }),
      });
      return { requestId: requestIdOf(response) };
    },
  };
}

/** An id that names no server makes Heat remove another one instead: such a resize never leaves this process. */
function guard(source: string, wanted: Resize, victims: readonly ServerId[]): void {
  const wrong =
    !Number.isInteger(wanted.nodeCount) || wanted.nodeCount < 0
      ? `the count ${wanted.nodeCount} is not a whole number`
      : victims.some((victim) => !uuid.test(victim))
        ? 'a server to remove is not named by its uuid'
        : new Set(victims).size !== victims.length
          ? 'a server to remove is named twice'
          : null;
  if (wrong !== null)
    throw new ClientError({
      code: 'BadRequest',
      source,
      message: `${source}: the resize of ${wanted.nodeGroup} was not sent, because ${wrong}; the decision behind it is faulty.`,
    });
}
