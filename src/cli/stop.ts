// springtide stop: a person switches ways of scaling off for a while; the daemon holds them from its next tick on.
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { instant, parseDuration } from '../config/schema/scalars.ts';
import { SpringtideError } from '../model/errors.ts';
import type { ControlFacts, SwitchWay } from '../model/snapshot.ts';
import { fillText, languages, type Language } from '../model/texts.ts';
import { instantOf, later, rfc3339, type Instant } from '../model/units.ts';
import { switchWays } from '../state/control.ts';
import { openSwitch, standing, switchText, userName, waysText } from './switch.ts';

interface StopOptions {
  readonly config: string;
  readonly pods?: true;
  readonly nodes?: true;
  readonly downOnly?: true;
  readonly until?: string;
  readonly why?: string;
  readonly by?: string;
  readonly lang?: Language;
}

export function registerStop(program: Command): void {
  program
    .command('stop')
    .description('switch scaling off for a while: all of it, or one tier, or the ways down only')
    .option('--pods', 'of pods only: replicas stay as they are')
    .option('--nodes', 'of VMs only: none is ordered, none is given back')
    .option('--down-only', 'the ways down only: growth goes on')
    .option('--until <when>', 'a duration (2h), an instant with its zone (2026-11-11T02:00:00+08:00), or "release"')
    .option('--why <text>', 'told to everybody who meets the switch')
    .option('--by <name>', 'who switches it off (default: the user at the keyboard)')
    .option('-c, --config <directory>', "the daemon's configuration directory", 'config')
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText(
      'after',
      '\nWhat was off before stays off beside it; `springtide release` ends it all. Exit codes: 0 ok, 2 bad input.',
    )
    .action(stop);
}

function usage(what: string, mend: string): SpringtideError {
  return new SpringtideError({ code: 'UsageInvalid', where: 'stop', what, mend });
}

export function waysOf({ pods, nodes, downOnly }: Pick<StopOptions, 'pods' | 'nodes' | 'downOnly'>): SwitchWay[] {
  const isBoth = pods === nodes;
  return switchWays.filter((way) => {
    const isDown = way === 'pods.down' || way === 'nodes.shrink';
    const isOfTier = isBoth || way.startsWith(pods === true ? 'pods.' : 'nodes.');
    return isOfTier && (downOnly !== true || isDown);
  });
}

/** null: until it is released. */
export function untilOf(text: string | undefined, now: Instant): Instant | null {
  const mend = 'write --until 2h, --until 2026-11-11T02:00:00+08:00, or --until release';
  if (text === undefined) throw usage('it is not said until when', mend);
  if (text === 'release') return null;
  const length = parseDuration(text);
  if (length !== null && length > 0) return later(now, length);
  const read = instant.safeParse(text);
  if (length !== null || !read.success) throw usage(`--until "${text}" is neither a duration nor an instant`, mend);
  if (read.data <= now) throw usage(`--until "${text}" is over already`, mend);
  return read.data;
}

/** A stop never switches anything on: what was off beside it stays off, and no shorter than it was meant to. */
export function stoppedBeside(before: ControlFacts | null, next: ControlFacts): ControlFacts {
  const left = before?.off.filter((way) => !next.off.includes(way)) ?? [];
  if (before === null || left.length === 0) return next;
  const ends = [instantOf(before.until), instantOf(next.until)];
  const last = ends.includes(null) ? null : Math.max(...ends.map(Number));
  return {
    ...next,
    off: switchWays.filter((way) => left.includes(way) || next.off.includes(way)),
    until: last === null ? null : rfc3339(last as Instant),
    by: before.by === next.by ? next.by : `${before.by}, ${next.by}`,
    why: before.why === next.why ? next.why : `${before.why}; ${next.why}`,
  };
}

async function stop(options: StopOptions): Promise<void> {
  const now = systemClock.now();
  const why = options.why?.trim() ?? '';
  if (why === '') throw usage('it is not said why', 'write --why "what the people on duty should know"');
  const until = untilOf(options.until, now);
  const { home, texts, control } = await openSwitch(options.config, options.lang);
  const before = standing(control, now);
  const off = waysOf(options);
  const next = stoppedBeside(before, {
    off,
    until: until === null ? null : rfc3339(until),
    by: options.by?.trim() ?? userName(),
    why,
    releasedAt: control?.releasedAt ?? null,
  });
  await home.write(next);
  const kept = next.off.filter((way) => !off.includes(way));
  const lines = [
    switchText(next, texts),
    ...(kept.length === 0 ? [] : [fillText(texts, 'cli.stop.kept', { what: waysText(kept, texts) })]),
    fillText(texts, 'cli.stop.written', { what: home.place }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
