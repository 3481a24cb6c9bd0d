// The real server with the page built from its sources, and a tide to publish.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { parse } from 'yaml';
import { systemClock } from '../../src/clock.ts';
import type { TickReport } from '../../src/model/report.ts';
import type { Language, Texts } from '../../src/model/texts.ts';
import { later, minutes, seconds } from '../../src/model/units.ts';
import type { Identify } from '../../src/server/access.ts';
import type { FiringDesk } from '../../src/server/firing.ts';
import { createHealth } from '../../src/server/health.ts';
import { createLogger } from '../../src/server/log.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { startServer, type RunningServer } from '../../src/server/start.ts';
import type { About } from '../../src/server/view.ts';
import { aTide, type Tide } from './tide.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function buildPage(): Promise<string> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'springtide-page-'));
  await build({ configFile: path.join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir } });
  return outDir;
}

export const removePage = (directory: string): Promise<void> => rm(directory, { recursive: true, force: true });

const textsOf = (language: Language): Texts => ({
  language,
  sentences: parse(readFileSync(path.join(root, `config/messages.${language}.yaml`), 'utf8')) as Texts['sentences'],
});

export interface ServedPage {
  readonly url: string;
  readonly tide: Tide;
  readonly server: RunningServer;
  /** Publishes the next ticks of the tide; `change` may spoil the last one. */
  flow(ticks: number, change?: (report: TickReport) => TickReport): void;
}

export async function servePage(
  pageDirectory: string,
  listen = '127.0.0.1:0',
  identify: Identify | null = null,
  role: Pick<About, 'role'> = {},
  firing: () => FiringDesk | null = () => null,
  publicUrl: () => string | null = () => null,
): Promise<ServedPage> {
  const tide = aTide(later(systemClock.now(), (-60 * minutes(1)) as ReturnType<typeof minutes>));
  const server = await startServer({
    listen,
    metricsListen: null,
    about: () => ({ cluster: 'pay-sh-07', version: '0.1.0', interval: seconds(15), mode: 'act', ...role }),
    texts: textsOf,
    metrics: createMetrics({ cluster: 'pay-sh-07', version: '0.1.0', processFigures: false }),
    health: createHealth({ clock: systemClock, interval: seconds(15) }),
    log: createLogger({ level: 'silent' }),
    inbox: () => tide.inbox,
    pageDirectory,
    identify,
    firing,
    publicUrl,
  });
  return {
    url: server.urls.page,
    tide,
    server,
    flow: (ticks, change = (report) => report) => {
      for (let left = ticks; left > 0; left--) server.publish(left === 1 ? change(tide.next()) : tide.next());
    },
  };
}
