// A view of the API server through which nothing is changed unless somebody allows it in the moment of sending.
import type { KubernetesTransport } from './transport.ts';

const reads: readonly string[] = ['GET', 'HEAD'];

/** `mayLeave` throws what stands against it; it is asked for every attempt, the one after a refused token too. */
export function guardedTransport(transport: KubernetesTransport, mayLeave: () => void): KubernetesTransport {
  return {
    ...transport,
    request: (request) =>
      transport.request(reads.includes(request.method ?? 'GET') ? request : { ...request, beforeSend: mayLeave }),
  };
}
