// springtide run: the daemon. Ticks until it is told to stop; then nothing new begins, and what is known is kept.
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { Option, type Command } from 'commander';
import { systemClock } from '../clock.ts';
import { formatProblem } from '../config/problem.ts';
import { openConfig } from '../configuration/open.ts';
import { createFence, noFence, systemMonotonic } from '../leader/fence.ts';
import { leaseName, type SeenLease } from '../leader/lease.ts';
import { ownAddress } from '../leader/own-address.ts';
import { messageOf } from '../model/errors.ts';
import { createLogger, type LogLevel } from '../server/log.ts';
import { within } from './within.ts';

interface RunOptions {
  readonly config: string;
  readonly logLevel: LogLevel;
  readonly grace: number;
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
    .option('--grace <seconds>', 'how long a stop may take, at most', within(1, 3_600), 25)
    .addHelpText(
      'after',
      '\nSIGTERM and SIGINT stop it: exit 0 when what was under way has ended and the state is saved.',
    )
    .action(run);
}

async function run(options: RunOptions): Promise<void> {
  const clock = systemClock;
  const stopping = new AbortController();
  const log = createLogger({ level: options.logLevel, pretty: process.stdout.isTTY });
  const current = await openConfig({
    directory: options.config,
    clock,
    env: process.env,
    signal: stopping.signal,
    say: (problem) => process.stderr.write(`${problem}\n`),
    warn: (what) => log.warn(what),
  });
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) return;
    log.info({ signal }, 'stopping: nothing new begins');
    stopping.abort();
    // Whatever hangs must not keep the pod alive past its grace; the state was saved with every tick.
    setTimeout(() => process.exit(1), options.grace * 1000).unref();
  };
  // Told twice by whatever runs us, we go on ending in order; a person's second Ctrl-C ends us at once.
  process.on('SIGTERM', stop);
  process.once('SIGINT', stop);

  const { openHouse } = await import('../assemble.ts');
  const { stateNamespace } = await import('../assemble-state.ts');
  const { leadAlone, takeTurns } = await import('../turns.ts');
  const { http, state } = current.config().daemon;
  const instance = process.env['POD_NAME'] ?? os.hostname();
  const fence = createFence(systemMonotonic);
  const isOneOfMany = state.kubernetes !== undefined;
  let lease: SeenLease | null = null;
  const hurries = new Set<() => void>();
  const hurry = (): void => hurries.forEach((begin) => begin());
  const house = await openHouse({
    config: current.config,
    refused: current.refused,
    clock,
    log,
    env: process.env,
    instance,
    onSwitch: hurry,
    fence: isOneOfMany ? fence : noFence,
    stopping: stopping.signal,
    ...(isOneOfMany && { leader: () => lease?.address ?? null }),
    http: { listen: http.listen, metricsListen: http.metrics === http.listen ? null : http.metrics },
  });
  const watching = current.follow((reload) => {
    for (const problem of reload.result.problems) log.warn(formatProblem(problem));
    log.info({ hash: current.config().hash, refused: reload.refused }, 'configuration read again');
    hurry();
  });
  const course = {
    clock,
    interval: () => current.config().daemon.interval,
    hurry: (listener: () => void) => {
      hurries.add(listener);
      return () => hurries.delete(listener);
    },
    signal: stopping.signal,
  };
  const { alertsUrl, metrics, world } = house;
  if (!isOneOfMany) await leadAlone(house, course);
  else
    await takeTurns(house, {
      ...course,
      fence,
      monotonic: systemMonotonic,
      lease: { namespace: stateNamespace(current.config().daemon, world.kubernetes, process.env), name: leaseName },
      identity: `${instance}_${randomBytes(4).toString('hex')}`,
      address: alertsUrl === null ? null : ownAddress(http.alerts?.listen ?? '', alertsUrl, process.env),
      log,
      onSeen: (seen) => {
        lease = seen;
        metrics.recordLeases(seen?.transitions ?? 0);
      },
    }).catch((thrown: unknown) => {
      // What hangs cannot be taken back: only a new process begins clean.
      log.fatal({ err: thrown }, messageOf(thrown));
      process.exit(1);
    });
  await watching;
  await house.close();
  log.info('stopped');
  // Sockets that others keep open would hold the process: everything of ours has ended.
  process.exit(0);
}
