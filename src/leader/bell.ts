// Waits for a time or for somebody who rings, whichever is first.
import type { Clock } from '../clock.ts';
import type { Milliseconds } from '../model/units.ts';

export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** At once where it was rung since the last wait. */
  wait(clock: Clock, most: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#rung = false;
        this.#wake = null;
        resolve();
      };
      const cancel = clock.after(most, done);
      this.#wake = done;
      if (this.#rung) done();
    });
  }
}
