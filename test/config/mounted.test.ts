// A mounted ConfigMap as kubelet makes it: every reading is of one version, also while the versions are swapped.
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFiles } from '../../src/config/files.ts';
import { newDirectory } from './files.ts';

const files = Array.from({ length: 12 }, (_, index) => `p${index}.yaml`);

/** As kubelet's atomic writer: a new folder, a link beside, one rename, the old folder away. */
async function publish(directory: string, version: number): Promise<void> {
  const folder = `..version-${version}`;
  await mkdir(path.join(directory, folder));
  for (const file of files) await writeFile(path.join(directory, folder, file), `version: ${version}\n`);
  await symlink(folder, path.join(directory, '..data_tmp'));
  await rename(path.join(directory, '..data_tmp'), path.join(directory, '..data'));
  await rm(path.join(directory, `..version-${version - 1}`), { recursive: true, force: true });
}

async function mounted(): Promise<string> {
  const directory = await newDirectory();
  await publish(directory, 1);
  for (const file of files) await symlink(path.join('..data', file), path.join(directory, file));
  return directory;
}

const versionsIn = async (directory: string): Promise<readonly string[]> => {
  const { files: read, problems } = await readConfigFiles(directory);
  const texts = read.map(({ bytes }) => new TextDecoder().decode(bytes));
  return [...new Set([...texts, ...problems.map(({ message }) => message)]), String(read.length)];
};

describe('a mounted ConfigMap', () => {
  it('is read as one version, whole, while forty others come', async () => {
    const directory = await mounted();
    let isOver = false;
    const publishing = (async () => {
      for (let version = 2; version <= 41; version++) await publish(directory, version);
      isOver = true;
    })();
    const seen: (readonly string[])[] = [];
    while (!isOver) seen.push(await versionsIn(directory));
    await publishing;
    seen.push(await versionsIn(directory));
    // nobody replaces it that often: then a reading says so, and is none
    const isWhole = ([what, count]: readonly string[]): boolean =>
      /^version: \d+\n$/.test(what ?? '') && count === '12';
    const isNone = ([what, count]: readonly string[]): boolean => /being replaced/.test(what ?? '') && count === '0';
    expect(seen.filter((reading) => reading.length !== 2 || !(isWhole(reading) || isNone(reading)))).toEqual([]);
    expect(seen.at(-1)).toEqual(['version: 41\n', '12']);
  });
});
