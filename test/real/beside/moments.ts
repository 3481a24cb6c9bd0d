// When the load is to change: at random, yet as evenly over the intervals of both systems as chance offers.
import { deploymentName, queryOf, sides, type Side } from './pairs.ts';
import { decisions, type Beside } from './stage.ts';
import type { Chance } from './steps.ts';

const drawn = 60;

interface Beat {
  readonly last: number;
  readonly period: number;
}

function beatOf(looks: readonly number[], intervalMs: number): Beat {
  const [before, last] = looks.slice(-2);
  if (before === undefined) throw new Error('it has not looked yet');
  return last === undefined ? { last: before, period: intervalMs } : { last, period: last - before };
}

function beatsOf(beside: Beside, intervalMs: number): Readonly<Record<Side, Beat>> {
  const asked = beside.metrics().answers.filter(({ query }) => query === queryOf('total', 'hpa'));
  return {
    hpa: beatOf(
      asked.map((answer) => answer.at),
      intervalMs,
    ),
    springtide: beatOf(decisions(beside.daemon(), deploymentName('total', 'springtide')), intervalMs),
  };
}

/** The part of its interval that a system lets pass until it looks. */
function waitOf({ last, period }: Beat, moment: number): number {
  const passed = ((((moment - last) / period) % 1) + 1) % 1;
  return 1 - passed;
}

/** 0 where the numbers lie between 0 and 1 like the marks of a ruler. */
function unevenness(parts: readonly number[]): number {
  return parts
    .toSorted((one, other) => one - other)
    .reduce((total, part, index) => total + (part - (index + 0.5) / parts.length) ** 2, 0);
}

/**
 * Gives the next moments, one a call. Forty moments of pure chance leave the medians of two equal systems more than a second
 * apart in every fourth run; so of many random ones that is taken which keeps the waits for both the most even.
 */
export function momentsFor(beside: Beside, intervalMs: number, chance: Chance): () => number {
  let waits: Readonly<Record<Side, readonly number[]>> = { hpa: [], springtide: [] };
  return () => {
    const beats = beatsOf(beside, intervalMs);
    const now = Date.now();
    const candidates = Array.from({ length: drawn }, () => {
      const moment = now + chance() * intervalMs;
      const next = {
        hpa: [...waits.hpa, waitOf(beats.hpa, moment)],
        springtide: [...waits.springtide, waitOf(beats.springtide, moment)],
      };
      return { moment, next, score: sides.reduce((total, side) => total + unevenness(next[side]), 0) };
    });
    const best = candidates.reduce((one, other) => (other.score < one.score ? other : one));
    waits = best.next;
    return best.moment;
  };
}
