// Runs files of vectors: finds their cases, hands each to the adapter of its file, compares what comes back.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../../src/model/errors.ts';
import { ruleFor } from './deviations.ts';
import { families, manifest, type ManifestEntry } from './manifest.ts';
import type { CaseReport, Compared, Fields, FileReport, VectorCase, VectorFile, Verdict } from './vector.ts';

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCase = (element: unknown): element is Fields =>
  isObject(element) && ('expected' in element || 'expect' in element || ('name' in element && 'value' in element));

/** Every array of the file whose elements are cases. A fact is a case whose expectation is its value. */
export function casesOf(file: VectorFile): ReadonlyMap<string, readonly VectorCase[]> {
  const found = new Map<string, readonly VectorCase[]>();
  for (const [key, value] of Object.entries(file)) {
    if (!Array.isArray(value) || value.length === 0 || !value.every(isCase)) continue;
    found.set(
      key,
      value.map((element: Fields) => ({
        id: typeof element['id'] === 'string' ? element['id'] : key,
        name: String(element['name']),
        input: element['input'] ?? element,
        expected: element['expected'] ?? element['expect'] ?? { value: element['value'] },
      })),
    );
  }
  return found;
}

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

async function runFile(name: string, text: string): Promise<FileReport> {
  const broken = (problem: string): FileReport => ({ name, cases: [], problem, run: true });
  const entry = manifest[name];
  if (entry === undefined) return broken('unknown file');
  let file: VectorFile;
  try {
    file = JSON.parse(text) as VectorFile;
  } catch (error) {
    return broken(messageOf(error));
  }
  const arrays = casesOf(file);
  const unknown = [...arrays.keys()].find((key) => key !== entry.array);
  if (unknown !== undefined) return broken(`unknown array "${unknown}"`);
  const given = arrays.get(entry.array);
  if (given === undefined) return broken(`no cases in "${entry.array}"`);
  const cases: CaseReport[] = [];
  for (const one of given) cases.push({ id: one.id, name: one.name, result: await judge(name, one, file, entry) });
  return { name, cases, problem: null, run: true };
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
      reports.push(
        families[family] === 'later'
          ? { name, cases: [], problem: null, run: false }
          : await runFile(name, readFileSync(path.join(directory, family, file), 'utf8')),
      );
    }
  return reports;
}
