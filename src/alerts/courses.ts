// What is done for thousands of groups, in turns: others are answered in between. By a clock that stands still it is done at one instant.
import type { Clock } from '../clock.ts';
import { turnOfOwn } from '../slices.ts';

export type Course = Generator<undefined, void>;

/** So long whoever asks waits for one of them; a step that takes longer comes on top. */
const longestTurn = 10;

export class Courses {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get areRunning(): boolean {
    return this.#running.size > 0;
  }

  /** A short one ends within the call. */
  run(course: Course): void {
    const running = this.#inTurns(course).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async settle(): Promise<void> {
    while (this.areRunning) await Promise.all(this.#running);
  }

  /** What they have not come to is not done. */
  stop(): void {
    this.#stopped = true;
  }

  async #inTurns(course: Course): Promise<void> {
    let began = this.#clock.now();
    while (!this.#stopped && course.next().done !== true) {
      // the clock may have been set back
      if (Math.abs(this.#clock.now() - began) < longestTurn) continue;
      await turnOfOwn();
      began = this.#clock.now();
    }
  }
}
