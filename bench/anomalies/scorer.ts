// The benchmark's own score: an early detection in a window earns most, a window without one and each detection elsewhere cost.

/** `window`: the one that the record is in; null: it is in none. `worth`: of a detection there, before the profile's weights. */
export interface Credit {
  readonly window: number | null;
  readonly worth: number;
}

export interface Profile {
  readonly name: 'standard' | 'reward_low_FP_rate' | 'reward_low_FN_rate';
  /** what a detected window earns at most, one without a detection costs, and a false alarm costs at most */
  readonly found: number;
  readonly missed: number;
  readonly falsely: number;
}

export const profiles: readonly Profile[] = [
  { name: 'standard', found: 1, missed: 1, falsely: 0.11 },
  { name: 'reward_low_FP_rate', found: 1, missed: 1, falsely: 0.22 },
  { name: 'reward_low_FN_rate', found: 1, missed: 2, falsely: 0.11 },
];

/** One series as it is scored: a score for each record beside what a detection there is worth. */
export interface Scored {
  readonly scores: ArrayLike<number>;
  readonly credits: readonly Credit[];
  readonly windows: number;
  readonly asked: number;
}

/** A detector may learn from so much of a series, of its first 5000 records at most. */
const probation = 0.15;
const mostProbation = 750;

const sigmoid = (distance: number): number => (distance > 3 ? -1 : 2 / (1 + Math.exp(5 * distance)) - 1);
const nothing: Credit = { window: null, worth: 0 };

/** `spans`: first and last index of each window. */
export function creditsOf(
  records: number,
  spans: readonly (readonly [number, number])[],
): { readonly credits: readonly Credit[]; readonly asked: number } {
  const sorted = [...spans].sort(([one], [other]) => one - other);
  const from = Math.min(Math.floor(probation * records), mostProbation);
  const credits = Array.from({ length: records }, (_, index): Credit => {
    if (index < from) return nothing;
    const window = sorted.findLastIndex(([first]) => first <= index);
    const span = sorted[window];
    if (span === undefined) return { window: null, worth: -1 };
    const [first, last] = span;
    if (index > last) return { window: null, worth: sigmoid((index - last) / Math.max(1, last - first)) };
    return { window, worth: sigmoid(-(last - index + 1) / (last - first + 1)) / sigmoid(-1) };
  });
  return { credits, asked: sorted.filter(([, last]) => last >= from).length };
}

export interface Outcome {
  /** 0: as good as no detection at all; 100: all windows at their very beginning, and nothing else */
  readonly score: number;
  readonly found: number;
  readonly falsely: number;
}

/** A detection is a score of at least the threshold. */
export function outcomeOf(corpus: readonly Scored[], threshold: number, profile: Profile): Outcome {
  let raw = 0;
  let found = 0;
  let falsely = 0;
  for (const { scores, credits, asked } of corpus) {
    const best = new Map<number, number>();
    for (const [index, { window, worth }] of credits.entries()) {
      if (worth === 0 || (scores[index] ?? 0) < threshold) continue;
      if (window === null) {
        raw += profile.falsely * worth;
        falsely += 1;
      } else best.set(window, Math.max(best.get(window) ?? Number.NEGATIVE_INFINITY, worth));
    }
    for (const worth of best.values()) raw += profile.found * worth;
    raw -= profile.missed * (asked - best.size);
    found += best.size;
  }
  const windows = corpus.reduce((sum, one) => sum + one.windows, 0);
  return {
    score: (100 * (raw + profile.missed * windows)) / ((profile.found + profile.missed) * windows),
    found,
    falsely,
  };
}

interface Detection {
  readonly score: number;
  readonly series: number;
  readonly credit: Credit;
}

/** The one threshold for the whole corpus that gives the best score; detectors of the benchmark are compared by it. */
export function bestThreshold(corpus: readonly Scored[], profile: Profile): number {
  const detections = corpus
    .flatMap(({ scores, credits }, series) =>
      credits.map((credit, index): Detection => ({ score: scores[index] ?? 0, series, credit })),
    )
    .filter(({ score, credit }) => score > 0 && credit.worth !== 0)
    .sort((one, other) => other.score - one.score);
  const best = new Map<string, number>();
  let raw = 0;
  let most = 0;
  let threshold = Number.POSITIVE_INFINITY;
  for (const [index, { score, series, credit }] of detections.entries()) {
    const { window, worth } = credit;
    if (window === null) raw += profile.falsely * worth;
    else {
      const key = `${series}/${window}`;
      const before = best.get(key);
      if (before === undefined) raw += profile.missed + profile.found * worth;
      else raw += profile.found * Math.max(0, worth - before);
      best.set(key, Math.max(before ?? worth, worth));
    }
    if (detections[index + 1]?.score !== score && raw > most + 1e-12) {
      most = raw;
      threshold = score;
    }
  }
  return threshold;
}
