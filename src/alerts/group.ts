// Groups: what an alert is grouped by, the key that names the group, and when it is first told.
import { labelValue } from '../model/label-value.ts';
import type { Instant } from '../model/units.ts';
import { byCodeUnit } from './fingerprint.ts';
import type { Alert, LabelSet } from './alert.ts';
import { quote } from '../matching/matchers.ts';
import type { Route } from './route.ts';

export function groupLabelsOf(route: Route, labels: LabelSet): LabelSet {
  const names = route.groupBy === 'all' ? Object.keys(labels).sort(byCodeUnit) : route.groupBy;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = labelValue(labels, name);
      return value === '' ? [] : [[name, value]];
    }),
  );
}

const printLabels = (labels: LabelSet): string =>
  `{${Object.entries(labels)
    .sort(([left], [right]) => byCodeUnit(left, right))
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(', ')}}`;

/** Names the group towards people and receivers. */
export const groupKeyOf = (route: Route, groupLabels: LabelSet): string => `${route.key}:${printLabels(groupLabels)}`;

/** A name may hold anything but a quote; what follows a pair is another one, or the end. */
const printedPair = /([^"]+?)="((?:[^"\\]|\\[^])*)"(?:, |}$)/y;
const unescaped = (value: string): string =>
  value.replace(/\\([^])/g, (_, character: string) => (character === 'n' ? '\n' : character));

/** What `printLabels` has written; null where it is something else. */
function readLabels(text: string): LabelSet | null {
  if (text === '{}') return {};
  const pairs: [string, string][] = [];
  printedPair.lastIndex = 1;
  while (printedPair.lastIndex < text.length) {
    const [, name = '', value = ''] = printedPair.exec(text) ?? [];
    if (name === '') return null;
    pairs.push([name, unescaped(value)]);
  }
  return Object.fromEntries(pairs);
}

/** The labels that a key names: values may hold all that stands between the two halves of it. */
export function labelsIn(key: string): LabelSet {
  for (let at = key.length; (at = key.lastIndexOf(':{', at - 1)) > 0;) {
    const labels = readLabels(key.slice(at + 1));
    // else within a value: the whole set begins further to the left
    if (labels !== null) return labels;
  }
  return {};
}

/** group_wait after the alert was accepted; at once where it had been going on for longer than that before. */
export function firstFlushOf(route: Route, alert: Alert, now: Instant): Instant {
  const { groupWait } = route.timers;
  if (alert.since + groupWait < alert.accepted) return now;
  return Math.max(now, alert.accepted + groupWait) as Instant;
}

const rank: ReadonlyMap<string, number> = new Map([
  ['page', 0],
  ['critical', 0],
  ['warning', 1],
  ['info', 2],
]);

/** The smaller the graver. */
export const gravity = ({ labels }: Pick<Alert, 'labels'>): number => rank.get(labels['severity'] ?? '') ?? 1;

/** The beginning of a text as a number of the same order: of thousands that have begun at one instant texts are slow to compare. */
function beginningOf(text: string): number {
  let number = 0;
  let isPlain = true;
  for (let index = 0; index < 6; index += 1) {
    const unit: number = isPlain && index < text.length ? Math.min(255, text.charCodeAt(index)) : 0;
    isPlain &&= unit < 255;
    number = number * 256 + unit;
  }
  return number;
}

/** What people should read first: what fires before what ended, the graver and then the older. */
export const inOrder = (alerts: Iterable<Alert>): Alert[] =>
  Array.from(alerts, (alert) => ({
    alert,
    rank: (alert.ended === null ? 0 : 10) + gravity(alert),
    since: alert.since,
    beginning: beginningOf(alert.fingerprint),
  }))
    .sort(
      (left, right) =>
        left.rank - right.rank ||
        left.since - right.since ||
        left.beginning - right.beginning ||
        byCodeUnit(left.alert.fingerprint, right.alert.fingerprint),
    )
    .map(({ alert }) => alert);
