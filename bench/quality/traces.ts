// The traces of the bench: real load, packed; traces/manifest.json says where each is from and under which licence.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface BenchTrace {
  readonly name: string;
  readonly start: string;
  readonly csv: string;
}

interface Entry {
  readonly name: string;
  readonly start_utc: string;
}

/** From the top of the repository. */
const folder = 'bench/quality/traces';

export const traceNames = (): readonly string[] => entries().map(({ name }) => name);

const entries = (): readonly Entry[] =>
  JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as readonly Entry[];

export function benchTrace(name: string): BenchTrace {
  const entry = entries().find((one) => one.name === name);
  if (entry === undefined) throw new Error(`no trace is called ${name}: one of ${traceNames().join(', ')}`);
  const csv = gunzipSync(readFileSync(path.join(folder, `${name}.csv.gz`))).toString('utf8');
  return { name, start: entry.start_utc, csv };
}
