// springtide export: PodPolicies as HorizontalPodAutoscalers or ScaledObjects, the way back, and what could not be carried over.
import { Argument, Option, type Command } from 'commander';
import { Document } from 'yaml';
import { loadConfigOrThrow } from '../config/load.ts';
import { sources, type SourceKind } from '../convert/convert.ts';
import { exportPolicies, type ExportNote, type Exported } from '../convert/export.ts';
import type { Effect } from '../convert/note.ts';
import type { PodPolicy } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';
import { fillText, languages, type Language, type Texts } from '../model/texts.ts';

interface ExportCommandOptions {
  readonly config: string;
  readonly server?: string;
  readonly v1?: true;
  readonly output: 'yaml' | 'json';
  readonly lang?: Language;
}

export function registerExport(program: Command): void {
  program
    .command('export')
    .description('turn PodPolicies into HorizontalPodAutoscalers or KEDA ScaledObjects: the way back')
    .addArgument(new Argument('<to>', 'what is written').choices([...sources]))
    .argument('[policies...]', 'NAMESPACE/NAME or NAME; none: all of them')
    .option('-c, --config <directory>', 'the configuration directory', 'config')
    .option('--server <url>', 'KEDA: the Prometheus that it is to ask (default: the one of the Daemon document)')
    .option('--v1', 'HPA: autoscaling/v1 where it has words for all of it')
    .addOption(new Option('-o, --output <format>', 'yaml or json').choices(['yaml', 'json']).default('yaml'))
    .addOption(new Option('--lang <language>', 'language of the notes').choices([...languages]))
    .addHelpText(
      'after',
      `
The objects go to standard output, what was changed and left behind to standard error. It talks to nothing.
  springtide export hpa shop/web > web.hpa.yaml

Exit codes: 0 whatever could be carried over, 2 bad input.`,
    )
    .action(exportAll);
}

function chosen(all: readonly PodPolicy[], names: readonly string[]): readonly PodPolicy[] {
  const isMeant = ({ metadata }: PodPolicy, name: string): boolean =>
    name === metadata.name || name === `${metadata.namespace}/${metadata.name}`;
  const strange = names.find((name) => !all.some((policy) => isMeant(policy, name)));
  if (strange !== undefined)
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: 'export',
      what: `there is no PodPolicy ${strange}`,
      mend: `there are ${all.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ') || 'none'}`,
    });
  return names.length === 0 ? all : all.filter((policy) => names.some((name) => isMeant(policy, name)));
}

/** Without the credential that an address may carry. */
const withoutLogin = (url: string): string => url.replace(/\/\/[^/]*@/, '//');

async function exportAll(to: SourceKind, names: readonly string[], options: ExportCommandOptions): Promise<void> {
  const { lang, output, v1 = false } = options;
  const { podPolicies, daemon, texts } = await loadConfigOrThrow(
    options.config,
    lang === undefined ? {} : { language: lang },
  );
  const server = options.server ?? withoutLogin(daemon.prometheus.url);
  const exported = exportPolicies(chosen(podPolicies, names), to, { server, v1 });
  process.stderr.write(notesText(exported, texts));
  process.stdout.write(output === 'json' ? `${JSON.stringify(exported, null, 2)}\n` : yamlOf(exported));
}

const yamlOf = ({ objects }: Exported): string =>
  objects
    .map((object) => new Document(object, { aliasDuplicateObjects: false }).toString({ lineWidth: 0 }))
    .join('---\n');

const effects: readonly Effect[] = ['carried', 'changed', 'check', 'left'];

function notesText({ objects, notes }: Exported, texts: Texts): string {
  const policies = [...new Set(notes.map(({ policy }) => policy))];
  const lineOf = ({ effect, code, facts }: ExportNote): string =>
    `  ${fillText(texts, `cli.import.effect.${effect}`)}: ${fillText(texts, `cli.export.note.${code}`, facts)}`;
  const lines = policies.flatMap((policy) => [
    policy ?? fillText(texts, 'cli.import.general'),
    ...effects.flatMap((effect) =>
      notes.filter((note) => note.policy === policy && note.effect === effect).map(lineOf),
    ),
  ]);
  return `${[...lines, fillText(texts, 'cli.export.count', { count: objects.length })].join('\n')}\n`;
}
