// Which of its alerts a message names, and what is so of all of them: the numbers and the common labels are not those of the named ones.
import type { Alert, LabelSet } from './alert.ts';
import { commonPairs, isFiring } from './render.ts';
import type { Notice } from './render.ts';

/** Of all alerts of a message that names some of them. */
export interface Whole {
  readonly firing: number;
  readonly resolved: number;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
}

/** `counted`: those that nobody here has seen, as their sender only counted them; they fire. */
function wholeOf(alerts: readonly Alert[], counted: number): Whole {
  const firing = alerts.filter(isFiring).length;
  return {
    firing: firing + counted,
    resolved: alerts.length - firing,
    labels: commonPairs(alerts.map(({ labels }) => labels)),
    annotations: commonPairs(alerts.map(({ annotations }) => annotations)),
  };
}

/** The first so many: they are in reading order. */
export function naming<One extends Notice>(notice: One, most: number): One {
  const { alerts, unnamed = 0 } = notice;
  if (alerts.length <= most) return notice;
  return {
    ...notice,
    alerts: alerts.slice(0, most),
    unnamed: alerts.length - most + unnamed,
    whole: notice.whole ?? wholeOf(alerts, unnamed),
  };
}
