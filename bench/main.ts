// npm run bench -- NAME: runs one benchmark; a table for people, and as the last line one JSON object with every figure.
import { parseArgs } from 'node:util';
import { house } from './house.ts';
import { pods } from './pods.ts';
import { tableOf, type Report } from './report.ts';

interface Settings {
  /** seconds that the daemon is left alone before its memory is read */
  readonly idle: number;
  /** how many ticks the heap is watched for */
  readonly ticks: number;
}

const benches: Readonly<Record<string, (settings: Settings) => Promise<Report>>> = { house, pods };

const { values, positionals } = parseArgs({
  options: { idle: { type: 'string', default: '30' }, ticks: { type: 'string', default: '1000' } },
  allowPositionals: true,
});
const [name = ''] = positionals;
const bench = benches[name];
const settings: Settings = { idle: Number(values.idle), ticks: Number(values.ticks) };
if (bench === undefined || !(settings.idle > 0) || !(settings.ticks > 0)) {
  process.stderr.write(
    `npm run bench -- NAME [--idle SECONDS] [--ticks COUNT]; NAME is one of: ${Object.keys(benches).sort().join(', ')}\n`,
  );
  process.exit(2);
}
const report = await bench(settings);
process.stdout.write(`${tableOf(report)}\n${JSON.stringify(report)}\n`);
