// The embedded Magnum: what the real API answers and, as important, what it accepts and then does not do.
import { seededUuid } from '../random.ts';
import type { Random } from '../random.ts';
import type { Cloud } from './cloud.ts';
import type { GivenLabels, Group } from './parts.ts';
import { field, textField } from './http.ts';
import type { JsonAnswer, JsonRequest } from './http.ts';
import type { Token } from './keystone.ts';

export interface MagnumVersions {
  readonly min: string;
  readonly max: string;
}

export interface EmbeddedMagnum {
  readonly cloud: Cloud;
  readonly clusterName: string;
  readonly projectId: string;
  readonly userId: string;
  readonly random: Random;
  readonly labels: GivenLabels;
  versions: MagnumVersions;
}

const minorOf = (version: string): number => Number(version.split('.')[1]);

function refusal(status: number, title: string, detail = title): JsonAnswer {
  return {
    status,
    json: { errors: [{ request_id: '', code: status >= 500 ? 'server' : 'client', status, title, detail, links: [] }] },
  };
}
const missing = (kind: string, name: string): JsonAnswer =>
  refusal(404, `${kind} ${name} could not be found`, `${kind} ${name} could not be found.`);

/** What a version has not brought yet is a 406 too, and no 404. */
const tooOld = (minor: number): JsonAnswer =>
  refusal(406, 'Not Acceptable', `Version 1.${minor} was requested but is not supported by this method.`);

/** `authenticated` answers 401 by itself where no token that holds was sent. */
export function answerMagnum(
  magnum: EmbeddedMagnum,
  request: JsonRequest,
  authenticated: (answer: (token: Token) => JsonAnswer) => JsonAnswer,
): JsonAnswer {
  const { versions } = magnum;
  const path = request.path.replace(/\/+$/, '');
  const listed = { id: 'v1', status: 'CURRENT', min_version: versions.min, max_version: versions.max, links: [] };
  if (request.method === 'GET' && path === '')
    return { status: 200, json: { name: 'OpenStack Magnum API', description: '', versions: [listed] } };
  if (request.method === 'GET' && path === '/v1')
    return { status: 200, json: { id: 'v1', media_types: [], links: [] } };
  const answer = authenticated((token) => {
    const minor = versionOf(request, versions);
    if (minor === null)
      return refusal(
        406,
        'Not Acceptable',
        `Version ${String(request.headers['openstack-api-version'])} was requested but the minor version is not supported by this service. The supported version range is: [${versions.min}, ${versions.max}].`,
      );
    return routed(magnum, request, path, minor, token);
  });
  if (answer === 'hang') return answer;
  return {
    ...answer,
    headers: {
      'openstack-api-minimum-version': `container-infra ${versions.min}`,
      'openstack-api-maximum-version': `container-infra ${versions.max}`,
      ...answer.headers,
    },
  };
}

/** Nothing asked for means the oldest. */
function versionOf(request: JsonRequest, versions: EmbeddedMagnum['versions']): number | null {
  const header = request.headers['openstack-api-version'];
  if (header === undefined) return minorOf(versions.min);
  const asked = /^container-infra\s+(?:1\.(\d+)|latest)$/.exec(String(header));
  if (asked === null) return null;
  const minor = asked[1] === undefined ? minorOf(versions.max) : Number(asked[1]);
  return minor >= minorOf(versions.min) && minor <= minorOf(versions.max) ? minor : null;
}

function routed(magnum: EmbeddedMagnum, request: JsonRequest, path: string, minor: number, token: Token): JsonAnswer {
  const { cloud, clusterName } = magnum;
  const [, version, collection, name, part, group] = path.split('/');
  const mine = token.projectId === magnum.projectId;
  if (version !== 'v1' || collection !== 'clusters') return refusal(404, 'Not Found');
  if (name === undefined)
    return request.method === 'GET'
      ? { status: 200, json: { clusters: mine ? [clusterJson(magnum, minor)] : [], next: null } }
      : refusal(405, 'Method Not Allowed');
  if (!mine || (name !== cloud.uuid && name !== clusterName)) return missing('Cluster', name);
  const where = `${request.method} ${part ?? ''}${group === undefined ? '' : '/x'}`;
  switch (where) {
    case 'GET ':
      return { status: 200, json: clusterJson(magnum, minor) };
    case 'PATCH ':
      return patchCluster(magnum, request.body);
    case 'POST actions/x':
      if (group !== 'resize') return refusal(404, 'Not Found');
      return minor < 7 ? tooOld(minor) : resize(magnum, request.body, minor);
    case 'GET nodegroups':
      return minor < 9
        ? tooOld(minor)
        : {
            status: 200,
            json: { nodegroups: cloud.groups.map((one) => groupJson(magnum, one, 'list', minor)), next: null },
          };
    case 'GET nodegroups/x':
    case 'PATCH nodegroups/x': {
      const found = cloud.find(group ?? '');
      if (minor < 9) return tooOld(minor);
      if (found === undefined) return missing('Nodegroup', group ?? '');
      return request.method === 'GET'
        ? { status: 200, json: groupJson(magnum, found, 'full', minor) }
        : patchGroup(magnum, found, request.body, minor);
    }
    default:
      return refusal(404, 'Not Found');
  }
}

