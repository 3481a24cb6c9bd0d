// npm run bench -- alerts-chaos: a thousand lives in which the ledger is cut off at any byte while alerts come and gateways fail.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './report.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const runs = process.env['CHAOS_RUNS'] ?? '1000';

interface Total {
  readonly runs: number;
  readonly accepted: number;
  readonly kills: number;
  readonly torn: number;
  readonly deliveries: number;
  readonly twice: number;
  readonly broken: number;
}

/** The suite plays them: what it asserts of forty in every build it asserts of a thousand here. */
export async function alertsChaos(): Promise<Report> {
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-bench-chaos-'));
  const file = path.join(directory, 'total.json');
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const words = [vitest, 'run', '--project', 'world', 'test/world/alerts-chaos.test.ts', '-t', 'virtual time'];
  const child = spawn(process.execPath, words, {
    cwd: root,
    env: { ...process.env, CHAOS_RUNS: runs, CHAOS_REPORT: file },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'close');
  const total = JSON.parse(await readFile(file, 'utf8')) as Total;
  await rm(directory, { recursive: true });
  return {
    bench: 'alerts-chaos',
    node: process.version,
    figures: [
      { name: 'runs', value: total.runs, unit: '' },
      { name: 'alerts accepted', value: total.accepted, unit: '' },
      { name: 'kills', value: total.kills, unit: '' },
      { name: 'ledgers with a torn end', value: total.torn, unit: '' },
      { name: 'messages that arrived', value: total.deliveries, unit: '' },
      { name: 'of them twice, as the ledger says', value: total.twice, unit: '' },
      { name: 'runs with anything lost, or twice without a word', value: total.broken, unit: '', bar: 0 },
    ],
  };
}
