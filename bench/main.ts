// npm run bench -- NAME: runs one benchmark; a table for people, and as the last line one JSON object with every figure.
import { parseArgs } from 'node:util';
import { house } from './house.ts';
import { tableOf, type Report } from './report.ts';

interface Settings {
  /** seconds that the daemon is left alone before its memory is read */
  readonly idle: number;
}

const benches: Readonly<Record<string, (settings: Settings) => Promise<Report>>> = { house };

const { values, positionals } = parseArgs({
  options: { idle: { type: 'string', default: '30' } },
  allowPositionals: true,
});
const [name = ''] = positionals;
const bench = benches[name];
if (bench === undefined || !(Number(values.idle) > 0)) {
  process.stderr.write(
    `npm run bench -- NAME [--idle SECONDS]; NAME is one of: ${Object.keys(benches).sort().join(', ')}\n`,
  );
  process.exit(2);
}
const report = await bench({ idle: Number(values.idle) });
process.stdout.write(`${tableOf(report)}\n${JSON.stringify(report)}\n`);
