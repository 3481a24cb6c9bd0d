// A set of labels as the evaluator passes it around: sorted once, with a key for maps and the set without the name.

export const metricName = '__name__';
// sorts below every character that a label may hold in practice and never occurs in one
const separator = '\u0000';

export class LabelSet {
  readonly names: readonly string[];
  readonly values: readonly string[];
  #key: string | undefined;
  #nameless: LabelSet | undefined;

  /** The names are sorted and no value is empty: use LabelSet.from for anything else. */
  constructor(names: readonly string[], values: readonly string[]) {
    this.names = names;
    this.values = values;
  }

  static from(labels: Readonly<Record<string, string>>): LabelSet {
    const names = Object.keys(labels)
      .filter((name) => labels[name] !== '')
      .sort(byCharacters);
    return new LabelSet(
      names,
      names.map((name) => labels[name] ?? ''),
    );
  }

  /** The same for equal sets only. */
  get key(): string {
    this.#key ??= this.names.map((name, index) => `${name}${separator}${this.values[index] ?? ''}`).join(separator);
    return this.#key;
  }

  get nameless(): LabelSet {
    this.#nameless ??= this.names.includes(metricName) ? this.without([metricName]) : this;
    return this.#nameless;
  }

  /** A missing label is an empty one. */
  get(name: string): string {
    const index = this.names.indexOf(name);
    return index === -1 ? '' : (this.values[index] ?? '');
  }

  without(dropped: readonly string[]): LabelSet {
    return this.#filter((name) => !dropped.includes(name));
  }

  only(kept: readonly string[]): LabelSet {
    return this.#filter((name) => kept.includes(name));
  }

  /** An empty value takes the label away. */
  with(name: string, value: string): LabelSet {
    return LabelSet.from({ ...this.toRecord(), [name]: value });
  }

  toRecord(): Record<string, string> {
    return Object.fromEntries(this.names.map((name, index) => [name, this.values[index] ?? '']));
  }

  toString(): string {
    const inside = this.names
      .map((name, index) => (name === metricName ? '' : `${name}=${JSON.stringify(this.values[index])}`))
      .filter((text) => text !== '');
    return `${this.get(metricName)}{${inside.join(', ')}}`;
  }

  #filter(keeps: (name: string) => boolean): LabelSet {
    const names: string[] = [];
    const values: string[] = [];
    for (const [index, name] of this.names.entries()) {
      if (!keeps(name)) continue;
      names.push(name);
      values.push(this.values[index] ?? '');
    }
    return new LabelSet(names, values);
  }
}

/** Not a static member: TypeScript 6.0 emits one that refers to its own class before the class exists. */
export const noLabels = new LabelSet([], []);

export function byCharacters(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order in which Prometheus lists series: label by label, name before value. */
export function compareLabels(a: LabelSet, b: LabelSet): number {
  const shared = Math.min(a.names.length, b.names.length);
  for (let index = 0; index < shared; index++) {
    const order =
      byCharacters(a.names[index] ?? '', b.names[index] ?? '') ||
      byCharacters(a.values[index] ?? '', b.values[index] ?? '');
    if (order !== 0) return order;
  }
  return a.names.length - b.names.length;
}
