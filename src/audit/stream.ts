// The audit log on standard output: a chain of its own for each process, kept by whoever collects the log.
import type { Writable } from 'node:stream';
import { genesis, link, type Fields, type Head } from './chain.ts';
import type { AuditSink } from './file.ts';

export class AuditStream implements AuditSink {
  readonly #out: Writable;
  #head: Head = genesis;

  constructor(out: Writable) {
    this.#out = out;
  }

  append(entries: readonly Fields[]): Promise<readonly number[]> {
    const numbers: number[] = [];
    let text = '';
    for (const fields of entries) {
      const next = link(this.#head, fields);
      this.#head = next.head;
      numbers.push(next.head.seq);
      text += `${next.line}\n`;
    }
    return new Promise((resolve, reject) => {
      this.#out.write(text, (error) => (error === null || error === undefined ? resolve(numbers) : reject(error)));
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
