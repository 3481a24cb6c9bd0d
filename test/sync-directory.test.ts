// A directory is synced where it stands, and one that is missing is an error, never a silent success.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { syncDirectory } from '../src/sync-directory.ts';

it('syncs a directory, and says when there is none', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-'));
  try {
    await writeFile(path.join(directory, 'file'), 'text');
    await expect(syncDirectory(directory)).resolves.toBeUndefined();
  } finally {
    await rm(directory, { recursive: true });
  }
  await expect(syncDirectory(directory)).rejects.toMatchObject({ code: 'ENOENT' });
});
