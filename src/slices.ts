// Long computations in slices, so that the event loop that answers probes is never blocked for long.
import type { Milliseconds } from './model/units.ts';

/** Far below the 100 ms that a probe may wait, with room for one unlucky step. */
const slice = 20 as Milliseconds;

const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs the course to its end; between slices everybody else has their turn. */
export async function inSlices<Result>(course: Generator<undefined, Result>): Promise<Result> {
  let began = performance.now();
  for (;;) {
    const next = course.next();
    if (next.done === true) return next.value;
    if (performance.now() - began < slice) continue;
    await breath();
    began = performance.now();
  }
}
