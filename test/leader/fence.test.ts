// The fence: ten seconds from the request of the last granted renewal, on a clock that only goes on.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createHttpClient } from '../../src/clients/http/client.ts';
import { guardedTransport } from '../../src/clients/kubernetes/guarded-transport.ts';
import type { HttpRequest } from '../../src/clients/http/types.ts';
import { createFence, mayLeave, noFence, writesFor } from '../../src/leader/fence.ts';

function fenceAt() {
  const time = { now: 1_000 };
  return { time, fence: createFence(() => time.now) };
}

describe('a fence', () => {
  it('is closed before the lease was ever granted', () => {
    const { fence } = fenceAt();
    expect(fence.refusal()).toMatch(/does not hold the lease/);
    expect(fence.closesAt()).toBeNull();
  });

  it.each([
    { after: 0, open: true },
    { after: writesFor - 1, open: true },
    { after: writesFor, open: false },
    { after: 30_000, open: false },
  ])('$after ms after the request of a renewal was sent: open $open', ({ after, open }) => {
    const { time, fence } = fenceAt();
    // the answer came late: what counts is when it was asked
    const sentAt = time.now;
    time.now += Math.min(after, 5_000);
    fence.renewed(sentAt);
    time.now = sentAt + after;
    expect(fence.refusal() === null).toBe(open);
  });

  it('counts the newest of renewals that are answered out of their order', () => {
    const { time, fence } = fenceAt();
    fence.renewed(4_000);
    fence.renewed(2_000);
    time.now = 4_000 + writesFor - 1;
    expect(fence.refusal()).toBeNull();
  });

  it('is closed for good when it was closed by hand', () => {
    const { time, fence } = fenceAt();
    fence.renewed(time.now);
    fence.close();
    expect(fence.refusal()).not.toBeNull();
  });
});

describe('what asks the fence in the moment of sending', () => {
  it('lets nothing out of the process while it is closed', async () => {
    const seen: string[] = [];
    const server = http.createServer((request, response) => {
      seen.push(request.method ?? '');
      response.setHeader('content-type', 'application/json').end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createHttpClient({ name: 'Kubernetes', baseUrl: `http://127.0.0.1:${port}`, breaker: false });
    const { time, fence } = fenceAt();
    const guarded = guardedTransport(
      {
        request: (request: HttpRequest) => client.request(request),
        open: () => Promise.reject(new Error('nothing is watched here')),
        close: () => client.close(),
      },
      mayLeave(fence, 'Kubernetes'),
    );
    try {
      await expect(guarded.request({ method: 'PUT', path: '/one' })).rejects.toMatchObject({ code: 'NotLeading' });
      await expect(guarded.request({ path: '/read' })).resolves.toMatchObject({ status: 200 });
      fence.renewed(time.now);
      await expect(guarded.request({ method: 'PUT', path: '/two' })).resolves.toMatchObject({ status: 200 });
      time.now += writesFor;
      await expect(guarded.request({ method: 'DELETE', path: '/three' })).rejects.toMatchObject({ code: 'NotLeading' });
      expect(seen).toEqual(['GET', 'PUT']);
    } finally {
      guarded.close();
      server.close();
    }
  });

  it('is never asked by whoever is alone', () => {
    expect(noFence.refusal()).toBeNull();
  });
});
