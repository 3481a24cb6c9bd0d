// Where the ledger of a life full of deaths is kept, and what a kill leaves of what was being written.
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { openLedgerInKubernetes } from '../../src/alerts/ledger/in-kubernetes.ts';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import type { OwnObjects } from '../../src/clients/kubernetes/own-objects.ts';
import type { Clock } from '../../src/clock.ts';
import type { VirtualClock } from '../../src/sandbox/clock.ts';
import { namespace, startOwnWorld } from '../state/own.ts';

export interface OpenHome {
  readonly ledger: Ledger;
  /** what was appended has been said to be durable */
  durable(): void;
  /** nothing is being written now that would go on by itself */
  rested(): Promise<void>;
  /** kill -9: of what was on its way any part has arrived */
  kill(): Promise<void>;
}

export interface ChaosHome {
  open(clock: Clock): Promise<OpenHome>;
  close(): Promise<void>;
}

const never = <Value>(): Promise<Value> => new Promise(() => undefined);
const quietTurns = 3;

async function quiet(isQuiet: () => boolean): Promise<void> {
  for (let turns = 0; turns < quietTurns; turns = isQuiet() ? turns + 1 : 0) await turn();
}

const newestOf = (directory: string): string =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .at(-1) ?? '';

/** Files: a kill cuts the newest at any byte that was not yet said to be durable. */
export function directoryHome(random: () => number): ChaosHome {
  let directory = mkdtempSync(path.join(tmpdir(), 'springtide-chaos-'));
  return {
    open: async (clock) => {
      const place = directory;
      const files = await openLedger(place, { clock, fsync: false, maxSegmentBytes: 48 * 1024 });
      let pending = 0;
      let synced = { file: '', size: 0 };
      const durable = (): void => {
        const file = newestOf(place);
        synced = { file, size: statSync(path.join(place, file)).size };
      };
      durable();
      const ledger: Ledger = {
        ...files,
        state: files.state,
        append: (records) => {
          pending += 1;
          return files.append(records).finally(() => (pending -= 1));
        },
      };
      return {
        ledger,
        durable,
        rested: () => quiet(() => pending === 0),
        kill: async () => {
          const next = mkdtempSync(path.join(tmpdir(), 'springtide-chaos-'));
          for (const file of readdirSync(place)) {
            try {
              copyFileSync(path.join(place, file), path.join(next, file));
            } catch {
              // it was replaced at this moment
            }
          }
          const file = newestOf(next);
          const { size } = statSync(path.join(next, file));
          if (file === synced.file && size > synced.size)
            truncateSync(path.join(next, file), synced.size + Math.floor(random() * (size - synced.size + 1)));
          directory = next;
          await quiet(() => pending === 0);
          await files.close();
          rmSync(place, { recursive: true, force: true });
        },
      };
    },
    close: () => {
      rmSync(directory, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** ConfigMaps of an API server: of the requests that a kill interrupts some have arrived, and nobody heard the answer. */
export async function kubernetesHome(clock: VirtualClock, random: () => number): Promise<ChaosHome> {
  const world = await startOwnWorld(clock);
  const { own } = world;
  let lives = 0;
  return {
    open: async (ofLife) => {
      const instance = `springtide-${(lives += 1)}`;
      let isAlive = true;
      let waiting = 0;
      let underWay = 0;
      let appended = 0;
      const pauses = new Set<object>();
      const watched: Clock = {
        now: () => ofLife.now(),
        after: (delay, run) => {
          const one = {};
          pauses.add(one);
          const cancel = ofLife.after(delay, () => {
            pauses.delete(one);
            run();
          });
          return () => {
            pauses.delete(one);
            cancel();
          };
        },
      };
      const shaky = async <Value>(request: () => Promise<Value>): Promise<Value> => {
        waiting += 1;
        for (let turns = Math.floor(random() * 3); turns > 0; turns -= 1) await turn();
        waiting -= 1;
        if (!isAlive) return never();
        underWay += 1;
        const answer = await request().finally(() => (underWay -= 1));
        return isAlive ? answer : never();
      };
      const cut: OwnObjects = {
        ...own,
        create: (...given) => shaky(() => own.create(...given)),
        replace: (...given) => shaky(() => own.replace(...given)),
        remove: (...given) => shaky(() => own.remove(...given)),
      };
      const objects = await openLedgerInKubernetes({ own: cut, namespace, clock: watched, instance });
      const ledger: Ledger = {
        state: objects.state,
        damage: objects.damage,
        close: () => objects.close(),
        append: (records) => {
          appended += 1;
          return objects.append(records).finally(() => (appended -= 1));
        },
      };
      return {
        ledger,
        durable: () => undefined,
        // What is appended waits for its turn to be written, and for nothing else: packing takes no time of this world.
        rested: () => quiet(() => waiting + underWay === 0 && (appended === 0 || pauses.size > 0)),
        kill: () => {
          isAlive = false;
          return quiet(() => waiting + underWay === 0);
        },
      };
    },
    close: () => world.close(),
  };
}
