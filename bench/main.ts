// npm run bench -- NAME: runs one benchmark; a table for people, and as the last line one JSON object with every figure.
import { parseArgs } from 'node:util';
import { alerts } from './alerts.ts';
import { alertsChaos } from './alerts-chaos.ts';
import { anomalies } from './anomalies/anomalies.ts';
import { house } from './house.ts';
import { memory } from './memory.ts';
import { nodes } from './nodes.ts';
import { parts, pods, type Part } from './pods.ts';
import { quality, worlds, type WorldName } from './quality.ts';
import { tableOf, type Report } from './report.ts';
import { shrink } from './shrink.ts';
import { state } from './state.ts';

interface Settings {
  /** seconds that the daemon is left alone before its memory is read */
  readonly idle: number;
  /** how many ticks the heap is watched for */
  readonly ticks: number;
  /** of the pods' bench one part only */
  readonly part?: Part;
  /** the cloud that quality is played in, and the one trace that it is played over */
  readonly world: WorldName;
  readonly trace?: string;
}

const benches: Readonly<Record<string, (settings: Settings) => Promise<Report>>> = {
  alerts,
  'alerts-chaos': alertsChaos,
  anomalies,
  house,
  memory,
  nodes,
  pods,
  quality,
  shrink,
  state,
};

const { values, positionals } = parseArgs({
  options: {
    idle: { type: 'string', default: '30' },
    ticks: { type: 'string', default: '1000' },
    part: { type: 'string' },
    world: { type: 'string', default: 'usual' },
    trace: { type: 'string' },
  },
  allowPositionals: true,
});
const [name = ''] = positionals;
const bench = benches[name];
const part = parts.find((one) => one === values.part);
const world = worlds.find((one) => one === values.world);
const settings: Settings = {
  idle: Number(values.idle),
  ticks: Number(values.ticks),
  ...(part === undefined ? {} : { part }),
  world: world ?? 'usual',
  ...(values.trace === undefined ? {} : { trace: values.trace }),
};
const isUnknownPart = values.part !== undefined && part === undefined;
if (bench === undefined || isUnknownPart || world === undefined || !(settings.idle > 0) || !(settings.ticks > 0)) {
  process.stderr.write(
    `npm run bench -- NAME [--idle SECONDS] [--ticks COUNT] [--part ${parts.join('|')}] [--world ${worlds.join('|')}] [--trace NAME]; NAME is one of: ${Object.keys(benches).sort().join(', ')}\n`,
  );
  process.exit(2);
}
const report = await bench(settings);
process.stdout.write(`${tableOf(report)}\n${JSON.stringify(report)}\n`);
