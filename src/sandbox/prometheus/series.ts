// The samples of one series in growing typed arrays: time, value, and whether the sample is a stale marker.
import type { LabelSet } from './labels.ts';

/** Samples in time order; times in milliseconds. */
export interface Samples {
  readonly times: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export class Series {
  readonly labels: LabelSet;
  #times = new Float64Array(8);
  #values = new Float64Array(8);
  #stale = new Uint8Array(8);
  #from = 0;
  #to = 0;
  #staleMarks = 0;

  constructor(labels: LabelSet) {
    this.labels = labels;
  }

  get count(): number {
    return this.#to - this.#from;
  }

  get firstTime(): number {
    return this.count === 0 ? Infinity : (this.#times[this.#from] ?? Infinity);
  }

  get lastTime(): number {
    return this.count === 0 ? -Infinity : (this.#times[this.#to - 1] ?? -Infinity);
  }

  /** A second sample of the same instant replaces the first; an older one is put in its place. */
  add(time: number, value: number, stale = false): void {
    const place = time > this.lastTime ? this.#to : this.#upper(time);
    if (place > this.#from && this.#times[place - 1] === time) {
      this.#staleMarks += Number(stale) - (this.#stale[place - 1] ?? 0);
      this.#values[place - 1] = value;
      this.#stale[place - 1] = Number(stale);
      return;
    }
    const at = this.#room(place);
    this.#times[at] = time;
    this.#values[at] = value;
    this.#stale[at] = Number(stale);
    this.#to++;
    this.#staleMarks += Number(stale);
  }

  /** The newest sample in (after, until]; null where there is none or a stale marker is the newest. */
  latest(after: number, until: number): { readonly time: number; readonly value: number } | null {
    const index = (until >= this.lastTime ? this.#to : this.#upper(until)) - 1;
    if (index < this.#from || this.#stale[index] === 1) return null;
    const time = this.#times[index] ?? -Infinity;
    return time > after ? { time, value: this.#values[index] ?? NaN } : null;
  }

  /** All samples in (after, until] without stale markers. Valid until the next write. */
  window(after: number, until: number): Samples {
    const from = this.#upper(after);
    const to = until >= this.lastTime ? this.#to : this.#upper(until);
    if (this.#staleMarks === 0)
      return { times: this.#times.subarray(from, to), values: this.#values.subarray(from, to) };
    const times: number[] = [];
    const values: number[] = [];
    for (let index = from; index < to; index++) {
      if (this.#stale[index] === 1) continue;
      times.push(this.#times[index] ?? NaN);
      values.push(this.#values[index] ?? NaN);
    }
    return { times, values };
  }

  /** Whether anything but stale markers was written in [from, until]. */
  touches(from: number, until: number): boolean {
    return this.count > 0 && this.firstTime <= until && this.lastTime >= from;
  }

  dropBefore(time: number): void {
    const from = this.#firstNotBefore(time);
    for (let index = this.#from; index < from; index++) this.#staleMarks -= this.#stale[index] ?? 0;
    this.#from = from;
  }

  #firstNotBefore(time: number): number {
    let index = this.#upper(time);
    while (index > this.#from && (this.#times[index - 1] ?? -Infinity) >= time) index--;
    return index;
  }

  /** The index behind the last sample at or before the time. */
  #upper(time: number): number {
    let low = this.#from;
    let high = this.#to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[middle] ?? Infinity) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes a hole at the place and returns where it is now. */
  #room(place: number): number {
    let at = place;
    if (this.#to === this.#times.length) {
      // what was dropped in front is reused before the arrays grow
      const size = this.#from > this.#times.length / 2 ? this.#times.length : this.#times.length * 2;
      this.#times = moved(new Float64Array(size), this.#times.subarray(this.#from, this.#to));
      this.#values = moved(new Float64Array(size), this.#values.subarray(this.#from, this.#to));
      this.#stale = moved(new Uint8Array(size), this.#stale.subarray(this.#from, this.#to));
      at -= this.#from;
      this.#to -= this.#from;
      this.#from = 0;
    }
    if (at < this.#to) {
      this.#times.copyWithin(at + 1, at, this.#to);
      this.#values.copyWithin(at + 1, at, this.#to);
      this.#stale.copyWithin(at + 1, at, this.#to);
    }
    return at;
  }
}

function moved<Store extends Float64Array | Uint8Array>(target: Store, source: Store): Store {
  target.set(source);
  return target;
}
