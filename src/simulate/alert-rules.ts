// The rule files of a simulation: evaluated in virtual time over the answers that the events give for a Prometheus.
import { createRuleEvaluator, type RuleEvaluator } from '../alerts/rules/evaluator.ts';
import type { RulePorts } from '../alerts/rules/group-run.ts';
import type { RuleMemory } from '../alerts/rules/memory.ts';
import type { RuleAnswer } from '../alerts/rules/state.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { RuleGroup } from '../model/rule.ts';
import type { AlertEvent } from './alert-events.ts';

export type RuleEvent = Extract<AlertEvent, { op: 'rule' }>;

export interface PlayedRulesOptions extends Pick<RulePorts, 'clock' | 'save' | 'tell'> {
  readonly groups: () => readonly RuleGroup[];
  readonly document: () => AlertsDocument;
  /** of the Prometheus that the configuration names: it stands in the alerts' links */
  readonly prometheusUrl: string;
  readonly onProblem: (problem: string) => void;
}

export interface PlayedRules {
  /** False: there is no such rule, and no such question in one. */
  answer(event: RuleEvent): boolean;
  begin(remembered: readonly RuleMemory[]): RuleEvaluator;
}

const nothing: RuleAnswer = { kind: 'vector', samples: [] };

/** Whatever no event speaks of is answered by nothing, as where a series does not exist. */
export function playedRules(options: PlayedRulesOptions): PlayedRules {
  const { groups, onProblem } = options;
  const answered: RuleEvent[] = [];
  const rules = () => groups().flatMap((group) => group.rules);
  const namesOf = (expression: string): ReadonlySet<string> =>
    new Set(rules().flatMap(({ alert, expr }) => (expr === expression ? [alert] : [])));

  function answerTo(expression: string): RuleAnswer {
    const names = namesOf(expression);
    const event = answered.findLast(
      ({ query, alert }) => query === expression || (alert !== undefined && names.has(alert)),
    );
    if (event === undefined) return nothing;
    if (event.error !== undefined) return { kind: 'error', message: event.error };
    return { kind: 'vector', samples: event.answer ?? [] };
  }

  return {
    answer: (event) => {
      answered.push(event);
      const { alert } = event;
      return alert === undefined || rules().some((rule) => rule.alert === alert);
    },
    begin: (remembered) =>
      createRuleEvaluator({
        ...options,
        surroundings: () => ({
          externalLabels: options.document().global.labels,
          externalUrl: options.prometheusUrl,
        }),
        query: (expression) => Promise.resolve(answerTo(expression)),
        remembered,
        log: {
          info: () => undefined,
          warn: (_, message) => onProblem(message),
          error: (_, message) => onProblem(message),
        },
      }),
  };
}
