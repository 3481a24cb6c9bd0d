// What 20,000 targets cost: the CPU of a decision, the queries that it takes, blocks of the event loop, and whether the heap grows.
import { decisionsOf } from './pods-decisions.ts';
import { heapOver, wholeTicks } from './pods-ticks.ts';
import type { Figure, Report } from './report.ts';

export const parts = ['decisions', 'ticks', 'heap'] as const;
export type Part = (typeof parts)[number];

async function figuresOf(part: Part, ticks: number): Promise<readonly Figure[]> {
  switch (part) {
    case 'decisions':
      return (['explicit', 'namespaces', 'one'] as const).flatMap(decisionsOf);
    case 'ticks':
      return wholeTicks();
    case 'heap':
      return heapOver(ticks);
  }
}

export async function pods({ ticks, part }: { readonly ticks: number; readonly part?: Part }): Promise<Report> {
  const figures: Figure[] = [];
  for (const one of part === undefined ? parts : [part]) figures.push(...(await figuresOf(one, ticks)));
  return { bench: 'pods', node: process.versions.node, figures };
}
