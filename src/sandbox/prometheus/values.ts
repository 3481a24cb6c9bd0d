// What an evaluation produces, and the two ways in which it can fail.
import type { LabelSet } from './labels.ts';
import type { Samples } from './series.ts';

export interface VectorSample {
  readonly labels: LabelSet;
  readonly value: number;
}

export interface SampleWindow extends Samples {
  readonly labels: LabelSet;
}

export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly samples: readonly VectorSample[] }
  | { readonly type: 'matrix'; readonly windows: readonly SampleWindow[] };

/** A query that cannot be answered, in the words of the HTTP API. */
export class QueryError extends Error {
  readonly errorType: 'bad_data' | 'execution' | 'timeout';

  constructor(errorType: QueryError['errorType'], message: string) {
    super(message);
    this.name = 'QueryError';
    this.errorType = errorType;
  }
}

/** Two series with the same labels can only come from a dropped name or a rewritten label. */
export function refuseDuplicates(samples: readonly VectorSample[]): readonly VectorSample[] {
  const keys = new Set<string>();
  for (const { labels } of samples) {
    if (keys.has(labels.key)) throw new QueryError('execution', 'vector cannot contain metrics with the same labelset');
    keys.add(labels.key);
  }
  return samples;
}
