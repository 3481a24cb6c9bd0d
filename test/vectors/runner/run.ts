// Runs files of vectors: finds their cases, hands each to the adapter of its array, compares what comes back.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../../src/model/errors.ts';
import { arraysOf, casesIn, valueUnder } from './cases.ts';
import { ruleFor } from './deviations.ts';
import { manifest, type ManifestEntry } from './manifest.ts';
import type { CaseReport, Compared, Fields, FileReport, VectorCase, VectorFile, Verdict } from './vector.ts';

/** Only what the expectation names, and of that nothing that the manifest takes out. */
function narrowed({ expected, got }: Compared, notCompared: readonly string[]): Compared {
  const keys = Object.keys(expected).filter((key) => !notCompared.includes(key));
  const only = (fields: Fields): Fields => Object.fromEntries(keys.map((key) => [key, fields[key]]));
  return { expected: only(expected), got: only(got) };
}

async function judge(name: string, one: VectorCase, file: VectorFile, entry: ManifestEntry): Promise<Verdict> {
  try {
    const whole = await entry.adapter(one, file);
    const { expected, got } = narrowed(whole, entry.notCompared ?? []);
    if (Object.keys(expected).length === 0)
      return { verdict: 'failed', expected: one.expected, got: 'nothing to compare' };
    if (isDeepStrictEqual(expected, got)) return { verdict: 'passed' };
    const rule = ruleFor(name, one, whole.got);
    return rule === null ? { verdict: 'failed', expected, got } : { verdict: 'deviates', rule };
  } catch (error) {
    return { verdict: 'failed', expected: one.expected, got: `it threw: ${messageOf(error)}` };
  }
}

const entriesOf = (name: string): readonly ManifestEntry[] | undefined => {
  const found = manifest[name];
  return found !== undefined && 'adapter' in found ? [found] : found;
};

async function runFile(name: string, text: string): Promise<FileReport> {
  const broken = (problem: string): FileReport => ({ name, cases: [], problem });
  const entries = entriesOf(name);
  if (entries === undefined) return broken('unknown file');
  let file: VectorFile;
  try {
    file = JSON.parse(text) as VectorFile;
  } catch (error) {
    return broken(messageOf(error));
  }
  const known = entries.map(({ array }) => array);
  const unknown = arraysOf(file).filter((array) => !known.some((one) => array === one || array.startsWith(`${one}.`)));
  const cases: CaseReport[] = [];
  for (const entry of entries)
    for (const one of casesIn(valueUnder(file, entry.array), entry, file))
      cases.push({ id: one.id, name: one.name, array: one.array, result: await judge(name, one, file, entry) });
  if (unknown.length > 0) return { ...broken(`unknown array "${unknown.join('", "')}"`), cases };
  if (cases.length === 0) return broken(`no cases in "${known.join('", "')}"`);
  return { name, cases, problem: null };
}

/** Every JSON file one folder down: FAMILY/FILE.json. */
export async function runDirectory(directory: string, only: readonly string[] = []): Promise<readonly FileReport[]> {
  const reports: FileReport[] = [];
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name: family } of folders.toSorted((one, other) => (one.name < other.name ? -1 : 1)))
    for (const file of readdirSync(path.join(directory, family)).toSorted()) {
      if (!file.endsWith('.json') || family === 'runner') continue;
      const name = `${family}/${file.slice(0, -'.json'.length)}`;
      if (only.length > 0 && !only.some((wanted) => name.startsWith(wanted))) continue;
      reports.push(await runFile(name, readFileSync(path.join(directory, family, file), 'utf8')));
    }
  return reports;
}
