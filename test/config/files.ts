// Configuration directories for tests: in memory, or really on the disk.
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ConfigFiles } from '../../src/config/files.ts';

export type FileTexts = Readonly<Record<string, string>>;

const good = (file: string): string => readFileSync(path.join(import.meta.dirname, 'good', file), 'utf8');

export const goodTexts: FileTexts = Object.fromEntries(
  ['alerts.yaml', 'policies/web.yaml', 'policies/workers.yaml', 'springtide.yaml'].map((file) => [file, good(file)]),
);

export const inMemory = (texts: FileTexts): ConfigFiles => ({
  files: Object.entries(texts).map(([file, text]) => ({ path: file, bytes: new TextEncoder().encode(text) })),
  problems: [],
});

export async function writeTexts(directory: string, texts: FileTexts): Promise<void> {
  for (const [file, text] of Object.entries(texts)) {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), text);
  }
}

export const newDirectory = (): Promise<string> => mkdtemp(path.join(tmpdir(), 'springtide-config-'));
