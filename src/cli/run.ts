// springtide run: the daemon. Ticks until it is told to stop; then nothing new begins, and what is known is kept.
import { Option, type Command } from 'commander';
import type { assemble } from '../assemble.ts';
import { systemClock } from '../clock.ts';
import { loadConfig, type LoadResult } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { watchConfig } from '../config/watch.ts';
import { runLoop } from '../loop.ts';
import type { Config } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';
import type { LoopFacts } from '../model/snapshot.ts';
import { createLogger, type LogLevel } from '../server/log.ts';

interface RunOptions {
  readonly config: string;
  readonly logLevel: LogLevel;
  readonly grace: string;
}

export function registerRun(program: Command): void {
  program
    .command('run')
    .description('run the daemon: collect, decide, act, tell, every interval')
    .option('-c, --config <directory>', 'the configuration directory', 'config')
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['trace', 'debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option('--grace <seconds>', 'how long a stop may take, at most', '25')
    .addHelpText(
      'after',
      '\nSIGTERM and SIGINT stop it: exit 0 when what was under way has ended and the state is saved.',
    )
    .action(run);
}

/** What is in force, and what of the files is not. */
class Current {
  #result: LoadResult;
  #config: Config;

  constructor(result: LoadResult, config: Config) {
    this.#result = result;
    this.#config = config;
  }

  take(result: LoadResult): void {
    this.#result = result;
    this.#config = result.config ?? this.#config;
  }

  /** What the watch goes on from. */
  get result(): LoadResult {
    return this.#result;
  }

  readonly config = (): Config => this.#config;

  readonly refused = (): LoopFacts['refused'] => {
    const errors = this.#result.problems.filter(({ severity }) => severity === 'error');
    const byDocument = new Map<string, string>();
    for (const { document, file, line, message } of errors) {
      const name = document === undefined ? file : `${document.kind} ${document.name}`;
      if (!byDocument.has(name)) byDocument.set(name, `${file}:${line}: ${message}`);
    }
    return [...byDocument].map(([document, why]) => ({ document, why }));
  };
}

async function firstConfig(directory: string): Promise<Current> {
  const result = await loadConfig(directory, { env: process.env });
  for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  if (result.config !== null) return new Current(result, result.config);
  throw new SpringtideError({
    code: 'ConfigInvalid',
    where: directory,
    what: 'there is no Daemon document that can be used',
    mend: 'mend what is listed above, then try `springtide validate`',
  });
}

async function run(options: RunOptions): Promise<void> {
  const clock = systemClock;
  const current = await firstConfig(options.config);
  const log = createLogger({ level: options.logLevel, pretty: process.stdout.isTTY });
  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) return;
    log.info({ signal }, 'stopping: nothing new begins');
    stopping.abort();
    // Whatever hangs must not keep the pod alive past its grace; the state was saved with every tick.
    setTimeout(() => process.exit(1), Number(options.grace) * 1000).unref();
  };
  // Told twice by whatever runs us, we go on ending in order; a person's second Ctrl-C ends us at once.
  process.on('SIGTERM', stop);
  process.once('SIGINT', stop);

  const { assemble: put } = await import('../assemble.ts');
  const { http } = current.config().daemon;
  const springtide: Awaited<ReturnType<typeof assemble>> = await put({
    config: current.config,
    refused: current.refused,
    clock,
    log,
    env: process.env,
    http: { listen: http.listen, metricsListen: http.metrics === http.listen ? null : http.metrics },
  });
  const hurries = new Set<() => void>();
  const watching = watchConfig(
    options.config,
    current.result,
    { clock, env: process.env, signal: stopping.signal },
    (reload) => {
      for (const problem of reload.result.problems) log.warn(formatProblem(problem));
      current.take(reload.result);
      log.info({ hash: current.config().hash, refused: reload.refused }, 'configuration read again');
      for (const hurry of hurries) hurry();
    },
  );
  await runLoop({
    clock,
    interval: () => current.config().daemon.interval,
    tick: async (due, signal) => {
      await springtide.tick(due, signal);
    },
    prepare: springtide.world.collect.askAhead,
    hurry: (listener) => {
      hurries.add(listener);
      return () => hurries.delete(listener);
    },
    signal: stopping.signal,
  });
  await watching;
  await springtide.close();
  log.info('stopped');
  // Sockets that others keep open would hold the process: everything of ours has ended.
  process.exit(0);
}
