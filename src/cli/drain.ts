// springtide drain: a person empties a node, by the daemon's own rules and steps; it stays cordoned, or is given back.
import { Option, type Command } from 'commander';
import { loadConfigOrThrow } from '../config/load.ts';
import { parseDuration } from '../config/schema/scalars.ts';
import { SpringtideError } from '../model/errors.ts';
import { fillText, languages, type Language, type Texts } from '../model/texts.ts';
import { checkLine, judgeDrain, passes, type Check } from './operate/checks.ts';
import { drainNodes, undoDrain, type Ending } from './operate/drains.ts';
import { openStage, type Stage } from './operate/stage.ts';
import { userName } from './switch.ts';

interface DrainOptions {
  readonly config: string;
  readonly dryRun?: true;
  readonly remove?: true;
  readonly undo?: true;
  readonly withoutRoom?: true;
  readonly wait: boolean;
  readonly timeout?: string;
  readonly by?: string;
  readonly lang?: Language;
}

/** Beside the codes that all verbs share. */
export const exitCodes = { refused: 4, unfinished: 5 } as const;

export const operatorHelp =
  '\nExit codes: 0 done; 2 bad input; 3 the world could not be read; 4 refused by a check, nothing was written;' +
  '\n5 not finished (interrupted, timed out, or Magnum refused): what was done stays, the same call goes on.';

export function registerDrain(program: Command): void {
  program
    .command('drain')
    .description('empty a node: budgets respected, every step on the node itself; it stays cordoned, or is given back')
    .argument('<node>', 'the name of the node')
    .option('--dry-run', 'print every check and what would be done; change nothing')
    .option('--remove', 'and give its VM back to Magnum, by its server id')
    .option('--undo', 'back to work: uncordon it, whoever began the drain')
    .option('--without-room', 'also where its pods have no other place yet')
    .option('--no-wait', 'with --remove: end when Magnum has taken the resize')
    .option('--timeout <duration>', 'end after this long (30m); the drain stays as it is')
    .option('--by <name>', 'who asks for it (default: the user at the keyboard)')
    .option('-c, --config <directory>', 'the configuration directory', 'config')
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText('after', operatorHelp)
    .action(drain);
}

export function usage(where: string, what: string, mend: string): SpringtideError {
  return new SpringtideError({ code: 'UsageInvalid', where, what, mend });
}

/** Aborted by Ctrl-C, a stop, or the end of the time that was given. */
export function untilEnded(timeout: string | undefined): { readonly signal: AbortSignal; readonly end: () => void } {
  const length = timeout === undefined ? null : parseDuration(timeout);
  if (timeout !== undefined && (length === null || length <= 0))
    throw usage('--timeout', `"${timeout}" is no duration`, 'write --timeout 30m');
  const ending = new AbortController();
  const stop = (): void => ending.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const timer = length === null ? undefined : setTimeout(stop, length);
  return {
    signal: ending.signal,
    end: () => {
      clearTimeout(timer);
      process.removeListener('SIGINT', stop);
      process.removeListener('SIGTERM', stop);
    },
  };
}

/** true: go on. */
export function tellChecks(stage: Stage, checks: readonly Check[], texts: Texts, dryRun: boolean): boolean {
  for (const one of checks) stage.print(checkLine(one, texts));
  const passed = passes(checks);
  if (!passed) {
    stage.print(fillText(texts, 'cli.operate.refused'));
    process.exitCode = exitCodes.refused;
  }
  return passed && !dryRun;
}

export function tellEnding(stage: Stage, ending: Ending, done: string, texts: Texts): void {
  if (ending.end === 'done') stage.print(done);
  else {
    stage.print(fillText(texts, 'cli.operate.stopped', { why: ending.why }));
    process.exitCode = exitCodes.unfinished;
  }
}

async function undo(stage: Stage, name: string, by: string, dryRun: boolean, texts: Texts): Promise<void> {
  const scene = await stage.look();
  if (dryRun) stage.print(fillText(texts, 'cli.operate.wouldUndo', { node: name }));
  else
    tellEnding(
      stage,
      await undoDrain(stage, scene, name, by),
      fillText(texts, 'cli.operate.undone', { node: name }),
      texts,
    );
}

async function drain(name: string, options: DrainOptions): Promise<void> {
  const { dryRun = false, remove = false, withoutRoom = false, wait } = options;
  if (options.undo === true && remove)
    throw usage('--undo', 'it takes a drain back, and --remove ends one', 'leave one of them out');
  const config = await loadConfigOrThrow(options.config, options.lang === undefined ? {} : { language: options.lang });
  const { texts } = config;
  const by = options.by?.trim() ?? userName();
  const ended = untilEnded(options.timeout);
  const stage = await openStage(config);
  try {
    if (options.undo === true) {
      await undo(stage, name, by, dryRun, texts);
      return;
    }
    const scene = await stage.look();
    const then = remove ? 'remove' : 'keep';
    const { checks, group } = judgeDrain(scene, name, { then, withoutRoom });
    stage.print(fillText(texts, `cli.operate.drain.${then}`, { node: name, by }));
    if (!tellChecks(stage, checks, texts, dryRun) || group === null) return;
    const wish = { nodes: [name], nodeGroup: group.policy.name, request: { by, then }, wait } as const;
    const ending = await drainNodes(stage, scene, wish, ended.signal);
    const done = remove ? (wait ? 'removed' : 'taken') : 'drained';
    tellEnding(stage, ending, fillText(texts, `cli.operate.${done}`, { node: name }), texts);
  } finally {
    ended.end();
    await stage.close();
  }
}
