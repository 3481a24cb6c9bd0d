// springtide release: what people have switched off goes on, and guards that have tripped let go.
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { fillText, languages, type Language } from '../model/texts.ts';
import { rfc3339 } from '../model/units.ts';
import { openSwitch, standing, switchText, userName } from './switch.ts';

interface ReleaseOptions {
  readonly config: string;
  readonly by?: string;
  readonly lang?: Language;
}

export function registerRelease(program: Command): void {
  program
    .command('release')
    .description('switch everything on again, and release the guards that have tripped')
    .option('--by <name>', 'who releases it (default: the user at the keyboard)')
    .option('-c, --config <directory>', "the daemon's configuration directory", 'config')
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText('after', '\nExit codes: 0 ok, also where nothing was off; 2 bad input.')
    .action(release);
}

async function release(options: ReleaseOptions): Promise<void> {
  const now = systemClock.now();
  const { home, texts, control } = await openSwitch(options.config, options.lang);
  const before = standing(control, now);
  await home.write({
    off: [],
    until: null,
    by: options.by?.trim() ?? userName(),
    why: '',
    releasedAt: rfc3339(now),
  });
  const lines = [
    before === null
      ? fillText(texts, 'cli.release.nothing')
      : fillText(texts, 'cli.release.ended', { what: switchText(before, texts) }),
    fillText(texts, 'cli.release.guards'),
    fillText(texts, 'cli.release.written', { what: home.place }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
