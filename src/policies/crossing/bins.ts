// The highest value of every short span of the last two weeks, in a ring: what windows and trends are read from.
export class Bins {
  readonly span: number;
  readonly #highest: Float32Array;
  #last = -1;

  constructor(span: number, reach: number) {
    this.span = span;
    this.#highest = new Float32Array(Math.ceil(reach / span) + 1).fill(Number.NaN);
  }

  put(at: number, value: number): void {
    const ring = this.#highest;
    const bin = Math.floor(at / this.span);
    if (this.#last < 0 || bin >= this.#last + ring.length) ring.fill(Number.NaN);
    else for (let skipped = this.#last + 1; skipped <= bin; skipped++) ring[skipped % ring.length] = Number.NaN;
    this.#last = Math.max(this.#last, bin);
    const index = bin % ring.length;
    const known = ring[index] ?? Number.NaN;
    if (!(known >= value)) ring[index] = value;
  }

  /** From the bin of one moment to that of another; NaN: nothing is known of them. */
  highest(from: number, to: number): number {
    let top = Number.NaN;
    for (let bin = this.#first(from); bin <= this.#end(to); bin++) {
      const value = this.#at(bin);
      if (value > top || Number.isNaN(top)) top = Number.isNaN(value) ? top : value;
    }
    return top;
  }

  /** By how much it rises in a millisecond: the straight line through what is known of the span. NaN: too little is. */
  slope(from: number, to: number): number {
    const [first, end] = [this.#first(from), this.#end(to)];
    const stride = Math.max(1, Math.floor((end - first) / mostPoints));
    let count = 0;
    let [sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0];
    for (let bin = end; bin >= first; bin -= stride) {
      const y = this.#at(bin);
      if (Number.isNaN(y)) continue;
      const x = bin - end;
      count += 1;
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
    }
    if (count < fewestPoints) return Number.NaN;
    return (count * sumXY - sumX * sumY) / (count * sumXX - sumX * sumX) / this.span;
  }

  #at(bin: number): number {
    return this.#highest[bin % this.#highest.length] ?? Number.NaN;
  }

  #first(from: number): number {
    return Math.max(0, Math.floor(from / this.span), this.#last - this.#highest.length + 1);
  }

  #end(to: number): number {
    return Math.min(this.#last, Math.floor(to / this.span));
  }
}

/** more say little more about a line */
const mostPoints = 64;
const fewestPoints = 3;
