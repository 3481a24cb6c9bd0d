// springtide alerts …: what asks a running daemon, or tells it something; and who is on duty.
import type { Command } from 'commander';
import { systemClock } from '../../clock.ts';
import { addAcknowledge } from './acknowledge.ts';
import type { Surroundings } from './daemon.ts';
import { addExplain } from './explain.ts';
import { addOnCall } from './on-call.ts';
import { addQueries } from './query.ts';
import { addSendTest } from './send-test.ts';
import { addSilences } from './silences.ts';

export const terminal: Surroundings = {
  clock: systemClock,
  print: (text) => {
    process.stdout.write(text);
  },
  warn: (text) => {
    process.stderr.write(text);
  },
  exit: (code) => {
    process.exitCode = code;
  },
};

export function addLiveAlertCommands(alerts: Command, around: Surroundings = terminal): void {
  addQueries(alerts, around);
  addSilences(alerts, around);
  addAcknowledge(alerts, around);
  addExplain(alerts, around);
  addSendTest(alerts, around);
  addOnCall(alerts, around);
}
