// Evaluates the rule groups of the configuration, each at its own slots, many of them side by side.
import type { AlertingRule, RuleGroup } from '../../model/rule.ts';
import { minutes } from '../../model/units.ts';
import { createLimiter } from '../limiter.ts';
import { readyRule, type RuleSurroundings } from './fill.ts';
import { LearntSeries } from './learnt-series.ts';
import { GroupRun, type RulePorts, type RuleTiming } from './group-run.ts';
import { ruleKey, usualRestore, type RuleMemory } from './memory.ts';
import { RuleRun, type RuleHealth } from './rule-run.ts';

export interface RuleEvaluatorOptions extends RulePorts {
  /** asked at every refresh: another array means a reload */
  readonly groups: () => readonly RuleGroup[];
  readonly surroundings: () => RuleSurroundings;
  /** what an earlier process saved */
  readonly remembered: readonly RuleMemory[];
  readonly timing?: Partial<RuleTiming>;
}

export interface RuleEvaluator {
  /** Takes over a new configuration; costs nothing where there is none. */
  refresh(): void;
  /** The evaluations that are under way have ended, and what they told has been taken. */
  settle(): Promise<void>;
  health(): readonly RuleHealth[];
  /** Nobody is asked and nothing is told any more. */
  stop(): Promise<void>;
}

const groupsAtOnce = 10;
/** of all rules that learn together: a quarter of a gigabyte at most */
const mostSeries = 2_000;
const usualTiming: RuleTiming = { ...usualRestore, interval: minutes(1), resendDelay: minutes(1) };

/** Another question has other series. */
const questionText = ({ expr, learns }: AlertingRule): string => JSON.stringify([expr, learns]);

/** Begins at once: whoever is not the leader does not create one. */
export function createRuleEvaluator(options: RuleEvaluatorOptions): RuleEvaluator {
  const { clock, log } = options;
  const timing: RuleTiming = { ...usualTiming, ...options.timing };
  const limiter = createLimiter(groupsAtOnce);
  const learning = { clock, log, reading: createLimiter(1), places: { free: mostSeries } };
  const remembered = new Map(options.remembered.map((memory) => [memory.rule, memory]));
  const leaving = new Set<Promise<unknown>>();
  let current: readonly RuleGroup[] | null = null;
  let around = '';
  let runs = new Map<string, GroupRun>();

  function follow(work: Promise<unknown>): void {
    const followed = work
      .catch((thrown: unknown) => log.error({ err: thrown }, 'a rule that was taken out did not end cleanly'))
      .finally(() => leaving.delete(followed));
    leaving.add(followed);
  }

  const seriesOf = ({ expr, learns }: AlertingRule): LearntSeries | null =>
    learns === undefined || options.range === undefined
      ? null
      : new LearntSeries(expr, learns, { ...learning, range: options.range });

  function rulesOf(group: RuleGroup, before: readonly RuleRun[], surroundings: RuleSurroundings): readonly RuleRun[] {
    const known = new Map(before.map((run) => [run.key, run]));
    const copies = new Map<string, number>();
    return group.rules.map((rule) => {
      const plain = ruleKey(group, rule, 0);
      const occurrence = copies.get(plain) ?? 0;
      copies.set(plain, occurrence + 1);
      const key = ruleKey(group, rule, occurrence);
      const ready = readyRule(rule, surroundings);
      const run = known.get(key);
      if (run === undefined) {
        const memory = remembered.get(key);
        remembered.delete(key);
        return new RuleRun(key, rule, ready, seriesOf(rule), memory);
      }
      if (questionText(run.rule) !== questionText(rule)) {
        if (run.series !== null) follow(run.series.stop());
        run.series = seriesOf(rule);
      }
      run.rule = rule;
      run.ready = ready;
      return run;
    });
  }

  function takeOut(rules: readonly RuleRun[]): void {
    const now = clock.now();
    for (const { series } of rules) if (series !== null) follow(series.stop());
    const steps = rules.map((rule) => rule.end(now));
    const alerts = steps.flatMap((step) => step.alerts);
    const memories = steps.flatMap(({ memory }) => memory ?? []);
    if (memories.length > 0) follow(options.save(memories));
    if (alerts.length > 0) follow(options.tell(alerts));
  }

  /** A rule that is refused or missing at the start may come back soon; what is too old to go on from goes. */
  function forgetOld(): void {
    const now = clock.now();
    const old = [...remembered.values()].filter(({ at }) => now - at > timing.outageTolerance);
    for (const { rule } of old) remembered.delete(rule);
    if (old.length > 0) follow(options.save(old.map(({ rule }) => ({ rule, at: now, alerts: [] }))));
  }

  function refresh(): void {
    const groups = options.groups();
    if (groups === current) return;
    current = groups;
    const surroundings = options.surroundings();
    const wereAround = around;
    around = JSON.stringify(surroundings);
    const before = runs;
    runs = new Map();
    const gone: RuleRun[] = [];
    for (const group of groups) {
      const key = JSON.stringify([group.file, group.name]);
      const run = before.get(key);
      if (run?.group === group && around === wereAround) {
        runs.set(key, run);
        continue;
      }
      const rules = rulesOf(group, run?.rules ?? [], surroundings);
      if (run === undefined) runs.set(key, new GroupRun(options, timing, limiter, group, rules));
      else {
        gone.push(...run.rules.filter((rule) => !rules.includes(rule)));
        run.redefine(group, rules);
        runs.set(key, run);
      }
    }
    for (const [key, run] of before) {
      if (runs.has(key)) continue;
      gone.push(...run.rules);
      follow(run.stop());
    }
    takeOut(gone);
    forgetOld();
  }

  refresh();
  return {
    refresh,
    settle: async () => {
      await Promise.all([...[...runs.values()].map((run) => run.settle()), ...leaving]);
    },
    health: () => [...runs.values()].flatMap((run) => run.health),
    stop: async () => {
      await Promise.all([...[...runs.values()].map((run) => run.stop()), ...leaving]);
    },
  };
}
