// The quantile of a classic histogram: cumulative buckets with an upper border in the label `le`.
import type { LabelSet } from './labels.ts';
import type { VectorSample } from './values.ts';

interface Bucket {
  readonly upper: number;
  count: number;
}

const borderLabel = 'le';

export function histogramQuantile(quantile: number, samples: readonly VectorSample[]): VectorSample[] {
  const histograms = new Map<string, { readonly labels: LabelSet; readonly buckets: Bucket[] }>();
  for (const { labels, value } of samples) {
    const border = labels.get(borderLabel);
    const upper = border === '+Inf' || border === 'Inf' ? Infinity : border === '' ? NaN : Number(border);
    if (Number.isNaN(upper)) continue;
    const rest = labels.nameless.without([borderLabel]);
    const known = histograms.get(rest.key);
    if (known === undefined) histograms.set(rest.key, { labels: rest, buckets: [{ upper, count: value }] });
    else known.buckets.push({ upper, count: value });
  }
  return Array.from(histograms.values(), ({ labels, buckets }) => ({
    labels,
    value: bucketQuantile(quantile, buckets),
  }));
}

function bucketQuantile(quantile: number, raw: readonly Bucket[]): number {
  if (Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const buckets = merged(raw);
  const last = buckets.at(-1);
  if (last === undefined || last.upper !== Infinity || buckets.length < 2) return NaN;
  if (!(last.count > 0)) return NaN;
  const rank = quantile * last.count;
  const found = buckets.findIndex(({ count }) => count >= rank);
  const index = found === -1 ? buckets.length - 1 : found;
  if (index === buckets.length - 1) return buckets.at(-2)?.upper ?? NaN;
  const { upper, count } = buckets[index] ?? last;
  if (index === 0) return upper <= 0 ? upper : (upper * rank) / count;
  const below = buckets[index - 1] ?? last;
  return below.upper + ((upper - below.upper) * (rank - below.count)) / (count - below.count);
}

/** Sorted, one bucket a border, and never falling: a scrape in the middle of an update must not tear holes. */
function merged(raw: readonly Bucket[]): Bucket[] {
  const buckets: Bucket[] = [];
  for (const bucket of [...raw].sort((a, b) => a.upper - b.upper)) {
    const before = buckets.at(-1);
    if (before?.upper === bucket.upper) before.count += bucket.count;
    else buckets.push({ ...bucket });
  }
  let most = -Infinity;
  for (const bucket of buckets) {
    most = Math.max(most, bucket.count);
    bucket.count = most;
  }
  return buckets;
}
