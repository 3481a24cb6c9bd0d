// The generated files are committed; `npx vitest run test/config -u` or scripts/generate.mjs writes them anew.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../src/config/generated.ts';

const root = path.join(import.meta.dirname, '..', '..');

describe('generated files', () => {
  it.each([...generatedFiles()])('%s is what its source says', async (file, text) => {
    await expect(text).toMatchFileSnapshot(path.join(root, file));
  });
});
