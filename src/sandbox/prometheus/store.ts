// All series in memory, found by metric name; what is older than the retention is dropped.
import type { Instant, Milliseconds } from '../../model/units.ts';
import type { LabelMatcher, VectorSelector } from '../../promql/ast.ts';
import { LabelSet, metricName } from './labels.ts';
import { readyMatcher } from './matchers.ts';
import { Series } from './series.ts';

export class SeriesStore {
  readonly #byKey = new Map<string, Series>();
  readonly #byName = new Map<string, Set<Series>>();

  get seriesCount(): number {
    return this.#byKey.size;
  }

  get sampleCount(): number {
    let count = 0;
    for (const series of this.#byKey.values()) count += series.count;
    return count;
  }

  all(): Iterable<Series> {
    return this.#byKey.values();
  }

  series(labels: LabelSet): Series {
    const known = this.#byKey.get(labels.key);
    if (known !== undefined) return known;
    const created = new Series(labels);
    this.#byKey.set(labels.key, created);
    const name = labels.get(metricName);
    const named = this.#byName.get(name);
    if (named === undefined) this.#byName.set(name, new Set([created]));
    else named.add(created);
    return created;
  }

  write(name: string, labels: Readonly<Record<string, string>>, value: number, at: Instant): void {
    this.series(LabelSet.from({ ...labels, [metricName]: name })).add(at, value);
  }

  /** The series that a selector names, in the order in which they first appeared. */
  select(selector: Pick<VectorSelector, 'name' | 'matchers'>): Series[] {
    const exact = selector.name ?? exactName(selector.matchers);
    const candidates = exact === undefined ? this.#byKey.values() : (this.#byName.get(exact) ?? []);
    const matchers = selector.matchers.map(readyMatcher);
    const found: Series[] = [];
    for (const series of candidates)
      if (matchers.every(({ label, matches }) => matches(series.labels.get(label)))) found.push(series);
    return found;
  }

  /** Also forgets the series that nothing is left of. */
  dropOlderThan(now: Instant, retention: Milliseconds): void {
    for (const [key, series] of this.#byKey) {
      series.dropBefore(now - retention);
      if (series.count > 0) continue;
      this.#byKey.delete(key);
      this.#byName.get(series.labels.get(metricName))?.delete(series);
    }
    for (const [name, named] of this.#byName) if (named.size === 0) this.#byName.delete(name);
  }
}

function exactName(matchers: readonly LabelMatcher[]): string | undefined {
  return matchers.find(({ label, operator }) => label === metricName && operator === '=')?.value;
}
