// springtide validate --live as a person calls it, before the embedded world: what fits ends with 0, what does not is named in its place.
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { registerValidate } from '../../src/cli/validate.ts';
import { leave, settle, type Settled } from './command-line.ts';

let home: Settled['home'];
let settled: Settled;
beforeAll(async () => {
  settled = await settle();
  ({ home } = settled);
});
afterAll(() => leave(settled));

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = 0;
});

interface Told {
  readonly code: number | string | null | undefined;
  readonly errors: readonly string[];
  readonly out: string;
}

async function validated(config: string): Promise<Told> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((out += String(chunk)), true));
  for (const [name, value] of Object.entries(home.env)) vi.stubEnv(name, value);
  const program = new Command().exitOverride();
  registerValidate(program);
  await program.parseAsync(['validate', '--live', '--config', config, '-o', 'json'], { from: 'user' });
  const { problems } = JSON.parse(out) as { problems: { code: string; severity: string; file: string }[] };
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ code, file }) => `${file} ${code}`);
  return { code: process.exitCode, errors, out };
}

it('names a target and a group that are not there, and says nothing of what is', async () => {
  const config = path.join(home.directory, 'wrong');
  await cp(home.config, config, { recursive: true });
  const change = async (file: string, from: RegExp, to: string): Promise<void> => {
    const place = path.join(config, 'policies', file);
    await writeFile(place, (await readFile(place, 'utf8')).replace(from, to));
  };
  await change('shop-web.yaml', /(kind: Deployment, name: )web/, '$1gone');
  await change('workers.yaml', /name: default-worker/, 'name: elsewhere');
  expect(await validated(home.config)).toMatchObject({ code: 0, errors: [] });
  const wrong = await validated(config);
  expect(wrong).toMatchObject({
    code: 2,
    errors: ['policies/shop-web.yaml TargetMissing', 'policies/workers.yaml NodeGroupMissing'],
  });
  expect(home.secrets.filter((secret) => wrong.out.includes(secret))).toEqual([]);
});
