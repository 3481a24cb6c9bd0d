// What `springtide drain` and `springtide resize` have in common: options, exit codes, the end of a wait, what is printed.
import { Option, type Command } from 'commander';
import { openAuditLog, standardOutput, type AuditLog } from '../../audit/open.ts';
import { systemClock } from '../../clock.ts';
import { loadConfigOrThrow } from '../../config/load.ts';
import { parseDuration } from '../../config/schema/scalars.ts';
import type { Config } from '../../model/config.ts';
import { SpringtideError } from '../../model/errors.ts';
import { fillText, languages, type Language, type Texts } from '../../model/texts.ts';
import { userName } from '../switch.ts';
import { checkLine, passes, type Check } from './checks.ts';
import type { Ending } from './drains.ts';
import { openStage, type Stage } from './stage.ts';

export interface OperatorOptions {
  readonly config: string;
  readonly dryRun?: true;
  readonly wait: boolean;
  readonly timeout?: string;
  readonly by?: string;
  readonly lang?: Language;
}

/** Beside the codes that all verbs share. */
export const exitCodes = { refused: 4, unfinished: 5 } as const;

const operatorHelp =
  '\nExit codes: 0 done; 2 bad input; 3 the world could not be read; 4 refused by a check, nothing was written;' +
  '\n5 not finished (interrupted, timed out, or Magnum refused): what was done stays, the same call goes on.';

/** Those of every verb that changes nodes; `waitsFor` says with which of its own options there is something to wait for. */
export function withOperatorOptions(command: Command, waitsFor: string): Command {
  return command
    .option('--dry-run', 'print every check and what would be done; change nothing')
    .option('--no-wait', `with ${waitsFor}: end when Magnum has taken the resize`)
    .option('--timeout <duration>', 'end after this long (30m); what is being drained stays as it is')
    .option('--by <name>', 'who asks for it (default: the user at the keyboard)')
    .option('-c, --config <directory>', 'the configuration directory', 'config')
    .addOption(new Option('--lang <language>', 'language of the sentences').choices([...languages]))
    .addHelpText('after', operatorHelp);
}

export interface Operation {
  readonly stage: Stage;
  readonly config: Config;
  readonly texts: Texts;
  readonly by: string;
  readonly dryRun: boolean;
  /** aborted by Ctrl-C, a stop, or the end of the time that was given */
  readonly signal: AbortSignal;
}

/** Connects, does it, and lets go of everything, however it ends. */
export async function operate(options: OperatorOptions, run: (operation: Operation) => Promise<void>): Promise<void> {
  const config = await loadConfigOrThrow(options.config, options.lang === undefined ? {} : { language: options.lang });
  const by = options.by?.trim() ?? userName();
  const ended = untilEnded(options.timeout);
  try {
    const stage = await openStage(config);
    const dryRun = options.dryRun === true;
    const audit = dryRun ? null : auditOf(config);
    try {
      await audit?.write({ event: 'manual', phase: 'intent', by, command: process.argv.slice(2) });
      await run({ stage, config, texts: config.texts, by, dryRun, signal: ended.signal });
    } finally {
      await audit?.write({ event: 'manual', phase: 'outcome', by, exitCode: process.exitCode ?? 0 });
      await audit?.close();
      await stage.close();
    }
  } finally {
    ended.end();
  }
}

/** Beside the daemon's own lines, in the same chain. From elsewhere it cannot be reached: an emergency does not wait for it. */
function auditOf(config: Config): AuditLog | null {
  const say = (facts: object, text: string): void => {
    process.stderr.write(`springtide: ${text} ${JSON.stringify(facts)}\n`);
  };
  if (config.daemon.audit?.file === standardOutput) return null;
  const log = { error: say, warn: say };
  return openAuditLog({ settings: config.daemon, config: () => config, clock: systemClock, log });
}

export function usage(where: string, what: string, mend: string): SpringtideError {
  return new SpringtideError({ code: 'UsageInvalid', where, what, mend });
}

function untilEnded(timeout: string | undefined): { readonly signal: AbortSignal; readonly end: () => void } {
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
