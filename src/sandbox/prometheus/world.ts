// The embedded Prometheus: a store, targets scraped on the clock, and the HTTP API on a port of 127.0.0.1.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../clock.ts';
import { minutes, seconds } from '../../model/units.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { FaultBoard } from './faults.ts';
import type { QueryResult } from './format.ts';
import { defaultLimits, queryInstant, queryRange } from './query.ts';
import type { QueryRange } from './query.ts';
import { Scraper } from './scrape.ts';
import type { Scrape, Target } from './scrape.ts';
import { prometheusServer } from './server.ts';
import type { PrometheusAuth } from './server.ts';
import { SeriesStore } from './store.ts';

export interface PrometheusOptions {
  readonly clock: Clock;
  /** 0, the default: a free one. */
  readonly port?: number;
  readonly retention?: Milliseconds;
  readonly lookback?: Milliseconds;
  readonly scrapeInterval?: Milliseconds;
  /** The step of subqueries that name none. */
  readonly evaluationInterval?: Milliseconds;
  readonly maximumSamples?: number;
  readonly auth?: PrometheusAuth;
}

export interface PrometheusWorld {
  readonly url: string;
  readonly faults: FaultBoard;
  readonly store: SeriesStore;
  readonly targets: readonly Target[];
  /** A sample beside the scrapes, now or at any other instant. */
  write(name: string, labels: Readonly<Record<string, string>>, value: number, at?: Instant): void;
  addTarget(labels: Readonly<Record<string, string>>, scrape: Scrape): Target;
  removeTarget(target: Target): void;
  /** The same answers without HTTP and without faults; throw a QueryError. */
  query(text: string, at?: Instant): QueryResult;
  queryRange(text: string, range: QueryRange): QueryResult;
  close(): Promise<void>;
}

export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusWorld> {
  const { clock } = options;
  const store = new SeriesStore();
  const faults = new FaultBoard();
  const retention = options.retention ?? minutes(24 * 60);
  const limits = {
    lookback: options.lookback ?? defaultLimits.lookback,
    evaluationInterval: options.evaluationInterval ?? defaultLimits.evaluationInterval,
    maximumSamples: options.maximumSamples ?? defaultLimits.maximumSamples,
  };
  const scraper = new Scraper(store, {
    clock,
    interval: options.scrapeInterval ?? seconds(15),
    retention,
    paused: () => faults.has('stale'),
  });
  const now = (): Instant => clock.now();
  const server = prometheusServer({
    clock,
    store,
    faults,
    limits,
    now,
    targets: () => scraper.targets,
    auth: options.auth ?? null,
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    scraper.stop();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    faults,
    store,
    get targets() {
      return scraper.targets;
    },
    write: (name, labels, value, at) => store.write(name, labels, value, at ?? now()),
    addTarget: (labels, scrape) => scraper.add(labels, scrape),
    removeTarget: (target) => scraper.remove(target),
    query: (text, at) => queryInstant(store, text, at ?? now(), limits),
    queryRange: (text, range) => queryRange(store, text, range, limits),
    close: async () => {
      scraper.stop();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
