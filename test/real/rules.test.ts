// Rule states against the true promtool: random series and rules, ours must be what it computes at every evaluation.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { RuleAlert } from '../../src/alerts/rules/state.ts';
import { minutes, seconds, type Milliseconds } from '../../src/model/units.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { activeOf, play, type Timeline } from '../alerts/rules/timeline.ts';

const run = promisify(execFile);
/** Prometheus 2 also looks at the sample that is exactly five minutes old, Prometheus 3 does not. */
const lookback = (minutes(5) + 1) as Milliseconds;
const timelines = 120;
const perFile = 12;

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'springtide-rules-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

type Pick = <T>(choices: readonly T[]) => T;

/** Long enough to be pending, fire, be kept and end several times over. */
function randomSeries(pick: Pick, samples: number): string {
  const words: string[] = [];
  for (let count = 0; count < samples;) {
    const length = pick([1, 1, 2, 3, 5, 8]);
    words.push(
      pick([`1x${length - 1}`, `1x${length - 1}`, `0x${length - 1}`, `_x${length}`, 'stale', `0+1x${length - 1}`]),
    );
    count += length;
  }
  return words.join(' ');
}

const spans = ['0s', '30s', '1m', '90s', '2m', '3m', '5m'];

const summaries = [
  'plain',
  '{{ $labels.job }} on {{ .Labels.instance }}: {{ $value }}',
  '{{ if gt $value 3.0 }}{{ $value | humanize }}{{ else }}{{ printf "%.2f" $value }}{{ end }}',
  '{{ range $name, $value := $labels }}{{ $name }}={{ $value | toUpper }} {{ end }}',
  '{{ $value | humanizePercentage }} {{ with $labels.nothing }}x{{ else }}none{{ end }}',
];

function randomTimeline(index: number): Timeline {
  const random = seededRandom(index + 1);
  const pick: Pick = (choices) => choices[Math.floor(random() * choices.length)] as (typeof choices)[number];
  const name = `m${index}`;
  const series = Array.from({ length: pick([1, 2, 3]) }, (_, one) => `${name}{job="j${one % 2}", instance="i${one}"}`);
  const labels = { severity: pick(['page', '{{ $labels.job }}-{{ "x" }}']), gone: '' };
  return {
    rule: {
      alert: `A${index}`,
      expr: pick([
        `${name} > 0`,
        `${name} >= 1`,
        `sum by (job) (${name}) > 1`,
        `absent(${name}{job="j0"})`,
        `max_over_time(${name}[170s]) > 1`,
      ]),
      for: pick(spans),
      keep_firing_for: pick(spans),
      ...(pick([true, false]) && { labels }),
      annotations: { summary: pick(summaries) },
    },
    series: Object.fromEntries(series.map((one) => [one, randomSeries(pick, 40)])),
    interval: pick([seconds(30), minutes(1)]),
    every: pick([seconds(30), minutes(1), seconds(75)]),
    until: minutes(30),
    lookback,
  };
}

interface Expectation {
  readonly at: Milliseconds;
  readonly alerts: readonly RuleAlert[];
}

const ours = (timeline: Timeline): Expectation[] =>
  [...play(timeline)].map(({ at, evaluated }) => ({
    at: at as number as Milliseconds,
    alerts: activeOf(evaluated.states),
  }));

function seriesOf({ labels, state }: RuleAlert): string {
  const written = Object.entries({ ...labels, alertstate: state }).map(([label, value]) => `${label}="${value}"`);
  return `ALERTS{${written.join(', ')}}`;
}

const inSeconds = (span: Milliseconds): string => `${span / 1000}s`;

/** promtool's test of one timeline: what is active by ALERTS, and what is told of that which fires. */
function testOf({ rule, series, interval }: Timeline, expected: readonly Expectation[]): object {
  return {
    interval: inSeconds(interval),
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: expected.map(({ at, alerts }) => ({
      expr: `ALERTS{alertname="${rule.alert}"}`,
      eval_time: inSeconds(at),
      exp_samples: alerts.map((alert) => ({ labels: seriesOf(alert), value: 1 })),
    })),
    alert_rule_test: expected.map(({ at, alerts }) => ({
      eval_time: inSeconds(at),
      alertname: rule.alert,
      exp_alerts: alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels: { alertname: _, ...labels }, annotations }) => ({
          exp_labels: labels,
          exp_annotations: annotations,
        })),
    })),
  };
}

/** A file for each timeline: promtool has one evaluation interval a file. */
async function promtool(
  name: string,
  given: readonly { timeline: Timeline; expected: readonly Expectation[] }[],
): Promise<string> {
  const files = await Promise.all(
    given.map(async ({ timeline, expected }, index) => {
      const rules = path.join(directory, `${name}-${index}-rules.yml`);
      const tests = path.join(directory, `${name}-${index}-tests.yml`);
      await writeFile(rules, stringify({ groups: [{ name: 'g', rules: [timeline.rule] }] }));
      const evaluation_interval = inSeconds(timeline.every);
      await writeFile(
        tests,
        stringify({ rule_files: [rules], evaluation_interval, tests: [testOf(timeline, expected)] }),
      );
      return tests;
    }),
  );
  try {
    await run('promtool', ['test', 'rules', ...files], { maxBuffer: 64 * 1024 * 1024 });
    return '';
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    return `${stdout}${stderr}`.slice(0, 4000);
  }
}

describe('promtool test rules', () => {
  const all = Array.from({ length: timelines }, (_, index) => {
    const timeline = randomTimeline(index);
    return { timeline, expected: ours(timeline) };
  });

  it('has timelines with everything in them', () => {
    const states = all.flatMap(({ expected }) => expected.flatMap(({ alerts }) => alerts.map(({ state }) => state)));
    for (const state of ['pending', 'firing'] as const)
      expect(states.filter((one) => one === state).length).toBeGreaterThan(500);
    expect(all.filter(({ expected }) => expected.some(({ alerts }) => alerts.length === 0)).length).toBeGreaterThan(60);
  });

  it.each(Array.from({ length: timelines / perFile }, (_, part) => part))('agrees on part %i', async (part) => {
    expect(await promtool(`part${part}`, all.slice(part * perFile, (part + 1) * perFile))).toBe('');
  });

  it('would say so if ours were wrong', async () => {
    const [first] = all.filter(({ expected }) => expected.some(({ alerts }) => alerts.length > 0));
    if (first === undefined) throw new Error('no timeline has an alert');
    const expected = first.expected.map(({ at, alerts }) => ({ at, alerts: alerts.slice(1) }));
    expect(await promtool('wrong', [{ timeline: first.timeline, expected }])).toContain('FAILED');
  });
});

it('promtool refuses a file with a rule that learns: they need files of their own', async () => {
  const file = path.join(directory, 'learning.yml');
  const rule = { alert: 'Odd', anomaly: { query: 'up' } };
  await writeFile(file, stringify({ groups: [{ name: 'g', rules: [rule] }] }));
  await expect(run('promtool', ['check', 'rules', file])).rejects.toThrow(/anomaly not found/);
});
