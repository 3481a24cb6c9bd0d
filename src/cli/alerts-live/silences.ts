// springtide alerts silence: keep alerts from being told for a while, see who did, and end it.
import type { Command } from 'commander';
import { instant, parseDuration } from '../../config/schema/scalars.ts';
import { later, rfc3339, type Instant } from '../../model/units.ts';
import {
  usage,
  withDaemon,
  withDaemonOptions,
  type AlertDaemon,
  type DaemonOptions,
  type Surroundings,
} from './daemon.ts';
import { filtersOf, jsonText, linesText, matchersOf, nameOf, silenceMatchers, voiceOf } from './words.ts';

interface AddOptions extends DaemonOptions {
  readonly for?: string;
  readonly until?: string;
  readonly start?: string;
  readonly comment: string;
  readonly by?: string;
}

interface ListOptions extends DaemonOptions {
  readonly expired?: true;
}

export function addSilences(alerts: Command, around: Surroundings): void {
  const silence = alerts.command('silence').description('keep alerts from being told for a while');
  withDaemonOptions(
    silence
      .command('add')
      .description('silence what matches; prints the id')
      .argument('<matchers...>', 'NAME=VALUE, !=, =~, !~; a first word without any of them is the name of an alert')
      .option('--for <duration>', 'how long: 30m, 2h, 3d')
      .option('--until <instant>', 'until when: 2026-11-11T02:00:00+08:00')
      .option('--start <instant>', 'from when (default: now)')
      .requiredOption('--comment <text>', 'why; shown to everybody who asks')
      .option('--by <name>', 'who (default: the user at the keyboard)'),
  ).action((words: string[], options: AddOptions) =>
    withDaemon(options, (daemon) => add(daemon, words, options, around)),
  );
  withDaemonOptions(
    silence
      .command('list')
      .description('the silences that hold or will hold, the first to end first')
      .argument('[matchers...]', 'those with such matchers')
      .option('--expired', 'those that have ended'),
  ).action((words: string[], options: ListOptions) =>
    withDaemon(options, (daemon) => list(daemon, words, options, around)),
  );
  withDaemonOptions(
    silence.command('expire').description('end silences now').argument('<ids...>', 'as `silence list` shows them'),
  ).action((ids: string[], options: DaemonOptions) =>
    withDaemon(options, (daemon) => expire(daemon, ids, options, around)),
  );
}

function instantAsked(name: string, text: string): Instant {
  const read = instant.safeParse(text);
  if (read.success) return read.data;
  throw usage(`${name} "${text}" is no instant`, `write ${name} 2026-11-11T02:00:00+08:00`);
}

/** When it begins and ends. */
function spanOf(
  options: Pick<AddOptions, 'for' | 'until' | 'start'>,
  now: Instant,
): { readonly startsAt: Instant; readonly endsAt: Instant } {
  const { for: length, until, start } = options;
  const startsAt = start === undefined ? now : instantAsked('--start', start);
  if ((length === undefined) === (until === undefined))
    throw usage('a silence ends', 'write one of --for 2h and --until 2026-11-11T02:00:00+08:00');
  if (length !== undefined) {
    const span = parseDuration(length);
    if (span === null || span <= 0) throw usage(`--for "${length}" is no duration`, 'write --for 30m, 2h or 3d');
    return { startsAt, endsAt: later(startsAt, span) };
  }
  const endsAt = instantAsked('--until', until ?? '');
  if (endsAt <= startsAt || endsAt <= now)
    throw usage(`--until "${until ?? ''}" is over before it begins`, 'name a later instant');
  return { startsAt, endsAt };
}

function commentOf({ comment }: Pick<AddOptions, 'comment'>): string {
  if (comment.trim() !== '') return comment;
  throw usage('--comment says nothing', 'say why: everybody who asks is shown it');
}

async function add(
  daemon: AlertDaemon,
  words: readonly string[],
  options: AddOptions,
  { clock, print }: Surroundings,
): Promise<void> {
  const { startsAt, endsAt } = spanOf(options, clock.now());
  const silenceID = await daemon.silence({
    matchers: matchersOf(words).map(({ name, value, operator }) => ({
      name,
      value,
      isRegex: operator.endsWith('~'),
      isEqual: operator.startsWith('='),
    })),
    startsAt: rfc3339(startsAt),
    endsAt: rfc3339(endsAt),
    createdBy: nameOf(options.by),
    comment: commentOf(options),
  });
  print(options.output === 'json' ? jsonText({ silenceID }) : `${silenceID}\n`);
}

async function list(
  daemon: AlertDaemon,
  words: readonly string[],
  options: ListOptions,
  { clock, print }: Surroundings,
): Promise<void> {
  const all = await daemon.silences(filtersOf(words));
  const isWanted = (state: string): boolean => (state === 'expired') === (options.expired === true);
  const found = all
    .filter(({ status }) => isWanted(status.state))
    .toSorted((left, right) => Date.parse(left.endsAt) - Date.parse(right.endsAt));
  if (options.output === 'json') {
    print(jsonText(found));
    return;
  }
  const { say, time } = voiceOf(daemon.texts, options, clock.now());
  const lines = found.flatMap((silence) => [
    `${silence.id}  ${say(`silence.${silence.status.state}`)}  ${silenceMatchers(silence)}`,
    `    ${say('silence.line', {
      from: time(silence.startsAt),
      until: time(silence.endsAt),
      by: silence.createdBy,
      comment: silence.comment,
    })}`,
  ]);
  print(linesText(lines.length === 0 ? [say('silence.none')] : lines));
}

async function expire(
  daemon: AlertDaemon,
  ids: readonly string[],
  options: DaemonOptions,
  { clock, print }: Surroundings,
): Promise<void> {
  const ended: string[] = [];
  const unknown: string[] = [];
  for (const id of ids) ((await daemon.expire(id)) ? ended : unknown).push(id);
  const { say } = voiceOf(daemon.texts, options, clock.now());
  if (options.output === 'json') print(jsonText({ ended, unknown }));
  else print(linesText(ended.map((id) => say('silence.ended', { id }))));
  if (unknown.length > 0)
    throw usage(`there is no silence ${unknown.join(', ')}`, '`springtide alerts silence list` shows them');
}
