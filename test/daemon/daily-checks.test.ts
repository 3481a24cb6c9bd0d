// The daily checks: when they run, what of them is told, and what a change of leader leaves as it is.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { appoint, type Appointment } from '../../src/calendar.ts';
import { cronProblem } from '../../src/config/cron.ts';
import { createDailyChecks, type DailyChecks, type DailyChecksParts } from '../../src/daily-checks.ts';
import type { Check } from '../../src/doctor/diagnose.ts';
import type { DaemonSpec } from '../../src/model/config.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import type { LoopFacts } from '../../src/model/snapshot.ts';
import { seconds, type Instant } from '../../src/model/units.ts';
import { decide } from '../../src/policies/decide.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { createLogger } from '../../src/server/log.ts';
import { aConfig, aDaemon, aSnapshot, at, noon } from '../builders.ts';

const log = createLogger({ level: 'silent' });
const fails: Check = { code: 'mailRefused', state: 'fail', facts: { what: 'mail:587', why: 'no such user' } };
const fine: Check = { code: 'prometheus', state: 'ok', facts: { what: 'http://p' } };

class Calendar {
  readonly kept: { readonly at: string; readonly zone: string; readonly run: () => void; isOver: boolean }[] = [];
  readonly appoint: NonNullable<DailyChecksParts['calendar']> = (expression, zone, run): Appointment => {
    const one = { at: expression, zone, run, isOver: false };
    this.kept.push(one);
    return { next: () => null, cancel: () => void (one.isOver = true) };
  };
}

