// The fingerprint of a label set, as Alertmanager makes it: FNV-1a of 64 bits, in four limbs of 16.
import type { LabelSet } from './alert.ts';

const encoder = new TextEncoder();

export const byCodeUnit = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Over the sorted labels, `name 0xff value 0xff`; an empty value is an absent label. */
export function fingerprintOf(labels: LabelSet): string {
  const hash = new Fnv64();
  for (const name of Object.keys(labels).sort(byCodeUnit)) {
    const value = labels[name] ?? '';
    if (value === '') continue;
    hash.text(name);
    hash.byte(0xff);
    hash.text(value);
    hash.byte(0xff);
  }
  return hash.hex();
}

/** The prime is 2^40 + 0x1b3: a limb times 0x1b3 plus what 2^40 moves two and a half limbs up. */
class Fnv64 {
  #a = 0x2325;
  #b = 0x8422;
  #c = 0x9ce4;
  #d = 0xcbf2;

  byte(value: number): void {
    const a = this.#a ^ value;
    const b = this.#b;
    const low = a * 0x1b3;
    const second = b * 0x1b3 + (low >>> 16);
    const third = this.#c * 0x1b3 + a * 0x100 + (second >>> 16);
    const fourth = this.#d * 0x1b3 + b * 0x100 + (third >>> 16);
    this.#a = low & 0xffff;
    this.#b = second & 0xffff;
    this.#c = third & 0xffff;
    this.#d = fourth & 0xffff;
  }

  text(value: string): void {
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code < 0x80) this.byte(code);
      else {
        for (const one of encoder.encode(value.slice(index))) this.byte(one);
        return;
      }
    }
  }

  hex(): string {
    return [this.#d, this.#c, this.#b, this.#a].map((limb) => limb.toString(16).padStart(4, '0')).join('');
  }
}
