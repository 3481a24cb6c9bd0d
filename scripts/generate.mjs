// Writes the generated files; with --check it writes nothing and fails where one has drifted. Run `npm run build` first.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatedFiles } from '../dist/config/generated.js';
import { renderedManifests } from '../dist/deploy/generated.js';
import { rightsManifests } from '../dist/deploy/rights-manifests.js';
import { simulationSchemas } from '../dist/simulate/schemas.js';

const root = path.dirname(import.meta.dirname);
const check = process.argv.includes('--check');
let drifted = 0;
async function keep(file, text) {
  const place = path.join(root, file);
  const before = await readFile(place, 'utf8').catch(() => null);
  if (before === text) return;
  drifted += 1;
  if (check) {
    console.error(`${file} has drifted from its source: run node scripts/generate.mjs`);
    return;
  }
  await mkdir(path.dirname(place), { recursive: true });
  await writeFile(place, text);
  console.log(`wrote ${file}`);
}
for (const [file, text] of [...generatedFiles(), ...simulationSchemas(), ...rightsManifests()]) await keep(file, text);
// Made of files that have just been written.
for (const [file, text] of renderedManifests(root)) await keep(file, text);
if (check && drifted > 0) process.exitCode = 1;
