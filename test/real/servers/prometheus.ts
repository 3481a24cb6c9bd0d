// A true Prometheus for the length of a test file, scraping and evaluating every second.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { requestJson } from './json.ts';
import { freePortBlock } from './ports.ts';
import { serverDirectory, startServer, type RealServer } from './process.ts';

export interface PrometheusOptions {
  /** Prometheus's own `scrape_configs`. */
  readonly scrapeConfigs?: readonly unknown[];
  /** Rule files by name, in Prometheus's own format. */
  readonly rules?: Readonly<Record<string, string>>;
  /** Further top-level keys of prometheus.yml, e.g. `alerting`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly arguments?: readonly string[];
  /** Where it listens; a free port when left out. One that comes back is looked for where it was. */
  readonly port?: number;
}

export interface Prometheus extends RealServer {
  readonly url: string;
  /** Replaces scrape configs, rules and the rest, and waits until the server has taken them. */
  reload(options: PrometheusOptions): Promise<void>;
}

function writeConfiguration(directory: string, options: PrometheusOptions): void {
  const rules = Object.entries(options.rules ?? {});
  for (const [name, text] of rules) writeFileSync(join(directory, name), text);
  const configuration = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: rules.map(([name]) => join(directory, name)),
    scrape_configs: options.scrapeConfigs ?? [],
    ...options.config,
  };
  writeFileSync(join(directory, 'prometheus.yml'), stringify(configuration));
}

export async function startPrometheus(options: PrometheusOptions = {}): Promise<Prometheus> {
  const directory = serverDirectory('prometheus');
  const address = `127.0.0.1:${options.port ?? (await freePortBlock(1))}`;
  const url = `http://${address}`;
  writeConfiguration(directory, options);
  const server = await startServer({
    name: 'prometheus',
    directory,
    mode: 'run',
    command: [
      '/usr/bin/prometheus',
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
      '--web.enable-lifecycle',
      ...(options.arguments ?? []),
    ],
    healthy: async () => (await requestJson(`${url}/-/ready`)).status === 200,
  });
  return {
    ...server,
    url,
    reload: async (next) => {
      writeConfiguration(directory, next);
      const answer = await requestJson(`${url}/-/reload`, { method: 'POST' });
      if (answer.status !== 200) throw new Error(`Prometheus refused its configuration: ${answer.text}`);
    },
  };
}
