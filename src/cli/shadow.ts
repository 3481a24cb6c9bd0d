// springtide shadow report: what dry runs would have done beside what another autoscaler did, from the decision journal alone.
import path from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { loadConfigOrThrow } from '../config/load.ts';
import { instant, parseDuration } from '../config/schema/scalars.ts';
import { shippedTexts } from '../config/texts.ts';
import { journalDays } from '../journal/files.ts';
import { entriesSince } from '../journal/read.ts';
import { SpringtideError } from '../model/errors.ts';
import { fillText, languages, type Language, type Texts } from '../model/texts.ts';
import { instantOf, rfc3339, type Instant } from '../model/units.ts';
import { minutesApart, ShadowComparison, type Comparison } from '../shadow/compare.ts';
import { journalPlaceOf } from './journal-place.ts';

interface ReportOptions {
  readonly config: string;
  readonly journal?: string;
  readonly since: string;
  readonly threshold?: number;
  readonly output: 'text' | 'json';
  readonly lang?: Language;
}

/** Beside the codes that all verbs share. */
const apart = 4;

function minutesOf(text: string): number {
  const value = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text)) return value;
  throw new InvalidArgumentError('a number of minutes');
}

export function registerShadow(program: Command): void {
  program
    .command('shadow')
    .description('policies in dry run beside another autoscaler')
    .command('report')
    .description('per policy: how long there was more or less than springtide would have had, and which VMs')
    .option('--since <when>', 'a duration (7d) or an instant with its zone', '7d')
    .option('--threshold <minutes>', 'end with 4 when a policy was apart for longer than this', minutesOf)
    .option('-c, --config <directory>', "the daemon's configuration directory: says where the journal is", 'config')
    .option('--journal <directory>', 'the journal itself, in place of --config')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText('after', '\nExit codes: 0 ok, 2 bad input or no journal, 4 apart for longer than --threshold.')
    .action(report);
}

const usage = (what: string, mend: string): SpringtideError =>
  new SpringtideError({ code: 'UsageInvalid', where: 'shadow report', what, mend });

function sinceOf(text: string, now: Instant): Instant {
  const length = parseDuration(text);
  if (length !== null) return (now - length) as Instant;
  const read = instant.safeParse(text);
  if (read.success) return read.data;
  throw usage(`--since "${text}" is neither a duration nor an instant`, 'write --since 7d');
}

async function placeOf({ journal, config, lang }: ReportOptions): Promise<{ directory: string; texts: Texts }> {
  if (journal !== undefined) return { directory: path.resolve(journal), texts: shippedTexts(lang ?? 'en') };
  const { daemon, texts } = await loadConfigOrThrow(config, lang === undefined ? {} : { language: lang });
  return { directory: path.resolve(journalPlaceOf(daemon, 'shadow report')), texts };
}

async function report(options: ReportOptions): Promise<void> {
  const since = sinceOf(options.since, systemClock.now());
  const { directory, texts } = await placeOf(options);
  if ((await journalDays(directory)).length === 0)
    throw usage(
      `there is no journal in ${directory}`,
      'run it where the directory of the daemon is (with replicas: in the pod of each), or name --journal DIR',
    );
  const comparison = new ShadowComparison(since);
  for await (const entry of entriesSince(directory, since)) comparison.take(entry, instantOf(entry.time) ?? since);
  const found = comparison.end();
  const { output, threshold } = options;
  const over = threshold === undefined ? [] : found.filter((one) => minutesApart(one) > threshold);
  process.stdout.write(
    output === 'json'
      ? `${JSON.stringify({ since: rfc3339(since), policies: found, over: over.map(({ policy }) => policy) }, null, 2)}\n`
      : textOf(found, over, threshold ?? 0, rfc3339(since), texts),
  );
  if (over.length > 0) process.exitCode = apart;
}

function linesOf(one: Comparison, texts: Texts): readonly string[] {
  const { policy, tier, largestShortfall: worst, removedByUsOnly, removedByOtherOnly } = one;
  const facts = {
    policy,
    seen: one.minutesSeen,
    above: one.minutesAbove,
    below: one.minutesBelow,
    surplus: one.surplus,
    missing: one.missing,
  };
  const nodes = (code: string, names: readonly string[]): readonly string[] =>
    names.length === 0 ? [] : [`  ${fillText(texts, code, { count: names.length, node: names.join(', ') })}`];
  return [
    fillText(texts, `cli.shadow.${tier}`, facts),
    `  ${fillText(texts, 'cli.shadow.above', facts)}`,
    `  ${fillText(texts, 'cli.shadow.below', facts)}`,
    ...(worst === null
      ? []
      : [`  ${fillText(texts, 'cli.shadow.worst', { count: worst.by, at: worst.at, target: worst.of })}`]),
    ...nodes('cli.shadow.oursOnly', removedByUsOnly),
    ...nodes('cli.shadow.othersOnly', removedByOtherOnly),
  ];
}

function textOf(
  found: readonly Comparison[],
  over: readonly Comparison[],
  threshold: number,
  since: string,
  texts: Texts,
): string {
  const lines = [
    fillText(texts, found.length === 0 ? 'cli.shadow.nothing' : 'cli.shadow.since', { since }),
    ...found.flatMap((one) => linesOf(one, texts)),
    ...over.map((one) =>
      fillText(texts, 'cli.shadow.over', { policy: one.policy, count: minutesApart(one), threshold }),
    ),
  ];
  return `${lines.join('\n')}\n`;
}
