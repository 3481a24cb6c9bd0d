// Stands between a replica and the API server, and lets everything pass but what concerns the lease when it is told to: that hangs.
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { Kubernetes } from '../servers/kubernetes.ts';

export interface PassedWrite {
  /** when it came in, in milliseconds */
  readonly at: number;
  readonly what: string;
}

export interface LeaseBreaker {
  readonly url: string;
  /** changes that came in for the API server, without those of the lease */
  readonly writes: readonly PassedWrite[];
  hang(hangs: boolean): void;
  stop(): Promise<void>;
}

const withoutHost = ({ host: _host, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders => headers;

export async function startLeaseBreaker(kubernetes: Kubernetes): Promise<LeaseBreaker> {
  const agent = new https.Agent({ keepAlive: true, ca: kubernetes.certificateAuthority });
  const writes: PassedWrite[] = [];
  const held = new Set<IncomingMessage>();
  let hangs = false;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const method = request.method ?? 'GET';
    const isLease = path.includes('/leases');
    if (isLease && hangs) {
      held.add(request);
      return;
    }
    if (method !== 'GET' && !isLease) writes.push({ at: Date.now(), what: `${method} ${path}` });
    const options = { method, headers: withoutHost(request.headers), agent };
    const outgoing = https.request(`${kubernetes.url}${path}`, options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => undefined);
    });
    outgoing.on('error', () => response.destroy());
    // One that has its whole answer has given its connection to the next.
    response.on('close', () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    pipeline(request, outgoing, () => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    hang: (now) => {
      hangs = now;
      if (now) return;
      for (const request of held) request.socket.destroy();
      held.clear();
    },
    stop: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
