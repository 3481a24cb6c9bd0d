// springtide demo: the whole idea on the embedded world; live with the page, or once on a virtual clock.
import { fileURLToPath } from 'node:url';
import { Option, type Command } from 'commander';
import { loadConfigOrThrow } from '../config/load.ts';
import { drivers, type Driver } from '../sandbox/openstack/stack.ts';
import { languages, type Language } from '../model/texts.ts';
import { within } from './within.ts';

interface DemoOptions {
  readonly once?: true;
  readonly port: number;
  readonly speed: number;
  readonly seed: number;
  readonly driver: Driver;
  readonly config: string;
  readonly lang: Language;
}

const shippedConfig = fileURLToPath(new URL('../../config', import.meta.url));

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('watch both tiers at work on the embedded world: a whole story in two minutes')
    .option('--once', 'play it once on a virtual clock, print it, exit 0 only if every chapter happened')
    .option('--port <port>', 'of the page (0: a free one)', within(0, 65_535), 8080)
    .option('--speed <factor>', 'times real time', within(0.1, 60), 10)
    .option('--seed <number>', 'of everything that is left to chance', within(0, 4_294_967_295), 1)
    .addOption(
      new Option('--driver <driver>', 'of the embedded Magnum: who leaves when a group shrinks is up to it')
        .choices([...drivers])
        .default('heat'),
    )
    .option('-c, --config <directory>', 'policies to try on the embedded world', shippedConfig)
    .addOption(new Option('--lang <language>', 'of sentences and messages').choices([...languages]).default('en'))
    .action(demo);
}

async function demo({ once, port, speed, seed, driver, config: directory, lang }: DemoOptions): Promise<void> {
  const config = await loadConfigOrThrow(directory, { language: lang });
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const isOurs = directory === shippedConfig;
  if (once === true) {
    const { playOnce } = await import('../demo/play-once.ts');
    const { missing } = await playOnce(config, { seed, driver, isOurs, print });
    // The verdict is the shipped story's: other policies may do well without an SMS.
    process.exitCode = missing.length === 0 || !isOurs ? 0 : 1;
    return;
  }
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const { playLive } = await import('../demo/play-live.ts');
  await playLive(config, { port, speed, seed, driver, isOurs, signal: ending.signal, print });
}
