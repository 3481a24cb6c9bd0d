// How well the product's detector finds what is unusual: the Numenta Anomaly Benchmark, one configuration for all its series.
import type { Instant } from '../../dist/model/units.js';
import { AnomalyDetector } from '../../dist/policies/anomaly/detector.js';
import { defaultSensitivity, isUnusual, thresholdOf } from '../../dist/policies/anomaly/judgement.js';
import type { Figure, Report } from '../report.ts';
import { published } from './published.ts';
import { bestThreshold, outcomeOf, profiles, type Scored } from './scorer.ts';
import { allSeries, type Series } from './series.ts';

interface Played extends Scored {
  readonly series: Series;
  /** alerts of a rule with the default sensitivity after the time that a detector may learn */
  readonly alerts: number;
}

function play(series: Series): Played {
  const detector = new AnomalyDetector();
  const scores = new Float64Array(series.values.length);
  let alerts = 0;
  let isActive = false;
  for (const [index, value] of series.values.entries()) {
    const judgement = detector.observe((series.at[index] ?? 0) as Instant, value);
    scores[index] = judgement.onset;
    const was = isActive;
    isActive = isUnusual(judgement, defaultSensitivity, was);
    if (isActive && !was && series.credits[index]?.worth !== 0) alerts += 1;
  }
  return { ...series, series, scores, alerts };
}

const cell = (text: string | number): string => (typeof text === 'number' ? text.toFixed(1) : text).padStart(12);
const row = (name: string, cells: readonly (string | number)[]): string =>
  `  ${name.padEnd(44)}${cells.map(cell).join('')}`;

function tableOfAll(corpus: readonly Played[], threshold: number): string {
  const [standard = profiles[0]] = profiles;
  if (standard === undefined) return '';
  const of = (parts: readonly Played[]): readonly (string | number)[] => {
    const { score, found, falsely } = outcomeOf(parts, threshold, standard);
    const windows = parts.reduce((sum, one) => sum + one.windows, 0);
    return [windows === 0 ? '' : score, `${found}/${windows}`, String(falsely)];
  };
  const categories = [...new Set(corpus.map(({ series }) => series.category))];
  return [
    row('', ['standard', 'low FP', 'low FN']),
    row(
      'springtide, the best threshold, as others',
      profiles.map((one) => outcomeOf(corpus, bestThreshold(corpus, one), one).score),
    ),
    row(
      'springtide, as it comes',
      profiles.map((one) => outcomeOf(corpus, threshold, one).score),
    ),
    ...published.map(([name, ...scores]) => row(name, scores)),
    '',
    row('as it comes, by category', ['standard', 'windows', 'false']),
    ...categories.map((category) => row(category, of(corpus.filter(({ series }) => series.category === category)))),
    row('all', of(corpus)),
  ].join('\n');
}

/** Each half of the series, chosen by its place in the list, with the threshold that is best for the other half. */
function crossed(corpus: readonly Played[]): readonly number[] {
  const [standard] = profiles;
  if (standard === undefined) return [];
  return [0, 1].map((half) => {
    const own = corpus.filter((_, index) => index % 2 === half);
    const others = corpus.filter((_, index) => index % 2 !== half);
    return outcomeOf(own, bestThreshold(others, standard), standard).score;
  });
}

export async function anomalies(): Promise<Report> {
  const all = allSeries();
  const before = process.cpuUsage();
  const corpus: Played[] = [];
  for (const series of all) {
    corpus.push(play(series));
    // Ctrl-C is heard between two series.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(before);
  const threshold = thresholdOf(defaultSensitivity);
  process.stdout.write(`${tableOfAll(corpus, threshold)}\n\n`);
  const records = corpus.reduce((sum, { scores }) => sum + scores.length, 0);
  const days = all.reduce((sum, { at }) => sum + ((at.at(-1) ?? 0) - (at[0] ?? 0)) / 86_400_000, 0);
  const figures: Figure[] = profiles.flatMap((profile): Figure[] => [
    {
      name: `${profile.name}, the best threshold`,
      value: outcomeOf(corpus, bestThreshold(corpus, profile), profile).score,
      unit: '',
      ...(profile.name === 'standard' ? { least: 60 } : {}),
    },
    { name: `${profile.name}, as it comes`, value: outcomeOf(corpus, threshold, profile).score, unit: '' },
  ]);
  figures.push(
    ...crossed(corpus).map((value, half): Figure => ({
      name: `standard, half ${half + 1}, threshold of the other`,
      value,
      unit: '',
    })),
    {
      name: 'alerts a series and month, as it comes',
      value: (corpus.reduce((sum, one) => sum + one.alerts, 0) / days) * 30,
      unit: '',
    },
    { name: 'an observation, µs of CPU', value: (user + system) / records, unit: '', bar: 50 },
  );
  return { bench: 'anomalies', node: process.versions.node, figures };
}
