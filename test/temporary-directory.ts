// A directory of a test's own: gone when the test is done, whatever the test has left in it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** In a test, or before each. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
