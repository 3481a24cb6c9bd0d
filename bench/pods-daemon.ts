// The daemon with everything behind a tick in place, only the world's clients replaced by a cluster in memory.
import { systemClock } from '../dist/clock.js';
import { Daemon } from '../dist/daemon.js';
import { journalDirectory } from '../dist/journal/files.js';
import { openJournal } from '../dist/journal/write.js';
import type { Config } from '../dist/model/config.js';
import type { Snapshot } from '../dist/model/snapshot.js';
import type { Instant } from '../dist/model/units.js';
import { createHealth } from '../dist/server/health.js';
import { createLogger, decisionLogger } from '../dist/server/log.js';
import { createMetrics } from '../dist/server/metrics.js';
import { startServer } from '../dist/server/start.js';
import { memoryInDirectory } from '../dist/state/directory.js';
import type { BenchWorld } from './pods-world.ts';

export interface BenchDaemon {
  readonly url: string;
  /** Resolves when the tick is over; what it left to be written and shown is on its way. */
  tick(snapshot: Snapshot, now: Instant): Promise<void>;
  close(): Promise<void>;
}

export async function startBenchDaemon(config: Config, world: BenchWorld, directory: string): Promise<BenchDaemon> {
  const log = createLogger({ level: 'info', destination: { write: () => undefined } });
  const metrics = createMetrics({ cluster: 'bench', version: 'bench' });
  const health = createHealth({ clock: systemClock, interval: config.daemon.interval });
  const server = await startServer({
    listen: '127.0.0.1:0',
    metricsListen: null,
    about: () => ({ cluster: 'bench', version: 'bench', interval: config.daemon.interval, mode: config.daemon.mode }),
    texts: () => config.texts,
    metrics,
    health,
    log,
  });
  const logDecisions = decisionLogger(log);
  const journal = openJournal({ directory: journalDirectory(directory), log });
  const store = memoryInDirectory(directory);
  let [now, snapshot]: [Instant, Snapshot | null] = [0 as Instant, null];
  const actuator = {
    scale: (decision: Parameters<BenchWorld['carryOut']>[0]) => Promise.resolve(world.carryOut(decision, now)),
    resize: () => Promise.reject(new Error('there are no node groups')),
    drain: () => Promise.resolve(null),
    tell: () => Promise.resolve(),
    mark: () => Promise.resolve(),
  };
  const rehearsal = {
    ...actuator,
    scale: ({ target, current, desired }: Parameters<BenchWorld['carryOut']>[0]) => {
      const at = new Date(now).toISOString();
      return Promise.resolve({
        kind: 'scale',
        target,
        from: current ?? 0,
        to: desired ?? 0,
        status: 'dryRun',
        at,
      } as const);
    },
  };
  const daemon = new Daemon(
    {
      clock: { now: () => now, after: (span, run) => systemClock.after(span, run) },
      config: () => config,
      refused: () => [],
      collect: Object.assign(
        () => (snapshot === null ? Promise.reject(new Error('no snapshot')) : Promise.resolve(snapshot)),
        { askAhead: () => undefined },
      ),
      control: { read: () => Promise.resolve({ control: null, damage: null }) },
      actuators: { act: actuator, dryRun: rehearsal, confirm: rehearsal },
      store,
      alerts: { tell: (told) => Promise.resolve({ accepted: told.length, changed: 0, durable: true, fault: null }) },
      journal,
    },
    await store.load(),
  );
  const signal = new AbortController().signal;
  return {
    url: server.urls.page,
    tick: async (seen, at) => {
      [now, snapshot] = [at, seen];
      const report = await daemon.tick(at, signal);
      for (const [stage, { failed }] of Object.entries(report.stages))
        if (failed !== undefined) throw new Error(`${stage}: ${failed.message}`);
      await logDecisions(report.plan, report.outcomes);
      server.publish(report);
      snapshot = null;
    },
    close: async () => {
      await server.close();
      await journal.close();
    },
  };
}
