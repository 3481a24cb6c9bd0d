// What can go wrong with a Prometheus, switched on and off by name while it runs.
import type { Milliseconds } from '../../model/units.ts';
import { holdsSeries } from './format.ts';
import type { JsonSeries, QueryResult } from './format.ts';

export type PrometheusFault =
  /** 503 everywhere, the health probes included. */
  | { readonly kind: 'unavailable' }
  /** Answers late, by the clock. */
  | { readonly kind: 'slow'; readonly delay: Milliseconds }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** 200 and something that is no JSON, as from a proxy's error page. */
  | { readonly kind: 'garbage' }
  /** The connection breaks in the middle of the body. */
  | { readonly kind: 'half' }
  /** Success with an empty result. */
  | { readonly kind: 'empty' }
  /** A partial answer: warnings, and only this share of the series (default one half). */
  | { readonly kind: 'warnings'; readonly texts?: readonly string[]; readonly keep?: number }
  /** Scrapes stop; old samples age. */
  | { readonly kind: 'stale' }
  /** Every value is NaN. */
  | { readonly kind: 'nan' }
  /** A body without end: so many bytes (default 64 MiB) behind a correct beginning. */
  | { readonly kind: 'tooManyBytes'; readonly bytes?: number };

export type FaultKind = PrometheusFault['kind'];

export class FaultBoard {
  readonly #faults = new Map<FaultKind, PrometheusFault>();

  switchOn(fault: PrometheusFault): void {
    this.#faults.set(fault.kind, fault);
  }

  switchOff(kind: FaultKind): void {
    this.#faults.delete(kind);
  }

  clear(): void {
    this.#faults.clear();
  }

  has(kind: FaultKind): boolean {
    return this.#faults.has(kind);
  }

  get<Kind extends FaultKind>(kind: Kind): Extract<PrometheusFault, { kind: Kind }> | undefined {
    const fault = this.#faults.get(kind);
    return fault as Extract<PrometheusFault, { kind: Kind }> | undefined;
  }

  list(): readonly PrometheusFault[] {
    return [...this.#faults.values()];
  }

  /** What the faults leave of a query's result, and the warnings that go with it. */
  spoil(result: QueryResult): { readonly data: QueryResult; readonly warnings: readonly string[] } {
    const warnings = this.get('warnings');
    const texts =
      warnings === undefined ? [] : (warnings.texts ?? ['a store did not answer in time: the result is partial']);
    if (!holdsSeries(result)) {
      const spoilt = this.has('nan') && result.resultType === 'scalar';
      return { data: spoilt ? { ...result, result: [result.result[0], 'NaN'] } : result, warnings: texts };
    }
    let series = this.has('empty') ? [] : result.result;
    if (warnings !== undefined) series = series.slice(0, Math.ceil(series.length * (warnings.keep ?? 0.5)));
    if (this.has('nan')) series = series.map(withNaN);
    return { data: { ...result, result: series }, warnings: texts };
  }
}

function withNaN({ metric, value, values }: JsonSeries): JsonSeries {
  return {
    metric,
    ...(value === undefined ? {} : { value: [value[0], 'NaN'] as const }),
    ...(values === undefined ? {} : { values: values.map(([time]) => [time, 'NaN'] as const) }),
  };
}
