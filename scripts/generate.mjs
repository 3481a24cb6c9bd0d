// Writes the generated files; with --check it writes nothing and fails where one has drifted. Run `npm run build` first.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatedFiles } from '../dist/config/generated.js';
import { simulationSchemas } from '../dist/simulate/schemas.js';

const root = path.dirname(import.meta.dirname);
const check = process.argv.includes('--check');
let drifted = 0;
for (const [file, text] of [...generatedFiles(), ...simulationSchemas()]) {
  const place = path.join(root, file);
  const before = await readFile(place, 'utf8').catch(() => null);
  if (before === text) continue;
  drifted += 1;
  if (check) {
    console.error(`${file} has drifted from its source: run node scripts/generate.mjs`);
    continue;
  }
  await mkdir(path.dirname(place), { recursive: true });
  await writeFile(place, text);
  console.log(`wrote ${file}`);
}
if (check && drifted > 0) process.exitCode = 1;
