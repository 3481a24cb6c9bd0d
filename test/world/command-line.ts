// springtide as a process of its own, on a configuration directory that points at an embedded world.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { startWorld, type EmbeddedWorld } from '../../src/sandbox/world.ts';
import { writeTexts } from '../config/files.ts';
import { sayWhereStale } from '../stale-build.ts';

sayWhereStale();
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const shipped = (file: string): Promise<string> => readFile(new URL(`../../config/${file}`, import.meta.url), 'utf8');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Called {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with all output so far when it matches. */
  shows(pattern: RegExp): Promise<string>;
}

export function call(words: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Called {
  const child = spawn(process.execPath, [main, ...words], { env: { ...process.env, ...env } });
  // Whoever refuses the words does not read what is said besides.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  let seen = '';
  child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  const exited = once(child, 'close') as Promise<[number | null]>;
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = Promise.all([exited, output]).then(([[code], [out, err]]) => ({ code, out, err }));
  return {
    child,
    ended,
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(seen)) resolve(seen);
        };
        child.stdout.on('data', look);
        void ended.then(({ code, err }) => reject(new Error(`it ended with ${code ?? 'a signal'}: ${seen}${err}`)));
        look();
      }),
  };
}

export const springtide = (words: readonly string[], env?: NodeJS.ProcessEnv, input?: string): Promise<Ended> =>
  call(words, env, input).ended;

interface Home {
  readonly directory: string;
  readonly config: string;
  readonly state: string;
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: readonly string[];
}

/** The pods of the shop run: what a command finds there does not hang on how fast it began. */
async function podsRun(world: EmbeddedWorld): Promise<void> {
  const waiting = (): readonly string[] =>
    world.kubernetes.objects
      .list('pods')
      .filter(({ status }) => status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True')
      .map(({ metadata }) => metadata.name);
  await vi.waitFor(() => expect(waiting()).toEqual([]), { timeout: 30_000 });
}

async function homeOf(world: EmbeddedWorld): Promise<Home> {
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-called-'));
  const place = (name: string): string => path.join(directory, name);
  const canary = 'canary-bearer-5f0c1f';
  await writeFile(place('kubeconfig.json'), JSON.stringify(world.kubernetes.kubeconfig()));
  await writeFile(place('sms-key'), world.sms.key);
  await writeTexts(place('config'), {
    'springtide.yaml': `apiVersion: springtide/v1
kind: Daemon
spec:
  cluster: demo
  interval: 1s
  mode: act
  prometheus: { url: '${world.prometheus.url}', auth: { bearer: { env: CANARY_TOKEN } } }
  kubernetes: { kubeconfig: '${place('kubeconfig.json')}' }
  openstack: {}
  http: { listen: '127.0.0.1:0', metrics: '127.0.0.1:0' }
  state: { directory: '${place('state')}' }
`,
    'policies/shop-web.yaml': await shipped('policies/shop-web.yaml'),
    'policies/workers.yaml': await shipped('policies/workers.yaml'),
    'alerts.yaml': await shipped('alerts.yaml'),
  });
  const env = { ...world.openstack.environment(), CANARY_TOKEN: canary };
  const password = world.openstack.environment()['OS_PASSWORD'] ?? '';
  return {
    directory,
    config: place('config'),
    state: place('state'),
    env,
    secrets: [canary, password, world.kubernetes.token, world.sms.key],
  };
}

export interface Settled {
  readonly world: EmbeddedWorld;
  readonly home: Home;
}

/** A world in real time, and a home in it. `running`: not before the pods of the shop run. */
export async function settle(from: { readonly seed?: number; readonly running?: boolean } = {}): Promise<Settled> {
  const world = await startWorld({ clock: systemClock, seed: from.seed ?? 3 });
  const home = await homeOf(world);
  if (from.running !== false) await podsRun(world);
  return { world, home };
}

export async function leave({ world, home }: Settled): Promise<void> {
  await world.stop();
  await rm(home.directory, { recursive: true, force: true });
}
