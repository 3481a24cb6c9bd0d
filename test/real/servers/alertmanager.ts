// A true Alertmanager for the length of a test file, and its amtool, asked like anybody would ask it.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { requestJson } from './json.ts';
import { freePortBlock } from './ports.ts';
import { serverDirectory, startServer, type RealServer } from './process.ts';

export interface Alertmanager extends RealServer {
  readonly url: string;
}

/** `configuration`: all of alertmanager.yml. */
export async function startAlertmanager(configuration: object): Promise<Alertmanager> {
  const directory = serverDirectory('alertmanager');
  const address = `127.0.0.1:${await freePortBlock(1)}`;
  const url = `http://${address}`;
  const file = join(directory, 'alertmanager.yml');
  writeFileSync(file, stringify(configuration));
  const server = await startServer({
    name: 'alertmanager',
    directory,
    mode: 'run',
    command: [
      '/usr/bin/prometheus-alertmanager',
      `--config.file=${file}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
    healthy: async () => (await requestJson(`${url}/-/ready`)).status === 200,
  });
  return { ...server, url };
}

/** What it prints; rejects with its complaint where it ends with an error. */
export function amtool(url: string, ...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // a home without settings of whoever runs the tests
    const options = { timeout: 90_000, env: { PATH: process.env['PATH'], HOME: '/nonexistent', TZ: 'UTC' } };
    execFile('/usr/bin/amtool', [`--alertmanager.url=${url}`, ...words], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`amtool ${words.join(' ')}: ${stderr}${stdout}`));
    });
  });
}
