// Keeps what is in force over restarts: written when it has changed, one after the other; a failure is said and tried again with the next change.
import type { ReadOptions } from '../config/entries.ts';
import type { Entry } from '../config/conflicts.ts';
import type { ConfigFiles } from '../config/files.ts';
import {
  largestLastGood,
  lastGoodText,
  packLastGood,
  restoreLastGood,
  type LastGoodStore,
} from '../config/last-good.ts';
import type { LoadResult } from '../config/load.ts';
import { messageOf } from '../model/errors.ts';

export class Keeper {
  readonly #store: LastGoodStore | null;
  readonly #origin: string;
  readonly #warn: (what: string) => void;
  #last = '';
  #saving: Promise<void> = Promise.resolve();

  /** `origin`: what is kept of another configuration is not taken */
  constructor(store: LastGoodStore | null, origin: string, warn: (what: string) => void) {
    this.#store = store;
    this.#origin = origin;
    this.#warn = warn;
  }

  async restore(options: ReadOptions): Promise<readonly Entry[]> {
    if (this.#store === null) return [];
    try {
      const packed = await this.#store.load();
      if (packed === null) return [];
      const { entries, damage } = await restoreLastGood(packed, this.#origin, options);
      if (damage !== null) this.#warn(`${this.#store.place}: the last good configuration cannot be read: ${damage}`);
      return entries;
    } catch (error) {
      this.#warn(`${this.#store.place}: the last good configuration cannot be read: ${messageOf(error)}`);
      return [];
    }
  }

  async confirmed(): Promise<string | null> {
    // who cannot be asked has not agreed
    return (await this.#store?.confirmed().catch(() => null)) ?? null;
  }

  keep({ inForce }: LoadResult, { files }: ConfigFiles): void {
    const text = lastGoodText(inForce, files, this.#origin);
    if (this.#store === null || text === this.#last) return;
    this.#last = text;
    const { place } = this.#store;
    const failed = (why: string): void => {
      this.#last = '';
      this.#warn(`${place}: the last good configuration is not kept, a restart would not know it: ${why}`);
    };
    const store = this.#store;
    this.#saving = this.#saving.then(async () => {
      try {
        const packed = await packLastGood(text);
        if (packed.length > largestLastGood) failed(`it has ${packed.length} characters, packed, more than a MiB`);
        else await store.save(packed);
      } catch (error) {
        failed(messageOf(error));
      }
    });
  }

  /** Resolves when everything has been written. */
  kept(): Promise<void> {
    return this.#saving;
  }
}
