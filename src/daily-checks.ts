// The doctor's checks while springtide leads: when it begins to, when they are asked for anew, and at their time of the day.
import type { Logger } from 'pino';
import { appoint, type Appointment } from './calendar.ts';
import type { Clock } from './clock.ts';
import { canonical } from './config/compile.ts';
import { mendOf, sentenceOf } from './doctor/check-text.ts';
import type { Check } from './doctor/diagnose.ts';
import type { Config } from './model/config.ts';
import { messageOf } from './model/errors.ts';
import type { LoopFacts } from './model/snapshot.ts';
import type { Texts } from './model/texts.ts';
import { minutes } from './model/units.ts';

export interface DailyChecksParts {
  readonly config: () => Pick<Config, 'daemon' | 'texts'>;
  /** real time: the network knows no other */
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly check: (signal: AbortSignal) => Promise<readonly Check[]>;
  /** how many have failed */
  readonly onRun: (failed: number) => void;
  readonly calendar?: typeof appoint;
}

export interface DailyChecks {
  /** Before each tick: a reload may have changed when they run. */
  refresh(): void;
  /** undefined: they have not run yet, and what was told before stays */
  failed(): LoopFacts['failedChecks'];
  /** What is under way has ended. */
  close(): Promise<void>;
}

const longestRun = minutes(5);
const longestName = 120;

/** What it is about tells two failures of one check apart. */
function failureOf(texts: Texts, check: Check): NonNullable<LoopFacts['failedChecks']>[number] {
  const { code, facts } = check;
  const of = facts['group'] ?? facts['name'] ?? facts['where'] ?? facts['what'] ?? '';
  return {
    check: code,
    of: String(of).slice(0, longestName),
    what: sentenceOf(texts, check),
    mend: mendOf(texts, check),
  };
}

export function createDailyChecks(parts: DailyChecksParts): DailyChecks {
  const { config, clock, log, check, onRun, calendar = appoint } = parts;
  const closing = new AbortController();
  let asked = '';
  let appointment: Appointment | null = null;
  let failed: LoopFacts['failedChecks'] = undefined;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    const late = new AbortController();
    const cancel = clock.after(longestRun, () => late.abort(new Error('they took longer than five minutes')));
    const signal = AbortSignal.any([closing.signal, late.signal]);
    const ended = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    let checks: readonly Check[];
    try {
      checks = await Promise.race([check(signal), ended]);
    } catch (error) {
      checks = [{ code: 'checksFailed', state: 'fail', facts: { why: messageOf(error) } }];
    } finally {
      cancel();
    }
    if (closing.signal.aborted || config().daemon.checks === undefined) return;
    const { texts } = config();
    failed = checks.filter(({ state }) => state === 'fail').map((one) => failureOf(texts, one));
    for (const { check: code, what, mend } of failed) log.warn({ check: code, what, mend }, 'a check fails');
    log.info({ checks: checks.length, failed: failed.length }, 'the checks have run');
    onRun(failed.length);
  }

  /** One after the other: whoever comes while they run is answered by those. */
  function begin(): void {
    running ??= run().finally(() => {
      running = null;
    });
  }

  return {
    refresh: () => {
      const { checks } = config().daemon;
      const wanted = canonical(checks ?? null);
      if (wanted === asked) return;
      asked = wanted;
      appointment?.cancel();
      appointment = null;
      if (checks === undefined) {
        failed = [];
        return;
      }
      appointment = calendar(checks.at, checks.timeZone, begin);
      if (appointment === null) log.error({ at: checks.at }, 'the checks have no time: their expression is not taken');
      begin();
    },
    failed: () => failed,
    close: async () => {
      appointment?.cancel();
      closing.abort();
      await running;
    },
  };
}
