// What templates of rules are given: labels, the value, and answers to the queries that they ask.
import type { Instant } from '../model/units.ts';
import type { Template } from './template.ts';
import { CallError } from './template-error.ts';
import { noMethods, stringMap, struct } from './value.ts';
import type { Value } from './value.ts';

type Labels = Readonly<Record<string, string>>;

export interface RuleFacts {
  readonly labels: Labels;
  readonly value: number;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  readonly now: Instant;
  readonly timeZone?: string;
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Asks a Prometheus at the instant of the evaluation. */
export type Ask = (expression: string) => Promise<readonly Sample[]>;

const mostQueries = 10;

class Unanswered extends Error {
  readonly expression: string;
  constructor(expression: string) {
    super(`not asked yet: ${expression}`);
    this.expression = expression;
  }
}

const samplesOf = (samples: readonly Sample[]): Value => ({
  kind: 'slice',
  type: 'template.queryResult',
  items: samples.map(({ labels, value }) => struct('template.sample', { Labels: stringMap(labels), Value: value })),
  methods: noMethods,
});

/** The text of a rule's label or annotation. Queries within it are asked one after the other. Rejects with TemplateError. */
export async function expandRule(template: Template, facts: RuleFacts, ask: Ask): Promise<string> {
  if (template.constant) return fill(template, facts, new Map());
  const answers = new Map<string, Value>();
  for (;;)
    try {
      return fill(template, facts, answers);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      answers.set(error.expression, samplesOf(await ask(error.expression)));
    }
}

function fill(template: Template, facts: RuleFacts, answers: ReadonlyMap<string, Value>): string {
  const { labels, value, externalLabels, externalUrl, now, timeZone } = facts;
  const data = {
    Labels: stringMap(labels),
    ExternalLabels: stringMap(externalLabels),
    ExternalURL: externalUrl,
    Value: value,
  };
  return template.execute(struct('struct { Labels, ExternalLabels, ExternalURL, Value }', data), {
    now,
    ...(timeZone !== undefined && { timeZone }),
    externalUrl,
    variables: {
      $labels: data.Labels,
      $externalLabels: data.ExternalLabels,
      $externalURL: externalUrl,
      $value: value,
    },
    query(expression) {
      const answer = answers.get(expression);
      if (answer !== undefined) return answer;
      if (answers.size >= mostQueries) throw new CallError(`more than ${mostQueries} queries in one text`);
      throw new Unanswered(expression);
    },
  });
}
