// springtide approve, as a person calls it: what waits, a yes that is written whole, and names that nobody waits under.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerApprove } from '../../src/cli/approve.ts';
import { systemClock } from '../../src/clock.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { controlInDirectory } from '../../src/state/control.ts';
import { memoryInDirectory } from '../../src/state/directory.ts';
import { goodTexts, newDirectory, writeTexts } from '../config/files.ts';

let directory = '';
let state = '';
const asked = {
  id: 'k0m1-7f3z',
  subject: 'nodegroup/default-worker',
  way: 'nodes.shrink',
  from: 4,
  to: 3,
  remove: [{ node: 'w-3', serverId: 'c0ffee00-0000-4000-8000-000000000003' }],
} as const;

beforeEach(async () => {
  directory = await newDirectory();
  state = path.join(directory, 'state');
  const daemon = (goodTexts['springtide.yaml'] ?? '').replace(/directory: .*/, `directory: ${state}`);
  await writeTexts(directory, { ...goodTexts, 'springtide.yaml': daemon });
  const proposals = { asked: { [asked.subject]: asked }, used: [] };
  await memoryInDirectory(state).save({ ...emptyMemory(), lastTick: systemClock.now(), proposals });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

async function run(...words: string[]): Promise<string> {
  let out = '';
  const take = (text: unknown): boolean => {
    out += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
  const program = new Command('springtide').exitOverride();
  registerApprove(program);
  await program.parseAsync(['approve', ...words, '--config', directory], { from: 'user' });
  return out;
}

describe('springtide approve', () => {
  it('lists what waits, with who would leave by name and server', async () => {
    const out = await run('--list');
    expect(out).toContain('k0m1-7f3z  nodegroup/default-worker: 4 → 3, these leave: w-3 (c0ffee00-');
    expect(JSON.parse(await run('--list', '--output', 'json'))).toEqual({ waiting: [asked], approvals: [] });
  });

  it('writes a yes to exactly that, and takes the name as people type it', async () => {
    const out = await run('KOM17F3Z', '--by', 'wei');
    expect(out).toMatch(
      /Allowed, by wei: k0m1-7f3z .*\n.*approvals\.json: good for this change or a smaller one, once, until/,
    );
    const { control, damage } = await controlInDirectory(state).read();
    expect(damage).toBeNull();
    expect(control?.approvals).toMatchObject([{ ...asked, by: 'wei' }]);
    expect(control?.off).toEqual([]);
    expect(await run('--list')).toContain('allowed by wei at ');
  });

  it('says so in the language that was asked for', async () => {
    expect(await run('k0m1-7f3z', '--by', 'wei', '--lang', 'zh-CN')).toContain('已由 wei 批准');
  });

  it.each([
    [['aaaa-aaaa'], /no change of the name aaaa-aaaa waits/],
    [[], /not said what is to be done/],
    [['k0m1-7f3z', '--list'], /not said what is to be done/],
  ])('%j is bad input', async (words, why) => {
    await expect(run(...words)).rejects.toMatchObject({
      code: 'UsageInvalid',
      message: expect.stringMatching(why) as string,
    });
    expect((await controlInDirectory(state).read()).control).toBeNull();
  });

  it('keeps the switch as it is, and what cannot be read allows nothing', async () => {
    const home = controlInDirectory(state);
    await home.write({ off: ['pods.down'], until: null, by: 'wei', why: 'a test', releasedAt: null });
    await run('k0m1-7f3z');
    expect((await home.read()).control).toMatchObject({ off: ['pods.down'], approvals: [{ id: asked.id }] });
    const file = path.join(state, 'approvals.json');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
    const { control, damage } = await home.read();
    expect(control).not.toHaveProperty('approvals');
    expect(damage).toContain('approvals.json');
  });

  it('says when the daemon has not decided for a while', async () => {
    const proposals = { asked: { [asked.subject]: asked }, used: [] };
    await memoryInDirectory(state).save({ ...emptyMemory(), lastTick: 0 as never, proposals });
    expect(await run('--list')).toContain('does the daemon run');
  });
});
