// What every part of the pods' bench begins a tick with: the snapshot, and how the process's own CPU is counted.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Config } from '../dist/model/config.js';
import type { Instant } from '../dist/model/units.js';
import { questionsOf } from '../dist/targets/questions.js';
import { selectTargets } from '../dist/targets/select.js';
import type { BenchWorld, Freshness } from './pods-world.ts';

export const namespaces = 200;
export const appsEach = 100;
const interval = 15_000;
const beginning = Date.parse('2026-11-20T08:00:00Z');

setFlagsFromString('--expose-gc');
export const collectGarbage = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;

/** milliseconds of this process's CPU, whatever else the machine does */
export function cpuOf<Answer>(work: () => Answer): { readonly answer: Answer; readonly cpu: number } {
  const before = process.cpuUsage();
  const answer = work();
  const { user, system } = process.cpuUsage(before);
  return { answer, cpu: (user + system) / 1000 };
}

/**
 * What a step takes by itself: by the clock others count who take the core away, by CPU the threads that collect and compile
 * beside it. The smaller of the two, in ms.
 */
export function timeOf<Answer>(work: () => Answer): { readonly answer: Answer; readonly took: number } {
  const began = performance.now();
  const { answer, cpu } = cpuOf(work);
  return { answer, took: Math.min(performance.now() - began, cpu) };
}

export const instant = (tick: number): Instant => (beginning + tick * interval) as Instant;

/** The snapshot of a tick, asked for as the collector asks; `cpu`: what finding the targets and the queries took. */
export function look(world: BenchWorld, config: Config, now: Instant, freshness: Freshness) {
  world.drift();
  const kubernetes = world.snapshot([], now, freshness).kubernetes;
  collectGarbage({ type: 'minor' });
  const { answer: queries, cpu } = cpuOf(() =>
    questionsOf(config, selectTargets(config.podPolicies, kubernetes).bound),
  );
  const { prometheus, ...rest } = world.snapshot(queries, now, freshness);
  return { snapshot: { ...rest, kubernetes, prometheus }, queries: queries.length, cpu };
}
