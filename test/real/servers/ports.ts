// Free ports on loopback, in one block, outside the range from which the kernel serves clients.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const lowest = 20_000;
const highest = 32_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

/** The first of `count` free neighbours. */
export async function freePortBlock(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const first = randomInt(lowest, highest - count);
    const checks = await Promise.all(Array.from({ length: count }, (_, offset) => isFree(first + offset)));
    if (checks.every(Boolean)) return first;
  }
  throw new Error(`no ${count} neighbouring ports are free between ${lowest} and ${highest} on 127.0.0.1`);
}
