// Ties a true server to a test file: started before its tests, stopped after them, its logs shown when a test failed.
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { RealServer } from './process.ts';

/** Call at the top of a file or a describe; the result gives the server inside tests and later hooks. */
export function useServer<S extends RealServer>(start: () => Promise<S>): () => S {
  let server: S | undefined;
  let failed = false;
  const current = (): S => {
    if (server === undefined) throw new Error('the server is there only while the tests run');
    return server;
  };
  beforeAll(async () => {
    const began = Date.now();
    server = await start();
    console.info(`${server.name} is up after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  });
  afterEach((context) => {
    if (context.task.result?.state === 'fail') failed = true;
  });
  afterAll(async () => {
    if (server === undefined) return;
    if (failed) console.error(`${server.name}: logs in ${server.directory}\n${server.logTails()}`);
    await server.stop({ keep: failed });
  });
  return current;
}
