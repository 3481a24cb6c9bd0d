// The sections of an explanation that come from a target's history and its schedule.
import type { ComingChange, OpenWindow, ScheduleView } from './bounds.ts';
import type { PodExplanation } from './explanation.ts';
import type { Flaps, Rates, Stabilization, Zero } from './history.ts';
import { columns, paragraph, type Row } from './page.ts';
import { instantIn, number, type Voice } from './voice.ts';
import { spanText } from './times.ts';

export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

const ofSeconds = (count: number): string => spanText(count * 1000);

function stabilizationLines(stabilization: Stabilization, { say, times }: Voice): readonly string[] {
  const { upSeconds, downSeconds, governedBy, recommendations } = stabilization;
  const windows = say('windows', { up: ofSeconds(upSeconds), down: ofSeconds(downSeconds) });
  const governs =
    governedBy === null
      ? say('nothingGoverns')
      : say('governs', {
          count: governedBy.replicas,
          at: times.both(instantIn(governedBy.at)),
          leaves: times.both(instantIn(governedBy.leaves)),
        });
  const rows = recommendations.map(({ at, replicas, leaves, governs: here }): Row => [
    times.short(instantIn(at)),
    say('recommended', { count: replicas }),
    say(here ? 'leavesGoverning' : 'leaves', { at: times.short(instantIn(leaves)) }),
  ]);
  return [...paragraph(windows), ...paragraph(governs), ...columns(rows)];
}

const signed = (count: number): string => (count > 0 ? `+${count}` : String(count));

function rateRows(way: 'up' | 'down', { select, limit, rules }: Rates, { say }: Voice): readonly Row[] {
  if (select === 'Disabled') return [[say(`way.${way}`), say('rate.disabled')]];
  return rules.map((rule, index) => [
    index === 0 ? say(`way.${way}`) : '',
    say(rule.type === 'Percent' ? 'rate.percent' : 'rate.pods', {
      value: rule.value,
      period: ofSeconds(rule.periodSeconds),
    }),
    say(way === 'up' ? 'rate.upTo' : 'rate.downTo', { counted: signed(rule.counted), limit: rule.limit }) +
      (rules.length > 1 && rule.limit === limit ? say('rate.governs', { select }) : ''),
  ]);
}

function flapLines(flaps: Flaps, { say, times }: Voice): readonly string[] {
  const { used, changes, perSeconds, oldestLeaves, heldUntil } = flaps;
  return [
    say('flaps', { used, changes, per: ofSeconds(perSeconds) }),
    ...(oldestLeaves === null ? [] : [say('flapLeaves', { at: times.both(instantIn(oldestLeaves)) })]),
    ...(heldUntil === null ? [] : [say('flapHeld', { until: times.both(instantIn(heldUntil)) })]),
  ].flatMap((line) => paragraph(line));
}

function zeroLines(zero: Zero, { say, times }: Voice): readonly string[] {
  const { afterSeconds, whenActive, lastActive, asleep, stoppedByHand, activations } = zero;
  const known = activations.map(({ metric, value, activation, active }): Row => [
    metric,
    say(active === null ? 'activation.unknown' : active ? 'activation.active' : 'activation.idle', {
      value: value === null ? '?' : number(value),
      activation,
    }),
  ]);
  const lines = [
    ...(afterSeconds === null ? [] : [say('zero.rule', { after: ofSeconds(afterSeconds), count: whenActive })]),
    ...(lastActive === null ? [] : [say('zero.lastActive', { at: times.both(instantIn(lastActive)) })]),
    ...(asleep === null ? [] : [say('zero.asleep', { at: times.both(instantIn(asleep.at)), count: asleep.previous })]),
    ...(stoppedByHand === null ? [] : [say('zero.byHand', { at: times.both(instantIn(stoppedByHand)) })]),
  ];
  return [...lines.flatMap((line) => paragraph(line)), ...columns(known)];
}

function windowRow(window: OpenWindow, { say, times }: Voice): Row {
  const { min, max, replicas, scaleDown, phase, until } = window;
  const asks = [
    ...(replicas === null ? [] : [say('window.exact', { count: replicas })]),
    ...(min === null ? [] : [say('window.min', { count: min })]),
    ...(max === null ? [] : [say('window.max', { count: max })]),
    ...(scaleDown === null ? [] : [say('window.noDown')]),
  ].join(say('comma'));
  const ends = until === null ? '' : say(`window.${phase}`, { at: times.both(instantIn(until)) });
  return [window.window, asks, ends];
}

function comingRow({ at, windows, after, scaleDownOff }: ComingChange, { say, times }: Voice): Row {
  const turns = windows.map(({ window, to }) => say(`turn.${to}`, { window })).join(say('comma'));
  const down = scaleDownOff === null ? '' : `${say('comma')}${say('window.noDown')}`;
  return [times.both(instantIn(at)), say('range', { min: after.min, max: after.max }), `${turns}${down}`];
}

function scheduleLines(schedule: ScheduleView, voice: Voice): readonly string[] {
  const { say } = voice;
  const bounds = say('bounds', {
    min: schedule.now.min,
    max: schedule.now.max,
    ownMin: schedule.policy.min,
    ownMax: schedule.policy.max,
  });
  const open = schedule.open.map((window) => windowRow(window, voice));
  const next = schedule.next.map((one) => comingRow(one, voice));
  return [
    ...paragraph(bounds),
    ...(open.length === 0 ? paragraph(say('noWindow')) : columns(open)),
    ...paragraph(say(next.length === 0 ? 'noTransition' : 'transitions')),
    ...columns(next).map((line) => `  ${line}`),
  ];
}

/** What matters at night comes first: what holds, then what limits, then what is coming. */
export function historyLines(explanation: PodExplanation, voice: Voice): readonly Section[] {
  const { stabilization, rates, flaps, zero, schedule, fallback } = explanation;
  const { say, times } = voice;
  const lines = (title: string, section: readonly string[]): Section => ({
    title: say(`title.${title}`),
    lines: section,
  });
  return [
    ...(stabilization === null ? [] : [lines('stabilization', stabilizationLines(stabilization, voice))]),
    ...(rates === null
      ? []
      : [lines('rates', columns([...rateRows('up', rates.up, voice), ...rateRows('down', rates.down, voice)]))]),
    ...(fallback === null || fallback.at === null
      ? []
      : [
          lines(
            'fallback',
            paragraph(
              say('fallback', {
                count: fallback.replicas,
                behavior: fallback.behavior,
                at: times.both(instantIn(fallback.at)),
              }),
            ),
          ),
        ]),
    ...(flaps === null ? [] : [lines('flaps', flapLines(flaps, voice))]),
    ...(zero === null ? [] : [lines('zero', zeroLines(zero, voice))]),
    ...(schedule === null ? [] : [lines('schedule', scheduleLines(schedule, voice))]),
  ];
}
