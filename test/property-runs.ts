// How many cases a property plays: the same sample every time, for what a test says it has seen, and new ones beside it.
import fc from 'fast-check';

/** `PROPERTY_RUNS=2000` plays so many of each, for whoever looks for what is rare. */
const asked = Number(process.env['PROPERTY_RUNS'] ?? 0);

export const fresh = (runs: number): { readonly numRuns: number } => ({ numRuns: Math.max(runs, asked) });

/** Those of the sample are played first. A failure says the seed and the path that play it again. */
export const sampledAnd = <Case>(
  cases: fc.Arbitrary<Case>,
  sample: number,
  runs: number,
): { readonly numRuns: number; readonly examples: [Case][] } => ({
  numRuns: sample + fresh(runs).numRuns,
  examples: fc.sample(cases, { numRuns: sample, seed: 42 }).map((one) => [one]),
});

/** How long it may take: whoever asks for more cases has the time. */
export const within = (milliseconds: number): number => (asked > 0 ? 3_600_000 : milliseconds);
