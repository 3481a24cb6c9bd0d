// The probes: /healthz says whether the loop ticks, /readyz whether the world has been seen once.
import type { Clock } from '../clock.ts';
import type { TickReport } from '../model/report.ts';
import { rfc3339, type Instant, type Milliseconds } from '../model/units.ts';

export interface HealthOptions {
  readonly clock: Clock;
  readonly interval: Milliseconds;
  /** on top of three intervals; a tick may be slow where the world is */
  readonly grace?: Milliseconds;
}

export interface Probe {
  readonly status: 200 | 503;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Health {
  /** A tick has ended, whatever became of its stages. */
  ticked(report: TickReport): void;
  /** Alive without a tick: a process that waits for the lease. */
  alive(): void;
  /** The lists have arrived: whoever follows is ready without a tick. */
  seen(): void;
  configLoaded(): void;
  healthz(): Probe;
  readyz(): Probe;
}

const thirtySeconds = 30_000 as Milliseconds;

/** Nothing may be decided before Kubernetes has been read; the other sources may be down when we start. */
const isComplete = ({ stages, errors }: TickReport): boolean =>
  stages.collect !== undefined &&
  stages.collect.failed === undefined &&
  errors.every((error) => error.source !== 'kubernetes' || error.code === 'PartialView');

export function createHealth({ clock, interval, grace = thirtySeconds }: HealthOptions): Health {
  const started = clock.now();
  const allowed = 3 * interval + grace;
  let lastSign: Instant | null = null;
  let lastTick: number | null = null;
  let collected = false;
  let configured = false;

  return {
    ticked: (report) => {
      lastSign = clock.now();
      lastTick = report.number;
      collected ||= isComplete(report);
    },
    alive: () => {
      lastSign = clock.now();
    },
    seen: () => {
      collected = true;
    },
    configLoaded: () => {
      configured = true;
    },
    healthz: () => {
      const silent = clock.now() - (lastSign ?? started);
      const facts = {
        tick: lastTick,
        lastSign: lastSign === null ? null : rfc3339(lastSign),
        silentSeconds: Math.round(silent / 1000),
        allowedSeconds: Math.round(allowed / 1000),
      };
      if (silent <= allowed) return { status: 200, body: { status: 'ok', ...facts } };
      const why = lastSign === null ? 'no tick has ended since the start' : 'no tick has ended for too long';
      return { status: 503, body: { status: 'failed', why, ...facts } };
    },
    readyz: () => {
      const missing = [
        ...(configured ? [] : ['the configuration is not loaded']),
        ...(collected ? [] : ['Kubernetes has not been read completely yet']),
      ];
      if (missing.length === 0) return { status: 200, body: { status: 'ok' } };
      return { status: 503, body: { status: 'failed', why: missing.join('; ') } };
    },
  };
}
