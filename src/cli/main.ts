#!/usr/bin/env node
// springtide: the command line. One file a verb; each verb loads what it needs when it is called.
import { Command } from 'commander';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { version } from '../version.ts';

/** Only the verb that is called is loaded: all of them take half a second more. */
const verbs: ReadonlyMap<string, () => Promise<(program: Command) => void>> = new Map([
  ['alerts', async () => (await import('./alerts.ts')).registerAlerts],
  ['approve', async () => (await import('./approve.ts')).registerApprove],
  ['audit', async () => (await import('./audit.ts')).registerAudit],
  ['demo', async () => (await import('./demo.ts')).registerDemo],
  ['doctor', async () => (await import('./doctor.ts')).registerDoctor],
  ['drain', async () => (await import('./drain.ts')).registerDrain],
  ['explain', async () => (await import('./explain.ts')).registerExplain],
  ['export', async () => (await import('./export.ts')).registerExport],
  ['import', async () => (await import('./import.ts')).registerImport],
  ['plan', async () => (await import('./plan.ts')).registerPlan],
  ['reload', async () => (await import('./reload.ts')).registerReload],
  ['release', async () => (await import('./release.ts')).registerRelease],
  ['resize', async () => (await import('./resize.ts')).registerResize],
  ['run', async () => (await import('./run.ts')).registerRun],
  ['schema', async () => (await import('./schema.ts')).registerSchema],
  ['shadow', async () => (await import('./shadow.ts')).registerShadow],
  ['simulate', async () => (await import('./simulate.ts')).registerSimulate],
  ['stop', async () => (await import('./stop.ts')).registerStop],
  ['validate', async () => (await import('./validate.ts')).registerValidate],
]);

/** 0 ok, 1 something unforeseen, 2 bad input, 3 the world could not be read. */
const exitCodeOf = (thrown: unknown): number => {
  if (!(thrown instanceof SpringtideError)) return 1;
  return thrown.code === 'WorldUnreadable' ? 3 : 2;
};

const program = new Command('springtide')
  .description('two-tier autoscaling for Kubernetes on OpenStack Magnum: pods first, then VMs, and people are told')
  .version(version)
  .showHelpAfterError('(springtide --help shows what there is)')
  .configureHelp({ sortSubcommands: true })
  // Before the verbs are added: they inherit it. A wrong word on the line is bad input like any other.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
// `springtide … | head` closes our output early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`springtide: the output cannot be written: ${messageOf(error)}\n`);
  process.exit(1);
});
const called = process.argv[2] ?? '';
const verb = verbs.get(called);
const wanted = verb !== undefined ? [verb] : ['-V', '--version'].includes(called) ? [] : verbs.values();
for (const load of wanted) (await load())(program);

try {
  await program.parseAsync();
} catch (thrown) {
  const code = thrown instanceof SpringtideError ? `${thrown.code}: ` : '';
  process.stderr.write(`springtide: ${code}${messageOf(thrown)}\n`);
  // What was opened before it failed, a listener or a timer, must not keep us.
  process.exit(exitCodeOf(thrown));
}
