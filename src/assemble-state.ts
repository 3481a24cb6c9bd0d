// Where what must not be forgotten lives: a directory of one process.
import type { Logger } from 'pino';
import { openLedger, volatileLedger, type Ledger } from './alerts/ledger/ledger.ts';
import type { Clock } from './clock.ts';
import { journalDirectory } from './journal/files.ts';
import { openJournal, type DecisionJournal } from './journal/write.ts';
import type { DaemonSpec } from './model/config.ts';
import { controlInDirectory, type ControlSource } from './state/control.ts';
import { memoryInDirectory, stateDirectoryOf, type MemoryStore } from './state/directory.ts';

export interface StateHomes {
  /** people's switch: read as long as the process lives */
  readonly control: ControlSource;
  /** the others belong to a term: each is opened anew for the next one */
  memory(): MemoryStore;
  ledger(): Promise<Ledger>;
  /** null: there is no place for it */
  journal(): DecisionJournal | null;
}

export interface StateParts {
  readonly settings: DaemonSpec;
  readonly clock: Clock;
  readonly log: Logger;
}

export function homesOf({ settings, clock, log }: StateParts): StateHomes {
  const { state } = settings;
  const directory = stateDirectoryOf(settings);
  const ledgerDirectory =
    state.ledger?.directory ?? (state.directory === undefined ? undefined : `${state.directory}/ledger`);
  return {
    control: controlInDirectory(directory),
    memory: () => memoryInDirectory(directory),
    ledger: () =>
      ledgerDirectory === undefined ? Promise.resolve(volatileLedger()) : openLedger(ledgerDirectory, { clock }),
    journal: () => openJournal({ directory: journalDirectory(directory), log }),
  };
}
