// What a detector says of one observation, and how a rule makes an alert of it.

/** Between which values the observation was expected. */
export interface UsualRange {
  readonly low: number;
  readonly high: number;
}

export interface Judgement {
  /** 0: as usual; 1: as unusual as can be. It stays high for as long as the series is unlike its past. */
  readonly score: number;
  /** The score where something new begins; 0 in the wake of what was as unusual: an alert begins by it. */
  readonly onset: number;
  /** null as long as nothing is known */
  readonly usual: UsualRange | null;
  /** `learning`: too little was seen, the score is 0. `gap`: there was no value, the score is that of the last one. */
  readonly known: 'learning' | 'gap' | 'known';
}

/** What a rule has that does not say otherwise. */
export const defaultSensitivity = 0.5;

/** So far beyond all that was seen, as a share of its range, is a score of one half. */
const half = 0.042;

export const scoreOf = (excess: number): number => excess / (excess + half);

/** The score from which on a rule of this sensitivity (0: hardly ever, 1: at the slightest doubt) speaks of an anomaly. */
export const thresholdOf = (sensitivity: number): number => 0.9 - 0.8 * Math.min(1, Math.max(0, sensitivity));

/** An unusual moment has passed when the score has fallen below this share of the threshold. */
const passed = 0.5;

/** Whether the series is unusual now; `was`: what was answered for the observation before. */
export function isUnusual({ score, onset }: Judgement, sensitivity: number, was: boolean): boolean {
  const threshold = thresholdOf(sensitivity);
  return onset >= threshold || (was && score >= threshold * passed);
}
