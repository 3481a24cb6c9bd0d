// Suites: unit (fast, no processes), world (the embedded world over HTTP, the page in Chromium), real and real-timed (true servers), soak (hours).
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/** What takes a second takes many where the machine has much else to do; whoever hangs has the time. */
const common = { testTimeout: 60_000, hookTimeout: 60_000 };
/** Modules are loaded once a worker, not once a file: no test of these suites leaves anything behind in them. */
const loadedOnce = { isolate: false };
const real = (name: string): string => `test/real/${name}.test.ts`;
/** They measure how soon something happens: one after the other, when the others are done. */
const timed = ['story', 'reload'].map(real);
const slow = { ...common, testTimeout: 300_000, hookTimeout: 600_000 };

export default defineConfig({
  test: {
    // More than the two cores of a small machine: the suites wait for sockets most of the time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          ...loadedOnce,
          pool: 'threads',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**', 'test/soak/**', 'test/world/**', 'test/web/**'],
        },
      },
      {
        test: {
          ...common,
          ...loadedOnce,
          name: 'world',
          include: ['test/world/**/*.test.ts', 'test/web/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          ...common,
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...slow,
          name: 'real',
          include: [real('*')],
          exclude: timed,
          // Each file has servers of its own, and waits for them most of the time.
          maxWorkers: 4,
        },
      },
      {
        test: { ...slow, name: 'real-timed', include: timed, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
