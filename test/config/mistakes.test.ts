// One mistake a directory over the good configuration: what is printed for each is a file of its own.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFiles, type ConfigFiles } from '../../src/config/files.ts';
import { loadFiles } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';

const here = import.meta.dirname;
const mistakes = path.join(here, 'mistakes');

/** The good files, those of the mistake over them, without those that `without.txt` names. */
async function overlaid(name: string): Promise<ConfigFiles> {
  const good = await readConfigFiles(path.join(here, 'good'));
  const own = await readConfigFiles(path.join(mistakes, name));
  const list = path.join(mistakes, name, 'without.txt');
  const without = existsSync(list) ? readFileSync(list, 'utf8').split('\n') : [];
  const replaced = new Set([...own.files.map((file) => file.path), ...without]);
  const files = [...good.files.filter((file) => !replaced.has(file.path)), ...own.files];
  return { files: files.sort((one, other) => (one.path < other.path ? -1 : 1)), problems: own.problems };
}

describe('a configuration', () => {
  it('without a mistake has no problem', async () => {
    const { problems, config } = loadFiles(await readConfigFiles(path.join(here, 'good')));
    expect(problems).toEqual([]);
    expect(config?.podPolicies).toHaveLength(1);
  });

  it.each(readdirSync(mistakes))('with the mistake %s is told so in its place', async (name) => {
    const { problems } = loadFiles(await overlaid(name));
    const printed = problems.map((problem) => `${formatProblem(problem)}\n`).join('');
    await expect(printed).toMatchFileSnapshot(path.join(mistakes, name, 'expected.txt'));
  });
});
