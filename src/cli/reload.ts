// springtide reload: a person agrees that many policies go out of force at once; the daemon takes that very version over.
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { loadFiles } from '../config/load.ts';
import { statePlaceIn } from '../config/state-place.ts';
import { shippedTexts } from '../config/texts.ts';
import { directorySource } from '../config/watch.ts';
import { connectConfigCluster, watchesConfigMaps } from '../configuration/cluster.ts';
import { lastGoodStoreOf } from '../configuration/homes.ts';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { fillText, languages, type Language } from '../model/texts.ts';
import { userName } from './switch.ts';

interface ReloadOptions {
  readonly config: string;
  readonly confirm: string;
  readonly by?: string;
  readonly lang?: Language;
}

export function registerReload(program: Command): void {
  program
    .command('reload')
    .description('agree to a new configuration that takes many policies out of force at once')
    .requiredOption('--confirm <hash>', 'the version that is agreed to, as the refusal names it')
    .option('--by <name>', 'who agrees (default: the user at the keyboard)')
    .option('-c, --config <directory>', "the daemon's configuration directory", 'config')
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText(
      'after',
      '\nThe daemon takes it over within about five seconds, if its files are still that version. Exit codes: 0 written, 2 bad input.',
    )
    .action(reload);
}

async function reload(options: ReloadOptions): Promise<void> {
  const { confirm, lang } = options;
  if (!/^[0-9a-f]{12}$/.test(confirm))
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: 'reload --confirm',
      what: `"${confirm}" is no version`,
      mend: 'copy the 12 characters from the refusal: the alert SpringtideConfigRefused has them',
    });
  const files = await directorySource(options.config).read();
  const place = statePlaceIn(files);
  const { config } = loadFiles(files, lang === undefined ? {} : { language: lang });
  const cluster = watchesConfigMaps(place, process.env)
    ? await connectConfigCluster(config?.daemon.kubernetes ?? null, place, systemClock, process.env)
    : null;
  try {
    const store = lastGoodStoreOf(place, cluster);
    if (store === null) throw new Error('springtide has no namespace of its own here');
    await store.confirm(confirm, options.by?.trim() ?? userName());
    process.stdout.write(
      `${fillText(config?.texts ?? shippedTexts(lang ?? 'en'), 'cli.reload.written', { hash: confirm, what: store.place })}\n`,
    );
  } catch (thrown) {
    throw new SpringtideError({
      code: 'WorldUnreadable',
      where: options.config,
      what: messageOf(thrown),
      cause: thrown,
    });
  } finally {
    cluster?.close();
  }
}
