// springtide validate: every mistake of a configuration, in its place, before anything runs with it; --live also holds it against the world.
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { loadConfig, type LoadResult } from '../config/load.ts';
import { formatProblem, sortProblems, type Problem } from '../config/problem.ts';
import { lookAtConfig } from '../configuration/look.ts';
import { emptyMemory } from '../model/memory.ts';
import { languages, type Language } from '../model/texts.ts';

const codes = { good: 0, bad: 2, unreachable: 3 } as const;

interface ValidateOptions {
  readonly config: string;
  readonly lang?: Language;
  readonly output: 'text' | 'json';
  readonly cluster?: true;
  readonly live?: true;
}

export function registerValidate(program: Command): void {
  program
    .command('validate')
    .description('check a configuration directory: every mistake at once, at its file, line and column')
    .option('-c, --config <directory>', 'the directory to check', 'config')
    .addOption(new Option('--lang <language>', 'check the texts of this language').choices([...languages]))
    .addOption(
      new Option('-o, --output <format>', 'for people or for programs').choices(['text', 'json']).default('text'),
    )
    .option(
      '--cluster',
      'with the ConfigMaps that are labelled springtide.io/config=policies, as the daemon reads them',
    )
    .option(
      '--live',
      'with --cluster, and against the world as it is: targets exist, queries answer, node groups are there, the account has its rights; changes nothing',
    )
    .addHelpText(
      'after',
      '\nWithout --cluster and --live nothing but the directory is read. Exit codes: 0 nothing is wrong (warnings at most), 2 something is refused, 3 --live: the world could not be read.',
    )
    .action(async (options: ValidateOptions) => {
      const written = await loaded(options);
      const result = options.live === true && !hasErrors(written) ? await heldAgainstWorld(written) : written;
      process.stdout.write(options.output === 'json' ? json(result) : text(result));
      process.exitCode = exitCode(result);
    });
}

function loaded({ config: directory, lang, cluster, live }: ValidateOptions): Promise<LoadResult> {
  const language = lang === undefined ? {} : { language: lang };
  if (cluster !== true && live !== true) return loadConfig(directory, language);
  return lookAtConfig({
    directory,
    clock: systemClock,
    env: process.env,
    warn: (what) => process.stderr.write(`springtide: ${what}\n`),
    configMaps: 'always',
    refused: 'asWritten',
    ...language,
  });
}

async function heldAgainstWorld(result: LoadResult): Promise<LoadResult> {
  const { config, inForce, problems } = result;
  if (config === null) return result;
  const [{ connectDoctor }, { liveProblems, liveQueries }, { decide }] = await Promise.all([
    import('../doctor/connect.ts'),
    import('../doctor/live-problems.ts'),
    import('../policies/decide.ts'),
  ]);
  const world = await connectDoctor(config, systemClock, process.env);
  try {
    const { snapshot, answers } = await world.look(liveQueries(config));
    const { plan } = decide(snapshot, config, emptyMemory(), systemClock.now());
    const live = liveProblems(inForce, { config, snapshot, plan, answers });
    return { ...result, problems: sortProblems([...problems, ...live]) };
  } finally {
    await world.close();
  }
}

function exitCode(result: LoadResult): number {
  if (!hasErrors(result)) return codes.good;
  return result.problems.some(({ code }: Problem) => code === 'SourceUnreachable') ? codes.unreachable : codes.bad;
}

const hasErrors = ({ problems }: LoadResult): boolean => problems.some(({ severity }) => severity === 'error');

function json({ config, documents, problems }: LoadResult): string {
  return `${JSON.stringify({ hash: config?.hash ?? null, documents, problems }, null, 2)}\n`;
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function text(result: LoadResult): string {
  const { problems, documents, config } = result;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const refused = documents.filter(({ status }) => status === 'refused').length;
  const counts = [
    plural(documents.length, 'document'),
    ...(refused === 0 ? [] : [`${refused} refused`]),
    ...(errors === 0 ? [] : [plural(errors, 'error')]),
    ...(problems.length === errors ? [] : [plural(problems.length - errors, 'warning')]),
  ].join(', ');
  const rules = documents.filter(({ kind, status }) => kind === 'Rules' && status === 'accepted');
  const verdict = errors > 0 ? counts : `ok: ${counts}, configuration ${config?.hash ?? ''}`;
  const lines = [...problems.map(formatProblem), ...rules.map(({ file }) => ruleFile(file, config)), verdict];
  return `${lines.join('\n')}\n`;
}

/** What of a rule file is evaluated: groups that only have recording rules are left to Prometheus. */
function ruleFile(file: string, config: LoadResult['config']): string {
  const groups = (config?.rules ?? []).filter((group) => group.file === file);
  const alerts = groups.reduce((sum, { rules }) => sum + rules.length, 0);
  return `${file}: ${plural(groups.length, 'group')}, ${plural(alerts, 'alerting rule')}`;
}
