// The audit log in a file: appended and synced line by line, going on over restarts, rotations and torn ends.
import { appendFile, mkdir, open, readFile, rename, stat, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../clock.ts';
import { messageOf } from '../model/errors.ts';
import { seconds } from '../model/units.ts';
import { genesis, link, readLink, type Fields, type Head } from './chain.ts';
import { withLock } from './lock.ts';

export interface AuditSink {
  /** Resolves with the number of each line when a power cut can no longer undo them. Rejects when they are not written. */
  append(entries: readonly Fields[]): Promise<readonly number[]>;
  close(): Promise<void>;
}

export interface AuditFileOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: { warn(facts: object, text: string): void };
}

/** A disk that hangs is one that does not write. */
const deadline = seconds(2);
const firstLook = 64 * 1024;
const longestLine = 8 * 1024 * 1024;

/** The end of the chain is kept beside the file too: it outlasts a rotation, and tells a file whose end was cut off. */
const headFile = (file: string): string => `${file}.head`;

export async function readHead(file: string): Promise<Head | null> {
  try {
    const { seq, hash } = JSON.parse(await readFile(headFile(file), 'utf8')) as Partial<Head>;
    return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash } : null;
  } catch {
    return null;
  }
}

interface Opened {
  readonly handle: FileHandle;
  readonly inode: number;
  size: number;
}

export class AuditFile implements AuditSink {
  readonly #options: AuditFileOptions;
  #opened: Opened | null = null;
  #head: Head | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** a write that came too late is still under way: the next would only wait behind it, and hold up the tick each time */
  #hangs = false;

  constructor(options: AuditFileOptions) {
    this.#options = options;
  }

  append(entries: readonly Fields[]): Promise<readonly number[]> {
    const { clock, file } = this.#options;
    if (this.#hangs) return Promise.reject(new Error(`${file} still hangs`));
    const waiting = new AbortController();
    const mine = this.#turn.then(() =>
      withLock(`${file}.lock`, clock, waiting.signal, () => this.#write(entries, waiting.signal)),
    );
    this.#turn = mine.catch(() => undefined).finally(() => (this.#hangs = false));
    return new Promise((resolve, reject) => {
      const cancel = clock.after(deadline, () => {
        waiting.abort();
        this.#hangs = true;
        reject(new Error(`${file} has not taken a line within ${deadline / 1000} s`));
      });
      mine.then(resolve, reject).finally(cancel);
    });
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#release();
  }

  async #write(entries: readonly Fields[], signal: AbortSignal): Promise<readonly number[]> {
    const { file } = this.#options;
    const opened = await this.#ready();
    // Given up meanwhile: what nobody waits for any more must not stand there as if it had been done.
    if (signal.aborted) throw new Error(`${file} came too late`);
    let head = this.#head ?? genesis;
    const numbers: number[] = [];
    let text = '';
    for (const fields of entries) {
      const next = link(head, fields);
      head = next.head;
      numbers.push(head.seq);
      text += `${next.line}\n`;
    }
    try {
      await opened.handle.appendFile(text);
      await opened.handle.datasync();
    } catch (thrown) {
      // A full disk takes the beginning of a line: it goes again, so that the next one begins a line of its own.
      await opened.handle.truncate(opened.size).catch(() => undefined);
      await this.#release();
      throw thrown;
    }
    opened.size += Buffer.byteLength(text);
    this.#head = head;
    await this.#keepHead(head);
    return numbers;
  }

  /** The file that stands there now, with where its chain stands; another process may have gone on, or rotated it. */
  async #ready(): Promise<Opened> {
    const { file } = this.#options;
    const there = await stat(file).catch(() => null);
    const known = this.#opened;
    if (known !== null && there?.ino === known.inode && there.size === known.size) return known;
    const isRotated = known !== null && (there?.ino !== known.inode || there.size < known.size);
    await this.#release();
    await mkdir(path.dirname(file), { recursive: true });
    const handle = await open(file, 'a+', 0o600);
    const opened: Opened = { handle, inode: (await handle.stat()).ino, size: 0 };
    this.#opened = opened;
    const last = await this.#lastLine(opened);
    const beside = await readHead(file);
    const own = isRotated ? this.#head : null;
    const heads = [last, beside, own].filter((one) => one !== null);
    const newest = heads.reduce((one, other) => (other.seq > one.seq ? other : one), genesis);
    if (last !== null && newest.seq > last.seq && opened.size > 0)
      this.#options.log.warn(
        { file, ends: last.seq, expected: newest.seq },
        'the audit log ends earlier than it was written: lines are missing at its end',
      );
    this.#head = newest;
    return opened;
  }

  /** The last whole line's place. What is torn off after it is kept aside. */
  async #lastLine(opened: Opened): Promise<Head | null> {
    const { file, log } = this.#options;
    const { size } = await opened.handle.stat();
    opened.size = size;
    if (size === 0) return null;
    for (let look = Math.min(size, firstLook); ; look = Math.min(size, look * 4)) {
      const buffer = Buffer.alloc(look);
      await opened.handle.read(buffer, 0, look, size - look);
      const end = buffer.lastIndexOf('\n');
      const begin = end <= 0 ? -1 : buffer.lastIndexOf('\n', end - 1);
      const isWhole = begin >= 0 || look === size;
      if (!isWhole && look < longestLine) continue;
      const torn = buffer.subarray(end + 1);
      if (torn.length > 0) {
        await appendFile(`${file}.torn`, Buffer.concat([torn, Buffer.from('\n')]), { mode: 0o600 });
        await opened.handle.truncate(size - torn.length);
        opened.size = size - torn.length;
        log.warn(
          { file, bytes: torn.length, kept: `${file}.torn` },
          'the last line of the audit log was torn: kept aside',
        );
      }
      if (end < 0) return null;
      const read = readLink(buffer.subarray(begin + 1, end).toString());
      if (read.whole) return read.head;
      log.warn({ file, why: read.why }, 'the last line of the audit log is not as it was written');
      return null;
    }
  }

  async #keepHead(head: Head): Promise<void> {
    const { file, log } = this.#options;
    try {
      await writeFile(`${headFile(file)}.new`, `${JSON.stringify(head)}\n`, { mode: 0o600 });
      await rename(`${headFile(file)}.new`, headFile(file));
    } catch (thrown) {
      log.warn({ file: headFile(file), why: messageOf(thrown) }, 'the end of the audit log cannot be kept beside it');
    }
  }

  async #release(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.handle.close().catch(() => undefined);
  }
}
