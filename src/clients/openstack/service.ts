// A call to any OpenStack service: endpoint from the catalog, the token on it, one more try after a 401, refusals read.
import { ClientError } from '../http/error.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/types.ts';
import { withQuota } from './errors.ts';
import type { Endpoint, Keystone } from './keystone.ts';

export interface Service {
  readonly name: string;
  endpoint(): Promise<Endpoint>;
  /** The path is appended to the endpoint of the catalog. */
  call(request: Omit<HttpRequest, 'url'> & { readonly path: string }): Promise<HttpResponse>;
}

export function createService(parts: {
  readonly keystone: Keystone;
  readonly http: HttpClient;
  /** The official type and its old names. */
  readonly types: readonly string[];
}): Service {
  const { keystone, http, types } = parts;

  async function once(request: Omit<HttpRequest, 'url'> & { readonly path: string }): Promise<HttpResponse> {
    const endpoint = await keystone.endpoint(types);
    if (!endpoint.found)
      throw new ClientError({ code: 'NotFound', source: http.name, message: `${http.name}: ${endpoint.why}.` });
    const { token } = await keystone.session();
    try {
      return await http.request({
        ...request,
        url: `${endpoint.url}${request.path}`,
        headers: { ...request.headers, 'x-auth-token': token },
      });
    } catch (error) {
      if (error instanceof ClientError && error.code === 'Unauthorized') keystone.refused(token);
      throw error instanceof ClientError ? withQuota(error) : error;
    }
  }

  return {
    name: http.name,
    endpoint: () => keystone.endpoint(types),
    async call(request) {
      try {
        return await once(request);
      } catch (error) {
        // A 401 of the service comes before it has done anything: even a write may be sent again.
        const again = error instanceof ClientError && error.code === 'Unauthorized' && error.source === http.name;
        if (!again) throw error;
        return once(request);
      }
    },
  };
}
