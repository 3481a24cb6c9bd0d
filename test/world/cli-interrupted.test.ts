// A person at a terminal: Ctrl-C in the middle of a drain and the same call once more; the question before a proof, and Ctrl-C behind it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drainAnnotation, type DrainRecord } from '../../src/model/drain-record.ts';
import type { EmbeddedWorld } from '../../src/sandbox/world.ts';
import { controlInDirectory } from '../../src/state/control.ts';
import { call, leave, settle, springtide, type Settled } from './command-line.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const group = 'default-worker';
const first = 'demo-default-worker-node-0';
let world: EmbeddedWorld;
let home: Settled['home'];
let settled: Settled;
const recordOn = (name: string): DrainRecord | null => {
  const node = world.kubernetes.objects.get('nodes', name);
  return JSON.parse(node?.metadata.annotations?.[drainAnnotation] ?? 'null') as DrainRecord | null;
};
const sizes = (): readonly number[] =>
  world.openstack.calls.flatMap(({ op, count }) => (op === 'resize_cluster' && count !== undefined ? [count] : []));

beforeAll(async () => {
  settled = await settle();
  ({ world, home } = settled);
});
afterAll(() => leave(settled));

describe('a drain that is interrupted', () => {
  const words = (): string[] => ['drain', first, '--by', 'wei', '--config', home.config];
  it('leaves what was done, and the same call goes on with it', async () => {
    const budget = (minAvailable: string): void => {
      world.kubernetes.objects.update('poddisruptionbudgets', 'web', 'shop', (draft) => {
        draft.spec.minAvailable = minAvailable;
      });
    };
    budget('100%');
    const held = call(words(), home.env);
    await held.shows(/held by shop\/web/);
    held.child.kill('SIGINT');
    const { code, out } = await held.ended;
    expect([code, out]).toEqual([5, expect.stringContaining('interrupted')]);
    const begun = recordOn(first);
    expect(begun).toMatchObject({ step: 'draining', request: { by: 'wei', then: 'keep' } });
    expect(world.kubernetes.objects.get('nodes', first)?.spec.unschedulable).toBe(true);

    budget('50%');
    const again = await springtide(words(), home.env);
    expect([again.code, again.err]).toEqual([0, '']);
    expect(recordOn(first)?.startedAt).toBe(begun?.startedAt);
    const left = world.kubernetes.objects
      .list('pods')
      .filter(({ metadata, spec }) => metadata.namespace === 'shop' && spec.nodeName === first);
    expect(left).toEqual([]);
    expect((await springtide([...words(), '--undo'], home.env)).code).toBe(0);
  });
});

/** With a terminal of its own: questions are asked there only. */
function atTerminal(words: readonly string[]): {
  readonly type: (keys: string) => void;
  readonly shows: (pattern: RegExp) => Promise<void>;
  readonly ended: Promise<number | null>;
} {
  const command = [process.execPath, main, ...words].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...process.env, ...home.env } });
  let seen = '';
  child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  const ended = (once(child, 'close') as Promise<[number | null]>).then(([code]) => code);
  return {
    type: (keys) => void child.stdin.write(keys),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(seen)) resolve();
        };
        child.stdout.on('data', look);
        void ended.then(() => (pattern.test(seen) ? resolve() : reject(new Error(`it has ended: ${seen}`))));
        look();
      }),
    ended,
  };
}

describe('springtide doctor --prove-removal', () => {
  const words = (): string[] => ['doctor', '--prove-removal', group, '--config', home.config];
  const switchedOff = async (): Promise<readonly string[]> => {
    const { control } = await controlInDirectory(home.state).read();
    return control?.off ?? [];
  };

  it('does nothing where nobody can answer, and where the answer is no', async () => {
    const alone = await springtide(words(), home.env);
    expect([alone.code, alone.err]).toEqual([2, expect.stringContaining('not agreed')]);
    const person = atTerminal(words());
    await person.shows(/\[y\/N\]/);
    person.type('n\r');
    expect(await person.ended).toBe(2);
    expect([sizes(), await switchedOff()]).toEqual([[], []]);
  });

  it('begins where the answer is yes, keeps the daemon’s hands off meanwhile, and gives that back when it is ended', async () => {
    const person = atTerminal(words());
    await person.shows(/\[y\/N\]/);
    person.type('y\r');
    await expect.poll(() => sizes(), { timeout: 15_000 }).toEqual([3]);
    expect(await switchedOff()).toEqual(['nodes.grow', 'nodes.shrink']);
    person.type('\u0003');
    expect(await person.ended).not.toBe(0);
    expect(await switchedOff()).toEqual([]);
    expect(sizes()).toEqual([3]);
  });
});
