// The way down over 5,000 nodes and 150,000 pods: what the node tier takes in the first tick and in those that follow, and its longest breath.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Figure, Report } from './report.ts';
import type { Pods, ShrinkRun } from './shrink-process.ts';
import { size } from './shrink-world.ts';

const bars = { cold: 1_000, warm: 100, block: 100 };

async function runOf(pods: Pods): Promise<ShrinkRun> {
  const child = fork(fileURLToPath(new URL('shrink-process.js', import.meta.url)));
  child.send(pods);
  return ((await once(child, 'message')) as [ShrinkRun])[0];
}

const figuresOf = (run: ShrinkRun, whose: string): readonly Figure[] => [
  { name: `first tick, ${whose}`, value: run.cold, unit: 'ms', bar: bars.cold },
  { name: `later ticks, p50, ${whose}`, value: run.warm, unit: 'ms', bar: bars.warm },
  { name: `later ticks, most, ${whose}`, value: run.warmMost, unit: 'ms' },
  { name: `longest breath, first tick, ${whose}`, value: run.coldBreath, unit: 'ms', bar: bars.block },
  { name: `longest breath, later ticks, ${whose}`, value: run.warmBreath, unit: 'ms', bar: bars.block },
];

export async function shrink(): Promise<Report> {
  const read = await runOf('read');
  const strangers = await runOf('strangers');
  const figures: Figure[] = [
    { name: 'nodes', value: size.nodes, unit: '' },
    { name: 'pods', value: size.pods, unit: '' },
    ...figuresOf(read, 'pods as the client has them'),
    ...figuresOf(strangers, 'pods that share nothing, in no order'),
    ...Object.entries(read.kept)
      .sort()
      .map(([reason, value]): Figure => ({ name: `kept: ${reason}`, value, unit: '' })),
  ];
  return { bench: 'shrink', node: process.versions.node, figures };
}
