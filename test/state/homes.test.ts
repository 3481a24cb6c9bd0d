// Which home each part of the state has by the Daemon document, and that a directory of replicas is behind the fence.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { homesOf } from '../../src/assemble-state.ts';
import { systemClock } from '../../src/clock.ts';
import { daemonSpec } from '../../src/config/schema/daemon.ts';
import { createFence } from '../../src/leader/fence.ts';
import { createLogger } from '../../src/server/log.ts';
import { anOwnWorld, namespace } from './own.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'springtide-homes-'));
});
afterEach(() => rm(directory, { recursive: true }));

const fence = createFence(() => 0);

async function homes(state: unknown) {
  const { own } = await anOwnWorld(systemClock);
  const settings = daemonSpec.parse({ cluster: 'one', prometheus: { url: 'http://127.0.0.1:9090' }, state });
  const log = createLogger({ level: 'silent' });
  return homesOf({ settings, clock: systemClock, log, kubernetes: { own, namespace }, env: {}, instance: 'a', fence });
}

it('a ledger in a directory beside state in the cluster is opened by whoever leads only', async () => {
  const opened = await homes({ kubernetes: {}, ledger: { directory: path.join(directory, 'ledger') } });
  await expect(opened.ledger()).rejects.toThrow(/does not hold the lease/);
  fence.renewed(0);
  await (await opened.ledger()).close();
  fence.close();
});

it.each([
  ['in the cluster, without a journal', () => ({ kubernetes: {} }), false],
  ['in the cluster, with one', () => ({ kubernetes: {}, journal: { directory } }), true],
  ['in a directory', () => ({ directory }), true],
])('state %s', async (_what, state, keepsDecisions) => {
  const journal = (await homes(state())).journal();
  expect(journal !== null).toBe(keepsDecisions);
  await journal?.close();
});
