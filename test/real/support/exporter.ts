// A target for a true Prometheus whose values the test sets: gauges as they stand, counters that grow by so much a second.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Exporter {
  readonly address: string;
  set(series: string, value: number): void;
  /** From now on the counter grows by this much a second. */
  grow(series: string, perSecond: number): void;
  stop(): Promise<void>;
}

interface Counter {
  readonly value: number;
  readonly perSecond: number;
  readonly at: number;
}

const valueOf = ({ value, perSecond, at }: Counter): number => value + (perSecond * (Date.now() - at)) / 1000;

export async function startExporter(): Promise<Exporter> {
  const gauges = new Map<string, number>();
  const counters = new Map<string, Counter>();
  const server = createServer((_request, response) => {
    const lines = [
      ...[...gauges].map(([series, value]) => `${series} ${value}`),
      ...[...counters].map(([series, counter]) => `${series} ${valueOf(counter)}`),
    ];
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`${lines.join('\n')}\n`);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (series, value) => void gauges.set(series, value),
    grow: (series, perSecond) => {
      const before = counters.get(series);
      counters.set(series, { value: before === undefined ? 0 : valueOf(before), perSecond, at: Date.now() });
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
