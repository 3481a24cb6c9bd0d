// A group of rules at its slots: one rule after the other, saved, then told; a slot that comes too early is missed.
import type { Cancel, Clock } from '../../clock.ts';
import { messageOf } from '../../model/errors.ts';
import type { RuleGroup } from '../../model/rule.ts';
import { since } from '../../model/units.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';
import type { AlertLog } from '../courier.ts';
import type { PushedAlert } from '../ingest.ts';
import type { Limiter } from '../limiter.ts';
import { withTemplateQueries } from './fill.ts';
import type { LearntSeries } from './learnt-series.ts';
import type { RestoreTerms, RuleMemory } from './memory.ts';
import type { RuleQuery, RuleRangeQuery } from './query.ts';
import type { RuleHealth, RuleRun } from './rule-run.ts';
import { slotAfter, slotBefore, slotsOf, type Slots } from './slots.ts';
import type { EvaluationTerms, RuleAnswer } from './state.ts';

export interface RulePorts {
  readonly clock: Clock;
  readonly query: RuleQuery;
  /** absent: what a rule that learns is answered counts as unusual already, as a simulation says it */
  readonly range?: RuleRangeQuery;
  /** durable when it resolves; at most once an evaluation of a group */
  readonly save: (memories: readonly RuleMemory[]) => Promise<unknown>;
  readonly tell: (alerts: readonly PushedAlert[]) => Promise<unknown>;
  readonly log: AlertLog;
}

export interface RuleTiming extends RestoreTerms {
  /** of groups that name none */
  readonly interval: Milliseconds;
  readonly resendDelay: Milliseconds;
}

/** in milliseconds: a timer may fire that early, and the slot is still the one that was due */
const timerSlack = 10;
const longestTimer = 86_400_000;

export class GroupRun {
  readonly #ports: RulePorts;
  readonly #timing: RuleTiming;
  readonly #limiter: Limiter;
  readonly #abort = new AbortController();
  #group: RuleGroup;
  #rules: readonly RuleRun[];
  #slots: Slots;
  #due: Instant;
  #cancel: Cancel = () => undefined;
  #running: Promise<void> | null = null;
  #speaking: Promise<void> = Promise.resolve();

  constructor(ports: RulePorts, timing: RuleTiming, limiter: Limiter, group: RuleGroup, rules: readonly RuleRun[]) {
    this.#ports = ports;
    this.#timing = timing;
    this.#limiter = limiter;
    this.#group = group;
    this.#rules = rules;
    this.#slots = slotsOf(group, group.interval ?? timing.interval);
    this.#due = slotAfter(this.#slots, ports.clock.now());
    this.#arm();
    this.#speak();
  }

  get group(): RuleGroup {
    return this.#group;
  }

  get rules(): readonly RuleRun[] {
    return this.#rules;
  }

  get health(): readonly RuleHealth[] {
    return this.#rules.map((rule) => rule.health(this.#group.file, this.#group.name));
  }

  /** The same group in a new configuration. */
  redefine(group: RuleGroup, rules: readonly RuleRun[]): void {
    const slots = slotsOf(group, group.interval ?? this.#timing.interval);
    this.#group = group;
    this.#rules = rules;
    if (slots.interval === this.#slots.interval) return;
    this.#slots = slots;
    this.#due = slotAfter(slots, this.#ports.clock.now());
    this.#arm();
  }

  /** Ends when the evaluation that is under way has. */
  async settle(): Promise<void> {
    await Promise.all([this.#running, this.#speaking]);
    await Promise.all(this.#learnt.map((series) => series.settle()));
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#cancel();
    await Promise.all([this.settle(), ...this.#learnt.map((series) => series.stop())]);
  }

  get #learnt(): readonly LearntSeries[] {
    return this.#rules.flatMap(({ series }) => series ?? []);
  }

  get #terms(): EvaluationTerms & RestoreTerms {
    return { ...this.#timing, interval: this.#slots.interval, limit: this.#group.limit };
  }

  #arm(): void {
    this.#cancel();
    if (this.#abort.signal.aborted) return;
    const { clock } = this.#ports;
    const wait = Math.min(longestTimer, Math.max(0, since(clock.now(), this.#due)));
    this.#cancel = clock.after(wait as Milliseconds, () => this.#wake());
  }

  #wake(): void {
    const now = this.#ports.clock.now();
    const left = since(now, this.#due);
    if (left <= timerSlack) {
      const at = slotBefore(this.#slots, left > 0 ? this.#due : now);
      this.#due = slotAfter(this.#slots, at);
      if (this.#running === null) {
        this.#running = this.#limiter(() => this.#evaluate(at)).finally(() => {
          this.#running = null;
        });
      } else this.#speak();
    } else if (left > this.#slots.interval) this.#due = slotAfter(this.#slots, now);
    this.#arm();
  }

  async #evaluate(at: Instant): Promise<void> {
    const { clock, query } = this.#ports;
    const { signal } = this.#abort;
    const asked = (at - this.#group.queryOffset) as Instant;
    const alerts: PushedAlert[] = [];
    const memories: RuleMemory[] = [];
    for (const rule of this.#rules) {
      // taken out by a reload meanwhile
      if (!this.#rules.includes(rule)) continue;
      const begun = clock.now();
      const ask = (expression: string): Promise<RuleAnswer> => query(expression, asked, signal);
      const found = await ask(rule.rule.expr);
      const judged = rule.series === null ? found : await rule.series.judge(found, asked, this.#slots.interval);
      const answer = await withTemplateQueries(rule.ready, judged, at, ask);
      if (signal.aborted) return;
      if (!this.#rules.includes(rule)) continue;
      const step = await rule.evaluate(answer, at, since(begun, clock.now()), this.#terms);
      alerts.push(...step.alerts);
      if (step.memory !== null) memories.push(step.memory);
    }
    await this.#hand(memories, alerts);
  }

  /** Time passes, and no answer comes: what was announced must not end by silence. */
  #speak(): void {
    const now = this.#ports.clock.now();
    const alerts = this.#rules.flatMap((rule) => rule.speak(now, this.#terms));
    if (alerts.length > 0) this.#speaking = this.#hand([], alerts);
  }

  async #hand(memories: readonly RuleMemory[], alerts: readonly PushedAlert[]): Promise<void> {
    const { file, name } = this.#group;
    const { log } = this.#ports;
    if (memories.length > 0)
      await this.#ports.save(memories).catch((thrown: unknown) => {
        log.error({ file, group: name, err: messageOf(thrown) }, 'what a restart must know of rules was not written');
      });
    if (alerts.length > 0)
      await this.#ports.tell(alerts).catch((thrown: unknown) => {
        log.error({ file, group: name, err: messageOf(thrown) }, 'alerts of rules were not taken, they are told again');
      });
  }
}
