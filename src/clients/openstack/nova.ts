// Nova, read only: the project's limits, its servers and the flavors; a cloud that hides it from us is a state and no failure.
import { z } from 'zod';
import type { NovaFlavor, NovaLimits, NovaServer } from '../../model/openstack.ts';
import { ClientError } from '../http/error.ts';
import type { HttpClient } from '../http/types.ts';
import { validate } from '../http/validate.ts';
import type { Keystone } from './keystone.ts';
import { createService } from './service.ts';

export type NovaPresence = { readonly state: 'present' } | { readonly state: 'absent'; readonly why: string };

export interface Nova {
  presence(): Promise<NovaPresence>;
  limits(): Promise<NovaLimits>;
  servers(): Promise<readonly NovaServer[]>;
  flavors(): Promise<readonly NovaFlavor[]>;
}

const limits = z.looseObject({
  limits: z.looseObject({
    absolute: z.looseObject({
      maxTotalInstances: z.number().optional(),
      totalInstancesUsed: z.number().optional(),
      maxTotalCores: z.number().optional(),
      totalCoresUsed: z.number().optional(),
      maxTotalRAMSize: z.number().optional(),
      totalRAMUsed: z.number().optional(),
    }),
  }),
});
const servers = z.looseObject({
  servers: z.array(
    z.looseObject({
      id: z.string().min(1),
      name: z.string().optional(),
      status: z.string().optional(),
      created: z.string().optional(),
      metadata: z.record(z.string(), z.string()).optional(),
      addresses: z.record(z.string(), z.array(z.looseObject({ addr: z.string() }))).optional(),
    }),
  ),
  servers_links: z.array(z.looseObject({ rel: z.string() })).optional(),
});
const flavors = z.looseObject({
  flavors: z.array(
    z.looseObject({
      id: z.string().min(1),
      name: z.string().optional(),
      vcpus: z.number().optional(),
      ram: z.number().optional(),
      disk: z.number().optional(),
    }),
  ),
  flavors_links: z.array(z.looseObject({ rel: z.string() })).optional(),
});

/** Nova gives 1,000 a page where its operator has not set less; a project of more pages than this is not one to hold in memory. */
const mostPages = 100;

export function createNova(parts: { readonly keystone: Keystone; readonly http: HttpClient }): Nova {
  const service = createService({ ...parts, types: ['compute'] });
  const where = (path: string) => ({ source: parts.http.name, what: `GET ${path}` });

  async function paged<Element extends { readonly id: string }>(
    path: string,
    pageOf: (body: unknown) => { readonly elements: readonly Element[]; readonly more: boolean },
  ): Promise<readonly Element[]> {
    const all: Element[] = [];
    for (let page = 0; page < mostPages; page++) {
      const response = await service.call({ path, query: { marker: all.at(-1)?.id }, operation: path.slice(1) });
      const { elements, more } = pageOf(response.json());
      all.push(...elements);
      if (!more || elements.length === 0) return all;
    }
    // The rest would be taken for gone: no list is better than half of one.
    throw new ClientError({
      code: 'BodyTooLarge',
      source: parts.http.name,
      message: `GET ${path} has more than ${mostPages} pages, ${all.length} entries so far, and was given up: raise Nova’s osapi_max_limit, or give the cluster a project of its own`,
    });
  }
  const hasNext = (links: readonly { readonly rel: string }[] | undefined): boolean =>
    links?.some((link) => link.rel === 'next') === true;

  return {
    async presence() {
      const endpoint = await service.endpoint();
      return endpoint.found ? { state: 'present' } : { state: 'absent', why: endpoint.why };
    },
    async limits() {
      const response = await service.call({ path: '/limits', operation: 'limits' });
      return validate(limits, response.json(), where('/limits')).limits.absolute;
    },
    servers: () =>
      paged('/servers/detail', (body) => {
        const page = validate(servers, body, where('/servers/detail'));
        return { elements: page.servers, more: hasNext(page.servers_links) };
      }),
    flavors: () =>
      paged('/flavors/detail', (body) => {
        const page = validate(flavors, body, where('/flavors/detail'));
        return { elements: page.flavors, more: hasNext(page.flavors_links) };
      }),
  };
}
