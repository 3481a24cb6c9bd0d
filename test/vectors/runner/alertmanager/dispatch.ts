// alertmanager: what an alert is grouped by, when its group speaks, and how long one that could not speak is tried.
import type { LabelSet } from '../../../../src/alerts/alert.ts';
import { isFiring } from '../../../../src/alerts/render.ts';
import { groupLabelsOf } from '../../../../src/alerts/group.ts';
import { buildRoutes } from '../../../../src/alerts/route.ts';
import { alertsDocument } from '../../../../src/config/schema/alerts.ts';
import { later, rfc3339, seconds } from '../../../../src/model/units.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { readAlertEvents } from '../../../../src/simulate/alert-events.ts';
import { simulateAlerts, type Attempt } from '../../../../src/simulate/alerts.ts';
import { catalogue } from '../../../alerts/builders.ts';
import { wholeAdapter, type Fields } from '../vector.ts';

const start = Date.UTC(2026, 0, 1) as Instant;
const texts = catalogue('en');

interface Timers {
  readonly group_wait_s?: number;
  readonly group_interval_s?: number;
}

const milliseconds = (count: number): string => `${Math.round(count * 1000)}ms`;

/** Told again at each flush, so that each shows. */
const documentOf = (route: Fields) =>
  alertsDocument.parse({
    route: { receiver: 'any', repeat_interval: '1ms', ...route },
    receivers: [{ name: 'any', webhook_configs: [{ url: 'http://127.0.0.1:1/' }] }],
  });

const timersOf = ({ group_wait_s: wait = 1, group_interval_s: interval = 1 }: Timers): Fields => ({
  group_wait: milliseconds(wait),
  group_interval: milliseconds(interval),
});

interface Grouping {
  readonly labels: LabelSet;
  readonly group_by: string | readonly string[];
  readonly expect: LabelSet;
}

export const groupLabelsCase = wholeAdapter<{ whole: Grouping }>(({ labels, group_by: by, expect }) => {
  const { route } = documentOf({ group_by: typeof by === 'string' ? [by] : by });
  return { expected: { labels: expect }, got: { labels: groupLabelsOf(buildRoutes(route), labels) } };
});

interface Expected {
  readonly t?: number;
  readonly t_between?: readonly [number, number];
  readonly flush?: string;
  readonly insert_before?: string;
  readonly alerts?: readonly string[];
  readonly after?: string;
}

interface Timing extends Timers {
  readonly start_delay_s?: number;
  readonly events?: readonly { readonly t: number | string; readonly insert?: string; readonly resolve?: string }[];
  readonly expect?: readonly Expected[];
}

interface Push extends Fields {
  readonly at: number;
}

const far = 100_000;

function inserted(text: string, at: number): Push {
  const [name = ''] = text.split(' ');
  const [, offset] = /startsAt=(-?\d+)s/.exec(text) ?? [];
  const starts = offset !== undefined ? Number(offset) : /startsAt in the future/.test(text) ? 3600 : at;
  return pushOf(name, at, starts, far);
}

const pushOf = (name: string, at: number, starts: number, ends: number): Push => ({
  at,
  op: 'push',
  alerts: [
    {
      labels: { alertname: name },
      startsAt: rfc3339(later(start, seconds(starts))),
      endsAt: rfc3339(later(start, seconds(ends))),
    },
  ],
});

