// springtide validate: every mistake of a configuration directory, in its place, before anything runs with it.
import { Option, type Command } from 'commander';
import { loadConfig, type LoadResult } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { languages, type Language } from '../model/texts.ts';

const codes = { good: 0, bad: 2 } as const;

interface ValidateOptions {
  readonly config: string;
  readonly lang?: Language;
  readonly output: 'text' | 'json';
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
    .addHelpText('after', '\nExit codes: 0 nothing is wrong (warnings at most), 2 something is refused.')
    .action(async (options: ValidateOptions) => {
      const result = await loadConfig(options.config, options.lang === undefined ? {} : { language: options.lang });
      process.stdout.write(options.output === 'json' ? json(result) : text(result));
      process.exitCode = hasErrors(result) ? codes.bad : codes.good;
    });
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
