#!/usr/bin/env node
// springtide: the command line. One file a verb; each verb loads what it needs when it is called.
import { Command } from 'commander';
import { messageOf, SpringtideError } from '../model/errors.ts';
import { version } from '../version.ts';
import { registerAlerts } from './alerts.ts';
import { registerDemo } from './demo.ts';
import { registerDrain } from './drain.ts';
import { registerDoctor } from './doctor.ts';
import { registerExplain } from './explain.ts';
import { registerImport } from './import.ts';
import { registerPlan } from './plan.ts';
import { registerRelease } from './release.ts';
import { registerResize } from './resize.ts';
import { registerRun } from './run.ts';
import { registerSchema } from './schema.ts';
import { registerStop } from './stop.ts';
import { registerValidate } from './validate.ts';

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
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
registerRun(program);
registerAlerts(program);
registerDemo(program);
registerPlan(program);
registerExplain(program);
registerDoctor(program);
registerDrain(program);
registerResize(program);
registerStop(program);
registerRelease(program);
registerValidate(program);
registerImport(program);
registerSchema(program);

try {
  await program.parseAsync();
} catch (thrown) {
  const code = thrown instanceof SpringtideError ? `${thrown.code}: ` : '';
  process.stderr.write(`springtide: ${code}${messageOf(thrown)}\n`);
  process.exitCode = exitCodeOf(thrown);
}
