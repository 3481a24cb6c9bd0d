// How well both tiers decide: the product's own decide over real traces, beside the autoscalers that people have.
import { usualWorld } from '../dist/simulate/backtest/world-settings.js';
import { ours, playTrace, type Row } from './quality/play.ts';
import { qualityTable, summaryOf } from './quality/table.ts';
import { traceNames } from './quality/traces.ts';
import type { Figure, Report } from './report.ts';

/** `slow`: one resize at a time, VMs and pods that take longer. */
export const worlds = ['usual', 'slow'] as const;
export type WorldName = (typeof worlds)[number];

const settings = {
  usual: usualWorld,
  slow: { ...usualWorld, serialNodeOps: true, nodeBoot: 300, podStart: 60 },
};
/** Where the past knows what comes. */
const smooth = ['crane_09', 'crane_15'];

function figuresOf(rows: readonly Row[], world: WorldName): readonly Figure[] {
  const all = summaryOf(ours, rows);
  if (world === 'slow') return [{ name: 'J, slow cloud', value: all.score, unit: '', bar: 1.9 }];
  return [
    { name: 'J, geometric mean', value: all.score, unit: '', bar: 1.75 },
    { name: 'violated time, mean, %', value: all.violated, unit: '', bar: 0.5 },
    { name: 'violated time, worst trace, %', value: all.violatedWorst, unit: '', bar: 1 },
    { name: 'cost x oracle, mean', value: all.cost, unit: '', bar: 1.6 },
    { name: 'pod actions a day', value: all.replicaActions, unit: '', bar: 223 },
    { name: 'node actions a day', value: all.nodeActions, unit: '', bar: 83 },
    ...rows
      .filter(({ policy, trace }) => policy === ours && smooth.includes(trace))
      .flatMap(({ trace, judged }): Figure[] => [
        { name: `J, ${trace}`, value: judged.score, unit: '', bar: 1.08 },
        { name: `violated time, ${trace}, %`, value: judged.violatedPercent, unit: '', bar: 0.3 },
      ]),
  ];
}

/** `trace`: one of them only. */
export async function quality(options: { readonly world: WorldName; readonly trace?: string }): Promise<Report> {
  const { world, trace } = options;
  const names = trace === undefined ? traceNames() : [trace];
  const rows: Row[] = [];
  for (const name of names) {
    rows.push(...playTrace(name, settings[world]));
    process.stderr.write(`${name}: J ${rows.at(-1)?.judged.score.toFixed(3) ?? ''}\n`);
    // Ctrl-C is heard between two traces.
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stdout.write(`${qualityTable(rows, world === 'usual' && trace === undefined)}\n\n`);
  return { bench: `quality, ${world} cloud`, node: process.versions.node, figures: figuresOf(rows, world) };
}
