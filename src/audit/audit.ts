// The audit log as the daemon uses it: what is about to be done, what came of it, and what people and files have changed.
import type { AuditSink } from './file.ts';
import type { Fields } from './chain.ts';
import { messageOf } from '../model/errors.ts';
import { rfc3339, type Instant } from '../model/units.ts';

export interface AuditOptions {
  readonly sink: AuditSink;
  readonly cluster: string;
  readonly now: () => Instant;
  readonly log: { error(facts: object, text: string): void; warn(facts: object, text: string): void };
}

export interface AuditCounts {
  readonly written: number;
  /** never written: the log could not take them */
  readonly lost: number;
}

/** Lines that the log could not take, since the last that it could. */
export interface AuditTrouble {
  /** RFC 3339 */
  readonly since: string;
  readonly lines: number;
}

export class Audit {
  readonly #options: AuditOptions;
  #counts = { written: 0, lost: 0 };
  /** lost since the log could be written last */
  #missing: { since: string; lines: number } | null = null;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  get counts(): AuditCounts {
    return { ...this.#counts };
  }

  /** null: every line so far stands in the log */
  get trouble(): AuditTrouble | null {
    return this.#missing === null ? null : { ...this.#missing };
  }

  /** The number of the line, or null where it could not be written: then that is said, and counted. Never rejects. */
  async write(fields: Fields): Promise<number | null> {
    const { sink, cluster, now, log } = this.#options;
    const time = rfc3339(now());
    const missing = this.#missing;
    const gap: readonly Fields[] =
      missing === null ? [] : [{ time, audit: 1, cluster, event: 'gap', since: missing.since, lines: missing.lines }];
    try {
      const numbers = await sink.append([...gap, { time, audit: 1, cluster, ...fields }]);
      // Others may have been lost while this one waited: those are told with the next.
      if (missing !== null && this.#missing === missing) this.#missing = null;
      this.#counts.written += numbers.length;
      if (gap.length > 0)
        log.warn({ lines: missing?.lines, since: missing?.since }, 'the audit log can be written again');
      return numbers.at(-1) ?? null;
    } catch (thrown) {
      this.#counts.lost += 1;
      if (this.#missing === null) {
        this.#missing = { since: time, lines: 0 };
        log.error({ why: messageOf(thrown) }, 'the audit log cannot be written: nothing is taken away until it can');
      }
      this.#missing.lines += 1;
      return null;
    }
  }

  async close(): Promise<void> {
    await this.#options.sink.close();
  }
}
