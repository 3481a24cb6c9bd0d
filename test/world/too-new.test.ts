// A state that a newer version has written: people are told, alerts go on, nothing is scaled, and nothing is written over.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeLine } from '../../src/alerts/ledger/line.ts';
import { openHouse } from '../../src/assemble.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { createLogger } from '../../src/server/log.ts';
import { alertNames, podsOf, Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.raise();
});
afterEach(() => rig.lower());

const newerMemory = JSON.stringify({ ...emptyMemory(), schema: 99 });
const memoryFile = (): string => path.join(rig.directory, 'memory.json');
const ledgerDirectory = (): string => path.join(rig.directory, 'ledger');

const stories = {
  memory: {
    write: () => writeFile(memoryFile(), newerMemory),
    unchanged: async () => expect(await readFile(memoryFile(), 'utf8')).toBe(newerMemory),
  },
  ledger: {
    write: async () => {
      await mkdir(ledgerDirectory(), { recursive: true });
      await writeFile(
        path.join(ledgerDirectory(), 'ledger-00000099.jsonl'),
        encodeLine({ kind: 'ledger', schema: 99 }),
      );
    },
    unchanged: async () => expect(await readdir(ledgerDirectory())).toContain('ledger-00000099.jsonl'),
  },
} as const;

it.each(['memory', 'ledger'] as const)('a %s of a newer version: alerts only', async (kept) => {
  await rig.calm();
  const before = rig.replicas;
  await rig.kill();
  await stories[kept].write();
  await rig.boot();
  rig.demand = 3_000;
  const reports = [await rig.step(), ...(await rig.steps(7))] as const;
  expect(alertNames(reports[0])).toContain('SpringtideStateTooNew');
  expect(reports.map((report) => podsOf(report).mode)).toEqual(Array<string>(8).fill('dryRun'));
  expect([rig.replicas, rig.resizes]).toEqual([before, []]);
  expect(rig.subjects.some((subject) => subject.includes('newer version'))).toBe(true);
  await rig.kill();
  await stories[kept].unchanged();
});

it('beside other replicas it gives the lease back after five minutes, for one that can read it', async () => {
  await rig.kill();
  await writeFile(memoryFile(), newerMemory);
  const house = await openHouse({
    config: () => rig.config,
    refused: () => [],
    clock: rig.clock,
    env: rig.connected.env,
    log: createLogger({ level: 'silent' }),
    leader: () => null,
    http: null,
  });
  const term = await house.lead();
  const tick = () => {
    rig.clock.advance(rig.config.daemon.interval);
    return term.tick(rig.clock.now(), new AbortController().signal);
  };
  try {
    for (let number = 0; number < 19; number += 1) await tick();
    await expect(tick()).rejects.toMatchObject({ code: 'MemoryTooNew' });
  } finally {
    await term.close();
    await house.close();
  }
});
