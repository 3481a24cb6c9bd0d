// One rule as it is evaluated: its states, what is saved of them, how it fares.
import type { AlertingRule } from '../../model/rule.ts';
import { since } from '../../model/units.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import { inSlices } from '../../slices.ts';
import type { PushedAlert } from '../ingest.ts';
import type { LearningCounts, LearntSeries } from './learnt-series.ts';
import { isWorthSaving, recalled, statesOf, worthKeeping } from './memory.ts';
import type { Kept, RestoreTerms, RuleMemory } from './memory.ts';
import { evaluating, tellDue, tellEnd } from './state.ts';
import type { EvaluationTerms, JudgedAnswer, ReadyRule, RuleStates } from './state.ts';

export interface RuleHealth {
  readonly file: string;
  readonly group: string;
  readonly alert: string;
  readonly state: 'unknown' | 'good' | 'failing';
  /** evaluations in a row that failed */
  readonly failures: number;
  readonly lastError: string | null;
  readonly lastEvaluation: Instant | null;
  readonly took: Milliseconds | null;
  readonly pending: number;
  readonly firing: number;
  /** the series that it learns; null: it does not */
  readonly learns: LearningCounts | null;
}

export interface Step {
  readonly alerts: readonly PushedAlert[];
  /** null: nothing new that a restart must know */
  readonly memory: RuleMemory | null;
}

const noStates: RuleStates = new Map();

export class RuleRun {
  readonly key: string;
  rule: AlertingRule;
  ready: ReadyRule;
  series: LearntSeries | null;
  #states: RuleStates = noStates;
  /** of an earlier process: goes into force with the first answer */
  #remembered: RuleMemory | null;
  #saved: Kept | null;
  #failures = 0;
  #lastError: string | null = null;
  #lastEvaluation: Instant | null = null;
  #took: Milliseconds | null = null;

  constructor(
    key: string,
    rule: AlertingRule,
    ready: ReadyRule,
    series: LearntSeries | null,
    remembered: RuleMemory | undefined,
  ) {
    this.key = key;
    this.rule = rule;
    this.ready = ready;
    this.series = series;
    this.#remembered = remembered ?? null;
    this.#saved = remembered === undefined ? null : { at: remembered.at, states: statesOf(remembered) };
  }

  async evaluate(
    answer: JudgedAnswer,
    at: Instant,
    took: Milliseconds,
    terms: EvaluationTerms & RestoreTerms,
  ): Promise<Step> {
    if (this.#remembered !== null && answer.kind === 'vector') {
      this.#states = recalled(this.ready, this.#remembered, at, terms);
      this.#remembered = null;
    } else if (this.#remembered !== null) {
      this.#fared(at, took, answer.kind === 'error' ? answer.message : null);
      return { alerts: this.speak(at, terms), memory: null };
    }
    const { ready } = this;
    const { states, alerts, error } = await inSlices(evaluating(ready, answer, this.#states, at, terms));
    this.#states = states;
    this.#fared(at, took, error);
    if (answer.kind !== 'vector') return { alerts, memory: null };
    const kept: Kept = { at, states: worthKeeping(ready, states, terms) };
    if (!isWorthSaving(this.#saved, kept)) return { alerts, memory: null };
    this.#saved = kept;
    return { alerts, memory: { rule: this.key, at, alerts: [...kept.states.values()] } };
  }

  /** What is announced and due again, without a new answer. */
  speak(now: Instant, terms: EvaluationTerms & RestoreTerms): readonly PushedAlert[] {
    if (this.#remembered === null) {
      const { states, alerts } = tellDue(this.ready, this.#states, now, terms);
      this.#states = states;
      return alerts;
    }
    if (since(this.#remembered.at, now) > terms.outageTolerance) return [];
    const spoken = tellDue(this.ready, statesOf(this.#remembered), now, terms);
    this.#remembered = { ...this.#remembered, alerts: [...spoken.states.values()] };
    return spoken.alerts;
  }

  /** The rule is taken out: what it announced ends. */
  end(now: Instant): Step {
    const alerts = tellEnd(this.ready.generatorURL, this.#states, now);
    return { alerts, memory: this.#saved === null ? null : { rule: this.key, at: now, alerts: [] } };
  }

  health(file: string, group: string): RuleHealth {
    const count = (state: string): number => [...this.#states.values()].filter((one) => one.state === state).length;
    return {
      file,
      group,
      alert: this.rule.alert,
      state: this.#lastEvaluation === null ? 'unknown' : this.#lastError === null ? 'good' : 'failing',
      failures: this.#failures,
      lastError: this.#lastError,
      lastEvaluation: this.#lastEvaluation,
      took: this.#took,
      pending: count('pending'),
      firing: count('firing'),
      learns: this.series?.counts ?? null,
    };
  }

  #fared(at: Instant, took: Milliseconds, error: string | null): void {
    this.#failures = error === null ? 0 : this.#failures + 1;
    this.#lastError = error;
    this.#lastEvaluation = at;
    this.#took = took;
  }
}
