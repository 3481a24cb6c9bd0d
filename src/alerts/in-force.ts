// The configuration that alerts are told by: a newer one takes its place when it can be used, else the last good one stays.
import type { AlertsDocument } from '../model/config.ts';
import { messageOf } from '../model/errors.ts';
import type { AlertLog } from './courier.ts';

export class InForce {
  readonly #newest: () => AlertsDocument;
  readonly #log: Pick<AlertLog, 'error'>;
  #document: AlertsDocument;

  constructor(newest: () => AlertsDocument, log: Pick<AlertLog, 'error'>) {
    this.#newest = newest;
    this.#log = log;
    this.#document = newest();
  }

  get document(): AlertsDocument {
    return this.#document;
  }

  /** `prepare` throws where the newer one cannot be used, and gives what follows when it is in force. */
  refresh(prepare: (next: AlertsDocument) => () => void): void {
    const next = this.#newest();
    if (next === this.#document) return;
    try {
      const follow = prepare(next);
      this.#document = next;
      follow();
    } catch (error) {
      this.#log.error({ err: messageOf(error) }, 'the new routes are refused, the last good ones stay in force');
    }
  }
}
