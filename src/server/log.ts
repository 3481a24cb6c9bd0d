// The log: pino with secrets struck out, and one line a decision.
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Outcome } from '../model/outcome.ts';
import type { NodeDecision, Plan, PodDecision } from '../model/plan.ts';
import { targetKey, targetName } from '../model/target.ts';
import { inSlices } from '../slices.ts';
import { censor, errorFields, hideSecrets, withoutSecrets } from './redact.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** lines for people at a terminal instead of JSON */
  readonly pretty?: boolean;
  readonly destination?: DestinationStream;
}

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** What others said may move a terminal's cursor, or look like a line of its own. */
const harmless = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');

/** JSON escapes what is below a space; terminals obey some others too. */
const escaped = (line: string): string =>
  line.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** One JSON line to one readable line. */
function forPeople(line: string): string {
  const { level, time, msg, ...rest } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const facts = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const clock = typeof time === 'string' ? time.slice(11, 19) : '';
  const text = [clock, (levels[Number(level)] ?? '').padEnd(5), typeof msg === 'string' ? msg : '', ...facts].join(' ');
  return `${harmless(text).trimEnd()}\n`;
}

export function createLogger(options: LoggerOptions): Logger {
  const destination: DestinationStream = options.destination ?? process.stdout;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['password', 'secret', 'token', 'authorization'], censor },
      serializers: { err: (thrown) => errorFields(thrown), error: (thrown) => errorFields(thrown) },
      formatters: { log: (fields) => hideSecrets(fields) as Record<string, unknown> },
    },
    {
      write: (line: string) => {
        const safe = withoutSecrets(line);
        destination.write(options.pretty === true ? forPeople(safe) : escaped(safe));
      },
    },
  );
}

export interface DecisionLine {
  readonly tier: 'pods' | 'nodes';
  readonly subject: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly action: PodDecision['action'] | NodeDecision['action'];
  readonly reason: string;
  readonly limitedBy?: string;
  readonly mode: string;
  readonly outcome: string;
  readonly code?: string;
}

const isPod = (decision: PodDecision | NodeDecision): decision is PodDecision => 'target' in decision;

/** What became of decisions, by whose they are: each is asked for, and there may be as many outcomes as decisions. */
export type OutcomesByOwner = ReadonlyMap<string, readonly Outcome[]>;

const ownerOf = (outcome: Outcome): string =>
  outcome.kind === 'scale' ? targetKey(outcome.target) : `group/${outcome.nodeGroup}`;
const keyOf = (decision: PodDecision | NodeDecision): string =>
  isPod(decision) ? targetKey(decision.target) : `group/${decision.nodeGroup}`;

export function byOwner(outcomes: readonly Outcome[]): OutcomesByOwner {
  const found = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const key = ownerOf(outcome);
    const known = found.get(key);
    if (known === undefined) found.set(key, [outcome]);
    else known.push(outcome);
  }
  return found;
}

/** What became of this decision; of several outcomes (drains beside a resize) the worst. */
export function outcomeOf(decision: PodDecision | NodeDecision, outcomes: OutcomesByOwner): Outcome | undefined {
  const own = outcomes.get(keyOf(decision));
  return own?.find((outcome) => outcome.status === 'failed' || outcome.status === 'refused') ?? own?.[0];
}

export function decisionLine(decision: PodDecision | NodeDecision, outcome?: Outcome): DecisionLine {
  const limits = isPod(decision) ? decision.limitedBy.join(',') : '';
  return {
    tier: isPod(decision) ? 'pods' : 'nodes',
    subject: isPod(decision) ? targetName(decision.target) : decision.nodeGroup,
    from: decision.current,
    to: decision.desired,
    action: decision.action,
    reason: decision.reason,
    ...(limits === '' ? {} : { limitedBy: limits }),
    mode: decision.mode,
    outcome: outcome?.status ?? 'none',
    ...(outcome?.code === undefined ? {} : { code: outcome.code }),
  };
}

/**
 * Logs a plan, one line a decision: changes and everything that is not as it was in the tick before at `info`, failures at
 * `warn`, a hold or a refusal that merely goes on at `debug`.
 */
export function decisionLogger(log: Logger): (plan: Plan, outcomes: readonly Outcome[]) => Promise<void> {
  let before = new Map<string, string>();
  function* telling(plan: Plan, outcomes: readonly Outcome[]): Generator<undefined, undefined> {
    const now = new Map<string, string>();
    const owned = byOwner(outcomes);
    for (const decision of [...plan.pods, ...plan.nodes]) {
      const outcome = outcomeOf(decision, owned);
      const line = decisionLine(decision, outcome);
      const key = keyOf(decision);
      const state = JSON.stringify(line);
      const known = before.get(key);
      const unchanged = known === state;
      // Of two equal texts the old one: 20,000 new ones a tick would only grow old to be collected.
      now.set(key, unchanged ? known : state);
      const quiet = decision.action === 'hold' || decision.action === 'none' || decision.action === 'refused';
      if (outcome?.status === 'failed') log.warn({ ...line, why: outcome.message }, decision.message);
      else if (quiet && unchanged) log.debug(line, decision.message);
      else log.info(line, decision.message);
      yield;
    }
    before = now;
    return undefined;
  }
  return (plan, outcomes) => inSlices(telling(plan, outcomes));
}
