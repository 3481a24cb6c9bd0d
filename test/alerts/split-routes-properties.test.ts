// Properties of routes with the same matchers and receiver: told is when the first of them has a turn that may speak, the end at the next.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minutes } from '../../src/model/units.ts';
import { fresh, within } from '../property-runs.ts';
import { pushDown } from './duty.ts';
import { aStory } from './recorder.ts';

/** In minutes of the story, which begins at 02:00; turns are at full five minutes and no window ends there. */
const windows = { office: [-62, 62], late: [62, 182], middle: [32, 92] } as const;
type Window = keyof typeof windows;

interface Split {
  readonly wait: number;
  readonly interval: number;
  readonly hours: { readonly kind: 'any' } | { readonly kind: 'active' | 'mute'; readonly window: Window };
}

const names: readonly Window[] = ['office', 'late', 'middle'];
const five = fc.integer({ min: 1, max: 4 }).map((count) => 5 * count);
const aSplit: fc.Arbitrary<Split> = fc.record({
  wait: five,
  interval: five,
  hours: fc.oneof(
    fc.constant({ kind: 'any' as const }),
    fc.record({ kind: fc.constantFrom('active' as const, 'mute' as const), window: fc.constantFrom(...names) }),
  ),
});

const clockTime = (minute: number): string => {
  const sum = 120 + minute;
  return `${String(Math.floor(sum / 60)).padStart(2, '0')}:${String(sum % 60).padStart(2, '0')}`;
};

const hoursIn = ({ hours }: Split): string =>
  hours.kind === 'any' ? '' : `, ${hours.kind}_time_intervals: [${hours.window}]`;

const documentOf = (splits: readonly Split[]): string => `
global: { smtp_smarthost: 'mail:25', smtp_from: a@b.cn }
time_intervals:
${names
  .map((name) => {
    const [from, until] = windows[name];
    return `  - { name: ${name}, time_intervals: [{ times: [{ start_time: '${clockTime(from)}', end_time: '${clockTime(until)}' }] }] }`;
  })
  .join('\n')}
route:
  receiver: root
  group_by: [alertname]
  routes:
${splits
  .map(
    (split) =>
      `    - { matchers: [alertname="Down"], receiver: db, continue: true, group_wait: ${split.wait}m, group_interval: ${split.interval}m${hoursIn(split)} }`,
  )
  .join('\n')}
receivers: [{ name: root }, { name: db, email_configs: [{ to: db@bank.cn, send_resolved: true }] }]
`;

function maySpeak({ hours }: Split, minute: number): boolean {
  if (hours.kind === 'any') return true;
  const [from, until] = windows[hours.window];
  return (minute >= from && minute < until) === (hours.kind === 'active');
}

const hasTurn = ({ wait, interval }: Split, minute: number): boolean =>
  minute >= wait && (minute - wait) % interval === 0;

const last = 160;

/** As an Alertmanager with a group for each route has it; but the end is told through hours, and after them what still fires is told anew. */
function toldIn(splits: readonly Split[], end: number): string[] {
  const told: string[] = [];
  let isKnown = false;
  for (let minute = 5; minute <= last; minute += 5) {
    const speaking = splits.filter((split) => maySpeak(split, minute));
    const speakers = speaking.length === 0 ? splits : speaking;
    if (!splits.some((split) => hasTurn(split, minute) && speakers.includes(split))) continue;
    if (minute > end) return told.length === 0 ? told : [...told, `${minute}: -a`];
    if (speaking.length > 0 && !isKnown) told.push(`${minute}: a`);
    isKnown = speaking.length > 0;
  }
  return told;
}

describe('whatever hours and timers they have', () => {
  it(
    'people are told as soon as one of them may, once, and the end',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(aSplit, { minLength: 1, maxLength: 3 }),
          fc.integer({ min: 1, max: 26 }).map((count) => 5 * count),
          async (splits, end) => {
            const story = aStory(documentOf(splits));
            await pushDown(story, {});
            await story.pass(minutes(end), minutes(5));
            await pushDown(story, { over: true });
            await story.pass(minutes(last - end), minutes(5));
            const said = story.taken.map(
              ({ second, firing, resolved }) =>
                `${second / 60}: ${[...firing, ...resolved.map((name) => `-${name}`)].join(' ')}`,
            );
            expect(said).toEqual(toldIn(splits, end));
          },
        ),
        fresh(60),
      );
    },
    within(60_000),
  );
});