const nameOf = (text: string): string => text.replace(/\(.*/, '');
const isOver = (text: string): boolean => text.endsWith('(resolved)');

const saying = ({ delivery: { notice } }: Attempt): readonly string[] =>
  notice.alerts.map((alert) => `${alert.labels['alertname'] ?? ''}${isFiring(alert) ? '' : '(resolved)'}`).sort();

interface Played {
  readonly attempts: readonly Attempt[];
  readonly groups: number;
}

async function play(route: Fields, events: readonly Push[], until: number, startDelay = 0): Promise<Played> {
  let groups = 0;
  const header = { start: rfc3339(start), ...(startDelay > 0 && { startDelay: milliseconds(startDelay) }) };
  const lines = [header, ...events.map((event) => ({ ...event, at: milliseconds(event.at) }))];
  const read = readAlertEvents(lines.map((line) => JSON.stringify(line)).join('\n'), 'events');
  const { attempts } = await simulateAlerts(documentOf(route), texts, read, {
    until: seconds(until),
    look: (pipeline) => {
      groups = pipeline.groups().length;
    },
  });
  return { attempts, groups };
}

const inSeconds = ({ at }: Attempt): number => (at - start) / 1000;

export const timingCase = wholeAdapter<{ whole: Timing }>((timing) => {
  const { events, expect } = timing;
  if (events === undefined || expect === undefined) return afterFailure(timing);
  return expect.some(({ flush, after }) => flush !== undefined || after !== undefined)
    ? byFlushes(timing, expect)
    : byTimes(timing, events, expect);
});

async function byTimes(
  timing: Timing,
  events: NonNullable<Timing['events']>,
  expect: readonly Expected[],
): Promise<{ expected: Fields; got: Fields }> {
  const pushes = [
    ...events.map(({ t, insert = '' }) => inserted(insert, Number(t))),
    ...expect.flatMap(({ t = 0, insert_before: name }) => (name === undefined ? [] : [inserted(name, t - 0.05)])),
  ];
  const end = Math.max(...expect.map(({ t, t_between: between }) => t ?? between?.[1] ?? 0));
  const { attempts } = await play({ ...timersOf(timing), group_by: [] }, pushes, end + 0.001, timing.start_delay_s);
  const at = (index: number): number => (attempts[index] === undefined ? Number.NaN : inSeconds(attempts[index]));
  return {
    expected: { flushes: expect.map(({ t, t_between: between, alerts = [] }) => [between ?? t, [...alerts].sort()]) },
    got: {
      flushes: attempts.slice(0, expect.length).map((attempt, index) => {
        const between = expect[index]?.t_between;
        const fits = between !== undefined && at(index) >= between[0] && at(index) <= between[1];
        return [fits ? between : at(index), saying(attempt)];
      }),
    },
  };
}

/** All fire at first; what a flush is to say has ended shortly before it. */
async function byFlushes(timing: Timing, expect: readonly Expected[]): Promise<{ expected: Fields; got: Fields }> {
  const flushes = expect.flatMap(({ alerts }) => (alerts === undefined ? [] : [alerts]));
  const names = [...new Set(flushes.flat().map(nameOf))];
  const ended = new Set<string>();
  const pushes = names.map((name) => pushOf(name, 0, 0, far));
  flushes.forEach((alerts, index) => {
    for (const name of alerts
      .filter(isOver)
      .map(nameOf)
      .filter((one) => !ended.has(one))) {
      ended.add(name);
      pushes.push(pushOf(name, index + 1.5, 0, index + 1.5));
    }
  });
  const { attempts, groups } = await play({ ...timersOf(timing), group_by: [] }, pushes, flushes.length + 5);
  const isEmptied = expect.some(({ after = '' }) => /empty and destroyed/.test(after));
  return {
    expected: { flushes: flushes.map((alerts) => [...alerts].sort()), ...(isEmptied && { groups: 0 }) },
    got: { flushes: attempts.slice(1).map(saying), groups },
  };
}

/** It says no more than its name: what ended while nobody could be told is told when somebody can be. */
async function afterFailure(timing: Timing): Promise<{ expected: Fields; got: Fields }> {
  const failing: Push = { at: 1.5, op: 'fail', until: '3500ms' };
  const { attempts, groups } = await play(
    { ...timersOf(timing), group_by: [] },
    [pushOf('a1', 0, 0, far), failing, pushOf('a1', 1.6, 0, 1.6)],
    10,
  );
  const sent = attempts.filter(({ outcome }) => outcome === 'sent');
  return {
    expected: { failed: true, told: [['a1'], ['a1(resolved)']], groups: 0 },
    got: { failed: attempts.length > sent.length, told: sent.map(saying), groups },
  };
}

interface Deadline {
  readonly group_interval_s: number;
  readonly expect_s: number;
}

/** When a message is given up that never arrives. */
export const deadlineCase = wholeAdapter<{ whole: Deadline }>(
  async ({ group_interval_s: interval, expect_s: limit }) => {
    const failing: Push = { at: 0, op: 'fail' };
    const timers = { ...timersOf({ group_interval_s: interval }), repeat_interval: '4h' };
    const { attempts } = await play(timers, [failing, pushOf('a1', 0, 0, far)], 3 * limit + 200);
    const [first, last] = [attempts[0], attempts.at(-1)];
    const tried = first === undefined || last === undefined ? 0 : inSeconds(last) - inSeconds(first);
    const isGivenUp = tried <= limit;
    return { expected: { given_up_after_s: limit }, got: { given_up_after_s: isGivenUp ? limit : null, tried } };
  },
);
