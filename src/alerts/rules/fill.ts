// The templates of a rule's labels and annotations: read once, filled for every sample.
import { messageOf } from '../../model/errors.ts';
import type { AlertingRule, Learning } from '../../model/rule.ts';
import type { Instant } from '../../model/units.ts';
import { eachLimited } from '../../parallel.ts';
import { inSlices } from '../../slices.ts';
import { queryEscaped } from '../../templates/escape.ts';
import { CallError } from '../../templates/template-error.ts';
import { parseTemplate, type Template } from '../../templates/template.ts';
import { noMethods, stringMap, struct, type Value } from '../../templates/value.ts';
import type { LabelSet } from '../alert.ts';
import type { Asking, Fill, JudgedAnswer, ReadyRule, RuleAnswer, RuleFacts, RuleSample } from './state.ts';

export interface RuleSurroundings {
  readonly externalLabels: LabelSet;
  /** of Prometheus: where its own page answers an expression */
  readonly externalUrl: string;
}

export function readyRule(rule: AlertingRule, surroundings: RuleSurroundings): ReadyRule {
  const { alert, expr, keepFiringFor } = rule;
  const filled = (texts: LabelSet): ReadyRule['labels'] =>
    Object.entries(texts).map(([name, text]) => [name, fillOf(text, surroundings, rule.learns?.kind)] as const);
  return {
    alert,
    for: rule.for,
    keepFiringFor,
    labels: filled(rule.labels),
    annotations: filled(rule.annotations),
    asks: [...Object.values(rule.labels), ...Object.values(rule.annotations)].some((text) => /\bquery\b/.test(text)),
    generatorURL: `${surroundings.externalUrl.replace(/\/+$/, '')}/graph?g0.expr=${queryEscaped(expr)}&g0.tab=1`,
  };
}

function fillOf(
  text: string,
  { externalLabels, externalUrl }: RuleSurroundings,
  learns: Learning['kind'] | undefined,
): Fill {
  if (!text.includes('{{')) return () => text;
  const known = learns === 'anomaly' ? ['$usual'] : learns === 'forecast' ? ['$forecast'] : [];
  const reading = parseTemplate(text, { dialect: 'prometheus', variables: known });
  if (!reading.ok) return () => failed(reading.message);
  const { template } = reading;
  const outside = stringMap(externalLabels);
  return (sample, asking) => {
    const labels = stringMap(sample.labels);
    const { value, facts } = sample;
    const learnt = learns === undefined ? {} : learntValue(learns, facts);
    return executed(
      template,
      struct('struct', { Labels: labels, ExternalLabels: outside, ExternalURL: externalUrl, Value: value }),
      { $labels: labels, $externalLabels: outside, $externalURL: externalUrl, $value: value, ...learnt },
      externalUrl,
      asking,
    );
  };
}

/** NaN where it is not known. */
function learntValue(learns: Learning['kind'], facts: RuleFacts | undefined): Readonly<Record<string, Value>> {
  switch (learns) {
    case 'anomaly': {
      const { low, high } = facts?.kind === 'usual' ? facts : { low: Number.NaN, high: Number.NaN };
      return { $usual: struct('usual', { Low: low, High: high }) };
    }
    case 'forecast': {
      const known = facts?.kind === 'forecast' ? facts : null;
      const forecast = {
        In: known === null ? Number.NaN : known.ahead / 1000,
        At: known === null ? Number.NaN : known.at / 1000,
        Value: known?.expected ?? Number.NaN,
        Probability: known?.probability ?? Number.NaN,
      };
      return { $forecast: struct('forecast', forecast) };
    }
  }
}

function executed(
  template: Template,
  data: Value,
  variables: Readonly<Record<string, Value>>,
  externalUrl: string,
  { at, asked, missing }: Asking,
): string {
  const query = (expression: string): Value => {
    const answer = asked.get(expression);
    if (answer?.kind === 'vector') return queryResult(answer.samples);
    if (answer === undefined) missing.add(expression);
    throw new CallError(answer?.message ?? 'the query has not been asked');
  };
  try {
    return template.execute(data, { now: at, externalUrl, query, variables });
  } catch (thrown) {
    return failed(messageOf(thrown));
  }
}

/** In Prometheus's words: the alert is told all the same. */
const failed = (why: string): string => `<error expanding template: ${why}>`;

const queryResult = (samples: readonly RuleSample[]): Value => ({
  kind: 'slice',
  type: 'template.queryResult',
  items: samples.map(({ labels, value }) => struct('*template.sample', { Labels: stringMap(labels), Value: value })),
  methods: noMethods,
});

/** A query may stand within another one's `range`. */
const rounds = 3;
const mostQueries = 100;
const queriesAtOnce = 4;

/** What the templates ask themselves is found out by filling them in, and asked before they count. */
export async function withTemplateQueries(
  rule: ReadyRule,
  answer: JudgedAnswer,
  at: Instant,
  ask: (expression: string) => Promise<RuleAnswer>,
): Promise<JudgedAnswer> {
  if (!rule.asks || answer.kind !== 'vector') return answer;
  const asked = new Map<string, RuleAnswer>();
  for (let round = 0; round < rounds && asked.size < mostQueries; round++) {
    const missing = (await inSlices(missingOf(rule, answer.samples, at, asked))).slice(0, mostQueries - asked.size);
    if (missing.length === 0) break;
    const answers = await eachLimited(missing, queriesAtOnce, ask);
    missing.forEach((expression, index) => asked.set(expression, answers[index] as RuleAnswer));
  }
  return { ...answer, asked };
}

function* missingOf(
  rule: ReadyRule,
  samples: readonly RuleSample[],
  at: Instant,
  asked: ReadonlyMap<string, RuleAnswer>,
): Generator<undefined, readonly string[]> {
  const missing = new Set<string>();
  for (const sample of samples) {
    yield;
    for (const [, fill] of [...rule.labels, ...rule.annotations]) fill(sample, { at, asked, missing });
  }
  return [...missing];
}