const open: DailyChecks[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function started(
  check: DailyChecksParts['check'],
  checks: DaemonSpec['checks'] = { at: '30 7 * * *', timeZone: 'UTC' },
) {
  const [clock, calendar] = [new VirtualClock(noon), new Calendar()];
  const runs: number[] = [];
  const { texts } = aConfig();
  let daemon: DaemonSpec = { ...aDaemon(), checks };
  const daily = createDailyChecks({
    config: () => ({ daemon, texts }),
    clock,
    log,
    check,
    onRun: (failed) => runs.push(failed),
    calendar: calendar.appoint,
  });
  open.push(daily);
  const ran = async (count: number): Promise<void> => {
    while (runs.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  const change = (next: DaemonSpec['checks']): void => {
    daemon = { ...daemon, checks: next };
    daily.refresh();
  };
  return { clock, calendar, daily, runs, ran, change };
}

describe('the checks of a day', () => {
  it('run when somebody begins to lead, and at their time; what passes again is not told any more', async () => {
    const results: Check[][] = [[fine, fails], [fine]];
    const { calendar, daily, runs, ran } = started(() => Promise.resolve(results.shift() ?? []));
    expect(daily.failed()).toBeUndefined();
    daily.refresh();
    daily.refresh();
    await ran(1);
    expect(daily.failed()).toEqual([
      {
        check: 'mailRefused',
        of: 'mail:587',
        what: 'Mail server mail:587 does not let us in: no such user',
        mend: expect.stringContaining('smtp_smarthost') as string,
      },
    ]);
    expect(calendar.kept.map((one) => [one.at, one.zone])).toEqual([['30 7 * * *', 'UTC']]);
    calendar.kept[0]?.run();
    await ran(2);
    expect([daily.failed(), runs]).toEqual([[], [1, 0]]);
  });

  it('are at another time after a reload, and nothing is left of them where they are taken out', async () => {
    const { calendar, daily, ran, change } = started(() => Promise.resolve([fails]));
    daily.refresh();
    await ran(1);
    change({ at: '0 6 * * 1-5', timeZone: 'Asia/Shanghai' });
    await ran(2);
    expect(calendar.kept.map(({ at: time, isOver }) => [time, isOver])).toEqual([
      ['30 7 * * *', true],
      ['0 6 * * 1-5', false],
    ]);
    change(undefined);
    expect([daily.failed(), calendar.kept.map(({ isOver }) => isOver)]).toEqual([[], [true, true]]);
  });

  it('say so where they cannot be run, or do not end', async () => {
    const broken = started(() => Promise.reject(new Error('no clouds.yaml')));
    broken.daily.refresh();
    await broken.ran(1);
    const endless = started(() => new Promise(() => undefined));
    endless.daily.refresh();
    endless.clock.advance(seconds(301));
    await endless.ran(1);
    expect([broken, endless].map(({ daily }) => daily.failed()?.map(({ check, what }) => [check, what]))).toEqual([
      [['checksFailed', 'The checks themselves could not be run: no clouds.yaml']],
      [['checksFailed', 'The checks themselves could not be run: they took longer than five minutes']],
    ]);
  });

  it('end with the term', async () => {
    const { daily, runs } = started(() => new Promise(() => undefined));
    daily.refresh();
    await daily.close();
    expect([daily.failed(), runs]).toEqual([undefined, []]);
  });
});

describe('what has failed', () => {
  const failed: LoopFacts['failedChecks'] = [{ check: 'mailRefused', of: 'mail:587', what: 'no', mend: 'mend it' }];
  const loop: LoopFacts = { latenessSeconds: 0, intervalSeconds: 15, refused: [] };
  const tick = (facts: LoopFacts, now: Instant, memory = emptyMemory()) => {
    const decided = decide(aSnapshot().loop(facts).build(), aConfig(), memory, now);
    const alerts = decided.plan.alerts.map(
      ({ labels, state }) => `${labels['alertname'] ?? ''} ${labels['of'] ?? ''} ${state}`,
    );
    return { memory: decided.memory, alerts: alerts.filter((one) => one.startsWith('SpringtideCheckFailed')) };
  };

  it('is an alert, stays one while nobody has looked again, and ends with a run that passes', () => {
    const first = tick({ ...loop, failedChecks: failed }, noon);
    const afterTakeOver = tick(loop, at(15), first.memory);
    const hoursLater = tick(loop, at(7_200), afterTakeOver.memory);
    const passed = tick({ ...loop, failedChecks: [] }, at(7_215), hoursLater.memory);
    expect([first, afterTakeOver, hoursLater, passed].map(({ alerts }) => alerts)).toEqual([
      ['SpringtideCheckFailed mail:587 firing'],
      ['SpringtideCheckFailed mail:587 firing'],
      ['SpringtideCheckFailed mail:587 firing'],
      ['SpringtideCheckFailed mail:587 resolved'],
    ]);
  });
});

describe('the calendar', () => {
  const appointed: Appointment[] = [];
  afterEach(() => {
    for (const one of appointed.splice(0)) one.cancel();
  });
  const made = (expression: string, zone = 'UTC', run = (): void => undefined): Appointment | null => {
    const appointment = appoint(expression, zone, run);
    if (appointment !== null) appointed.push(appointment);
    return appointment;
  };

  it('means the time of its zone', () => {
    const inShanghai = made('30 7 * * *', 'Asia/Shanghai')?.next() ?? 0;
    expect(new Date(inShanghai).toISOString()).toMatch(/T23:30:00\.000Z$/);
  });

  it('runs when the time has come, and not after it was taken back', async () => {
    // beyond the five fields of the configuration it knows seconds
    await new Promise<void>((resolve) => made('* * * * * *', 'UTC', resolve));
    const cancelled = made('* * * * *');
    cancelled?.cancel();
    expect(cancelled?.next()).toBeNull();
  });

  it('takes no nonsense', () => {
    expect([made('every day'), made('61 * * * *')]).toEqual([null, null]);
  });

  const field = (most: number, least = 0) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min: least, max: most }).map(String),
      fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`),
      fc
        .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }))
        .map(([one, other]) => `${one},${other}`),
      fc
        .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }))
        .map(([one, other]) => `${one}-${other}`),
    );
  it('takes whatever is taken at load', () => {
    const expressions = fc
      .tuple(field(59), field(23), field(31, 1), field(12, 1), field(7))
      .map((fields) => fields.join(' '));
    fc.assert(
      fc.property(expressions, (expression) => {
        fc.pre(cronProblem(expression) === null);
        const appointment = made(expression);
        appointment?.cancel();
        expect(appointment).not.toBeNull();
      }),
      { numRuns: 60, examples: [['0 0 30 2 0'], ['0 0 30-31 2 1'], ['0 0 31 2,4 1'], ['0 0 31 4 1']] },
    );
  });
});
