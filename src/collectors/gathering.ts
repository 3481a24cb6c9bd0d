// What one collection has read and what it could not: no failure stops another reading, and nothing outlives the deadline.
import { setMaxListeners } from 'node:events';
import { messageOf } from '../model/errors.ts';
import type { Source, SourceError } from '../model/snapshot.ts';

export class Gathering {
  readonly #errors: SourceError[] = [];
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = signal;
    // Each reading listens while it waits, and takes its listener off again.
    setMaxListeners(0, signal);
  }

  get errors(): readonly SourceError[] {
    return this.#errors;
  }

  fail(source: Source, what: string, code: string, message: string): void {
    this.#errors.push({ source, what, code, message });
  }

  /** The value, or undefined with the failure named; never later than the signal. */
  async read<T>(source: Source, what: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    if (this.signal.aborted) {
      this.fail(source, what, 'Timeout', 'the collection ended before it was asked');
      return undefined;
    }
    let ended: () => void = () => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      ended = () => reject(new Late());
      this.signal.addEventListener('abort', ended, { once: true });
    });
    try {
      return await Promise.race([ask(this.signal), late]);
    } catch (error) {
      // Our own signal ended it, whatever the client calls that.
      if (this.signal.aborted) this.fail(source, what, 'Timeout', 'no answer before the collection ended');
      else this.fail(source, what, codeOf(error), messageOf(error));
      return undefined;
    } finally {
      this.signal.removeEventListener('abort', ended);
    }
  }
}

class Late extends Error {}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'Unexpected';
