// Where the ledger of a life full of deaths is kept, and what a kill leaves of what was being written.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { openLedgerInKubernetes } from '../../src/alerts/ledger/in-kubernetes.ts';
import { openLedger } from '../../src/alerts/ledger/ledger.ts';
import type { Ledger } from '../../src/alerts/ledger/ledger.ts';
import type { OwnObjects } from '../../src/clients/kubernetes/own-objects.ts';
import type { Clock } from '../../src/clock.ts';
import { messageOf } from '../../src/model/errors.ts';
import type { VirtualClock } from '../../src/sandbox/clock.ts';
import { namespace, startOwnWorld } from '../state/own.ts';

export interface OpenHome {
  readonly ledger: Ledger;
  /** Everything has gone on that goes on by itself; `answers`: no further than what follows from so many of the ledger's. */
  rest(answers?: number): Promise<void>;
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

/** What the ledger answers is told when all rests, in the order of the questions: a life is the same one however busy the machine is. */
class Answers {
  readonly #asked: { tell: (() => void) | null }[] = [];
  /** not answered by the ledger itself */
  open = 0;

  held(written: Promise<void>): Promise<void> {
    this.open += 1;
    return new Promise((resolve, reject) => {
      const one: { tell: (() => void) | null } = { tell: null };
      this.#asked.push(one);
      const answered = (tell: () => void): void => {
        this.open -= 1;
        one.tell = tell;
      };
      written.then(
        () => answered(resolve),
        (thrown: unknown) => answered(() => reject(thrown instanceof Error ? thrown : new Error(messageOf(thrown)))),
      );
    });
  }

  /** False where there is none. */
  tell(): boolean {
    const told = this.#asked.filter(({ tell }) => tell !== null);
    for (const one of told) {
      this.#asked.splice(this.#asked.indexOf(one), 1);
      one.tell?.();
    }
    return told.length > 0;
  }

  async rest(isQuiet: () => boolean, most: number, toldNow: () => void): Promise<void> {
    for (let told = 0; ; told += 1) {
      await quiet(isQuiet);
      if (told >= most) return;
      toldNow();
      if (!this.tell()) return;
    }
  }
}

interface Segment {
  readonly file: string;
  readonly bytes: Buffer;
}

const segmentBytes = 48 * 1024;

const newestOf = (directory: string): string =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .at(-1) ?? '';

function newestIn(directory: string): Segment {
  const file = newestOf(directory);
  return { file, bytes: readFileSync(path.join(directory, file)) };
}

/** A full segment is replaced by itself, with nobody waiting for that. */
function fullness(directory: string): () => boolean {
  let known = { file: '', base: 0 };
  return () => {
    const file = newestOf(directory);
    const { size } = statSync(path.join(directory, file));
    if (file !== known.file) known = { file, base: size };
    return size > Math.max(segmentBytes, 2 * known.base);
  };
}

/** Files: a kill cuts the newest at any byte that was not yet said to be durable, or comes before it took the place of the one before. */
export function directoryHome(random: () => number): ChaosHome {
  let directory = mkdtempSync(path.join(tmpdir(), 'springtide-chaos-'));
  return {
    open: async (clock) => {
      const place = directory;
      const files = await openLedger(place, { clock, fsync: false, maxSegmentBytes: segmentBytes });
      const answers = new Answers();
      const isFull = fullness(place);
      let said = newestIn(place);
      return {
        ledger: { ...files, state: files.state, append: (records) => answers.held(files.append(records)) },
        rest: (most = Infinity) =>
          answers.rest(
            () => answers.open === 0 && !isFull(),
            most,
            () => (said = newestIn(place)),
          ),
        kill: async () => {
          await quiet(() => answers.open === 0);
          await files.close();
          const { file, bytes } = newestIn(place);
          const isSame = file === said.file;
          const left = isSame
            ? bytes.subarray(0, said.bytes.length + Math.floor(random() * (bytes.length - said.bytes.length + 1)))
            : bytes;
          const next = mkdtempSync(path.join(tmpdir(), 'springtide-chaos-'));
          if (!isSame && random() < 0.5) writeFileSync(path.join(next, said.file), said.bytes);
          else writeFileSync(path.join(next, file), left);
          directory = next;
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
      const answers = new Answers();
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
        append: (records) => answers.held(objects.append(records)),
      };
      return {
        ledger,
        // What is appended waits for its turn to be written, and for nothing else: packing takes no time of this world.
        // A kill comes in the midst of writes: which of them have arrived by then is the machine's business.
        rest: async (most = Infinity) => {
          const isQuiet = (): boolean => waiting + underWay === 0 && (answers.open === 0 || pauses.size > 0);
          if (most === Infinity) return answers.rest(isQuiet, most, () => undefined);
          for (let turns = 0; turns < most; turns += 1) {
            await turn();
            answers.tell();
          }
        },
        kill: () => {
          isAlive = false;
          return quiet(() => waiting + underWay === 0);
        },
      };
    },
    close: () => world.close(),
  };
}
