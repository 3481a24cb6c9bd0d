// The embedded Nova: limits, servers and flavors, read only and in pages.
import type { Cloud } from './cloud.ts';
import type { Server } from './parts.ts';
import type { JsonAnswer, JsonRequest } from './http.ts';

const usualPage = 1_000;

export function answerNova(cloud: Cloud, request: JsonRequest, pageSize = usualPage): JsonAnswer {
  if (request.method !== 'GET')
    return { status: 405, json: { badMethod: { code: 405, message: 'This Nova is read only.' } } };
  switch (request.path) {
    case '/v2.1/limits':
      return { status: 200, json: { limits: { rate: [], absolute: limits(cloud) } } };
    case '/v2.1/servers/detail':
      return { status: 200, json: page(cloud.servers(), request, pageSize) };
    case '/v2.1/flavors/detail':
      return {
        status: 200,
        json: {
          flavors: cloud.flavors.map(({ id, name, vcpus, ram, disk }) => ({
            id: id ?? name,
            name,
            vcpus,
            ram,
            disk: disk ?? 20,
          })),
        },
      };
    default:
      return { status: 404, json: { itemNotFound: { code: 404, message: 'The resource could not be found.' } } };
  }
}

function limits(cloud: Cloud): object {
  const used = cloud.used();
  const { quota } = cloud;
  return {
    maxTotalInstances: quota.instances,
    totalInstancesUsed: used.instances,
    maxTotalCores: quota.cores,
    totalCoresUsed: used.cores,
    maxTotalRAMSize: quota.ram,
    totalRAMUsed: used.ram,
  };
}

function page(servers: readonly Server[], request: JsonRequest, pageSize: number): object {
  const limit = Math.min(pageSize, Number(request.query.get('limit') ?? pageSize));
  const marker = request.query.get('marker');
  const start = marker === null ? 0 : servers.findIndex((server) => server.id === marker) + 1;
  const shown = servers.slice(start, start + limit);
  const more = start + limit < servers.length;
  return {
    servers: shown.map((server) => ({
      id: server.id,
      name: server.name,
      status: statusOf(server),
      created: server.created,
      metadata: {},
      flavor: { id: server.flavor.id ?? server.flavor.name },
      addresses: { private: [{ addr: server.address, version: 4, 'OS-EXT-IPS:type': 'fixed' }] },
      ...(server.state === 'DELETING' && { 'OS-EXT-STS:task_state': 'deleting' }),
    })),
    ...(more && { servers_links: [{ rel: 'next', href: `?marker=${shown.at(-1)?.id ?? ''}` }] }),
  };
}

function statusOf(server: Server): string {
  switch (server.state) {
    case 'CREATING':
      return 'BUILD';
    case 'ACTIVE':
    case 'DELETING':
      return 'ACTIVE';
    case 'ERROR':
      return 'ERROR';
  }
}
