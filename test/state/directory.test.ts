// The memory's file: whole or not at all, whoever kills whom, and refused where it cannot be trusted.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyMemory, type Memory } from '../../src/model/memory.ts';
import { memoryInDirectory } from '../../src/state/directory.ts';
import { at, noon } from '../builders.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'memory-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = () => path.join(directory, 'memory.json');
const memory = (second: number): Memory => ({ ...emptyMemory(), lastTick: at(second), steadySince: noon });

describe('the memory in a directory', () => {
  it('is empty where there is none, and comes back as it was saved', async () => {
    expect(await memoryInDirectory(directory).load()).toEqual(emptyMemory());
    await memoryInDirectory(directory).save(memory(1));
    expect(await memoryInDirectory(directory).load()).toEqual(memory(1));
    expect(readdirSync(directory)).toEqual(['memory.json']);
  });

  it('makes its directory, readable by nobody else', async () => {
    const deeper = path.join(directory, 'a', 'b');
    await memoryInDirectory(deeper).save(memory(1));
    expect(await memoryInDirectory(deeper).load()).toEqual(memory(1));
  });

  it('survives a kill between write and rename: the old one counts', async () => {
    const store = memoryInDirectory(directory);
    await store.save(memory(1));
    writeFileSync(`${file()}.new`, '{"schema":1,"lastTi');
    expect(await memoryInDirectory(directory).load()).toEqual(memory(1));
    await memoryInDirectory(directory).save(memory(2));
    expect(await memoryInDirectory(directory).load()).toEqual(memory(2));
  });

  it('keeps the old one where the new one cannot be written', async () => {
    const store = memoryInDirectory(directory);
    await store.save(memory(1));
    mkdirSync(`${file()}.new`);
    await expect(store.save(memory(2))).rejects.toThrow(/EISDIR|EEXIST|illegal/);
    expect(await memoryInDirectory(directory).load()).toEqual(memory(1));
  });

  it('is not written again while nothing has changed', async () => {
    const store = memoryInDirectory(directory);
    await store.save(memory(1));
    rmSync(file());
    await store.save(memory(1));
    expect(readdirSync(directory)).toEqual([]);
    await store.save(memory(2));
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ schema: 1 });
  });

  it.each([
    ['of a newer schema', JSON.stringify({ ...emptyMemory(), schema: 99 }), 'MemoryTooNew', /99.*newer version/],
    ['that was cut off', '{"schema":1,"lastTick"', 'MemoryUnreadable', /move the file away/],
    ['that is something else', '[1, 2]', 'MemoryUnreadable', /move it away/],
    ['that is empty', '', 'MemoryUnreadable', /move the file away/],
    ['with a part that is none', '{"schema":1,"targets":[]}', 'MemoryUnreadable', /targets/],
  ])('%s is refused by code, with what to do', async (_, text, code, message) => {
    writeFileSync(file(), text);
    await expect(memoryInDirectory(directory).load()).rejects.toMatchObject({
      code,
      where: file(),
      message: expect.stringMatching(message) as string,
    });
  });
});