function resize(magnum: EmbeddedMagnum, body: unknown, minor: number): JsonAnswer {
  const { cloud } = magnum;
  if (body === null) return refusal(500, 'Internal Server Error', "'NoneType' object has no attribute 'get'");
  const count = field(body, 'node_count');
  const remove = field(body, 'nodes_to_remove') ?? [];
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0)
    return refusal(
      400,
      'Invalid input for field/attribute node_count.',
      `Invalid input for field/attribute node_count. Value: '${String(count)}'. Value should be an integer`,
    );
  if (!Array.isArray(remove) || !remove.every((entry) => typeof entry === 'string'))
    return refusal(400, 'Invalid input for field/attribute nodes_to_remove.');
  if (count === 0 && minor < 10)
    return refusal(400, 'Invalid input for field/attribute node_count.', 'Value should be greater or equal to 1');
  const asked = textField(body, 'nodegroup');
  const group =
    asked === undefined ? cloud.groups.find((one) => one.isDefault && one.role === 'worker') : cloud.find(asked);
  if (group === undefined) return missing('Nodegroup', asked ?? '');
  if (group.role === 'master')
    return refusal(
      400,
      'Resizing a master nodegroup is not supported',
      'Resizing a master nodegroup is not supported.',
    );
  // As in the real one, a maximum of 0 is none.
  if (count < group.min || (group.max !== null && group.max !== 0 && count > group.max))
    return refusal(
      400,
      `Resizing ${group.name} outside the allowed range: min_node_count = ${group.min}, max_node_count = ${String(group.max)}`,
    );
  cloud.cast('resize_cluster', group, count, remove);
  return { status: 202, json: { uuid: cloud.uuid } };
}

/** The old way: no limits are looked at. */
function patchCluster(magnum: EmbeddedMagnum, body: unknown): JsonAnswer {
  const patch = patchOf(body);
  if (patch === null) return refusal(400, 'Invalid patch');
  const count = patch.get('/node_count');
  const group = magnum.cloud.groups.find((one) => one.isDefault && one.role === 'worker');
  if (typeof count === 'number' && group !== undefined) magnum.cloud.cast('update_cluster', group, count, []);
  return { status: 202, json: { uuid: magnum.cloud.uuid } };
}

function patchGroup(magnum: EmbeddedMagnum, group: Group, body: unknown, minor: number): JsonAnswer {
  const patch = patchOf(body);
  if (patch === null) return refusal(400, 'Invalid patch');
  const min = patch.get('/min_node_count');
  const max = patch.get('/max_node_count');
  magnum.cloud.limit(group, {
    ...(typeof min === 'number' && { min }),
    ...((typeof max === 'number' || max === null) && { max }),
  });
  return { status: 202, json: groupJson(magnum, group, 'full', minor) };
}

function patchOf(body: unknown): Map<string, unknown> | null {
  if (!Array.isArray(body)) return null;
  const values = new Map<string, unknown>();
  for (const step of body as readonly unknown[]) {
    const path = textField(step, 'path');
    if (path === undefined || !['replace', 'add'].includes(textField(step, 'op') ?? '')) return null;
    values.set(path, field(step, 'value'));
  }
  return values;
}

function clusterJson(magnum: EmbeddedMagnum, minor: number): object {
  const { cloud } = magnum;
  const count = (role: Group['role']): number =>
    cloud.groups.filter((group) => group.role === role).reduce((sum, group) => sum + group.count, 0);
  const addresses = (role: Group['role']): string[] =>
    cloud.groups.filter((group) => group.role === role).flatMap((group) => addressesOf(group));
  const failed = cloud.groups.filter((group) => group.status.endsWith('_FAILED'));
  const { status } = cloud;
  return {
    uuid: cloud.uuid,
    name: magnum.clusterName,
    status,
    status_reason: failed.length > 0 ? failed.map((group) => `${group.name} failed`).join(', ') : null,
    ...(status.endsWith('_FAILED') && {
      faults: Object.fromEntries(failed.map((group) => [group.name, group.statusReason ?? ''])),
    }),
    [minor >= 13 ? 'cluster_id' : 'stack_id']: cloud.groups.find((group) => group.isDefault)?.stackId ?? null,
    project_id: magnum.projectId,
    user_id: magnum.userId,
    node_count: count('worker'),
    master_count: count('master'),
    node_addresses: addresses('worker'),
    master_addresses: addresses('master'),
    api_address: 'https://127.0.0.1:6443',
    coe_version: 'v1.29.2',
    health_status: 'HEALTHY',
    labels: magnum.labels,
    create_timeout: 60,
    created_at: cloud.created,
    updated_at: cloud.groups.map((group) => group.updated).findLast((at) => at !== null) ?? null,
    links: [],
  };
}

/** Lists know no limits: 0 and null, whatever the group has. */
function groupJson(magnum: EmbeddedMagnum, group: Group, form: 'list' | 'full', minor: number): object {
  const short = {
    uuid: group.uuid,
    name: group.name,
    role: group.role,
    flavor_id: group.flavor.name,
    image_id: 'fedora-coreos',
    is_default: group.isDefault,
    stack_id: group.stackId,
    status: group.status,
    node_count: group.count,
    min_node_count: form === 'list' ? 0 : group.min,
    max_node_count: form === 'list' ? null : group.max,
  };
  if (form === 'list') return short;
  return {
    ...short,
    cluster_id: magnum.cloud.uuid,
    project_id: magnum.projectId,
    labels: { ...magnum.labels, ...group.labels },
    ...(minor >= 14 && { node_labels: group.nodeLabels, node_taints: group.nodeTaints }),
    node_addresses: addressesOf(group),
    status_reason: group.statusReason,
    docker_volume_size: null,
    created_at: magnum.cloud.created,
    updated_at: group.updated,
    links: [],
  };
}

/** The Cluster API drivers never fill them in. */
const addressesOf = (group: Group): string[] =>
  (group.machineSet === null ? [...group.members.values()] : [])
    .filter((member) => member.state === 'ACTIVE')
    .map((member) => member.address);

export const requestId = (random: Random): string => `req-${seededUuid(random)}`;
