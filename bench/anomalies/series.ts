// The Numenta Anomaly Benchmark's series with the windows in which something was unusual; bench/data/nab has origin and licence.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { creditsOf, type Credit } from './scorer.ts';

export interface Series {
  readonly category: string;
  readonly name: string;
  readonly at: readonly number[];
  readonly values: readonly number[];
  /** what a detection at each record is worth */
  readonly credits: readonly Credit[];
  /** all windows, and those that a detector is asked for */
  readonly windows: number;
  readonly asked: number;
}

/** From the top of the repository. */
const folder = 'bench/data/nab';

type Windows = Readonly<Record<string, readonly (readonly [string, string])[]>>;

function seriesOf(category: string, text: string, windows: Windows): Series {
  const [name = '', ...lines] = text.trimEnd().split('\n');
  const stamps = lines.map((line) => line.slice(0, line.indexOf(',')));
  const spans = (windows[`${category}/${name}`] ?? []).map(
    ([first, last]) => [indexOf(stamps, first), indexOf(stamps, last)] as const,
  );
  return {
    category,
    name,
    at: stamps.map((stamp) => Date.parse(`${stamp.replace(' ', 'T')}Z`)),
    values: lines.map((line) => Number(line.slice(line.indexOf(',') + 1))),
    windows: spans.length,
    ...creditsOf(stamps.length, spans),
  };
}

/** Labels carry fractions of a second. */
function indexOf(stamps: readonly string[], label: string): number {
  const index = stamps.indexOf(label.replace(/\.\d+$/, ''));
  if (index < 0) throw new Error(`no record at ${label}`);
  return index;
}

/** `only`: those of one category. */
export function allSeries(only = ''): readonly Series[] {
  const windows = JSON.parse(readFileSync(path.join(folder, 'windows.json'), 'utf8')) as Windows;
  return readdirSync(folder)
    .filter((file) => file.endsWith('.csv.gz') && file.startsWith(only))
    .sort()
    .flatMap((file) => {
      const text = gunzipSync(readFileSync(path.join(folder, file))).toString('utf8');
      return text
        .split('#')
        .slice(1)
        .map((part) => seriesOf(file.replace('.csv.gz', ''), part, windows));
    });
}
