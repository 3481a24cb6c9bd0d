// What Prometheus is asked in a tick: every text once, and one text for many targets wherever it will do.
import type { Config, Metric, PodPolicy, Question } from '../model/config.ts';
import type { TargetRef } from '../model/target.ts';
import type { QueryText } from '../model/units.ts';
import type { BoundTarget } from './select.ts';
import { fillTemplate, hasPlaceholders } from './template.ts';

/** The text that is for this target alone; null where it is asked for many only. */
export function textFor({ single }: Question, target: Pick<TargetRef, 'namespace' | 'name'>): QueryText | null {
  return single === null || !isTemplate(single) ? single : fillTemplate(single, target);
}

const templates = new Map<string, boolean>();
const mostTemplates = 50_000;

/** The same few texts are asked about for thousands of targets, every tick. */
function isTemplate(text: QueryText): boolean {
  const known = templates.get(text);
  if (known !== undefined) return known;
  if (templates.size >= mostTemplates) templates.clear();
  const found = hasPlaceholders(text);
  templates.set(text, found);
  return found;
}

const asked = new WeakMap<readonly BoundTarget[], { readonly config: Config; readonly texts: readonly string[] }>();

/**
 * Values, their ages, coverage, saturation, and what pods and nodes use. What can be asked for many is asked so as soon as a second target
 * needs it; one target alone is asked for by its own text, which costs Prometheus less.
 */
export function questionsOf(config: Config, bound: readonly BoundTarget[]): readonly string[] {
  const known = asked.get(bound);
  if (known?.config === config) return known.texts;
  const texts = makeQuestions(config, bound);
  asked.set(bound, { config, texts });
  return texts;
}

function makeQuestions(config: Config, bound: readonly BoundTarget[]): readonly string[] {
  const texts = new Set<string>();
  const byPolicy = new Map<PodPolicy, TargetRef[]>();
  for (const { policy, target } of bound) {
    const targets = byPolicy.get(policy);
    if (targets === undefined) byPolicy.set(policy, [target]);
    else targets.push(target);
  }
  const targetsOf = new Map<string, number>();
  for (const [policy, targets] of byPolicy)
    for (const text of new Set(questionsIn(policy).flatMap(({ grouped }) => grouped?.query ?? [])))
      targetsOf.set(text, (targetsOf.get(text) ?? 0) + targets.length);
  for (const [policy, targets] of byPolicy) {
    for (const { source } of policy.spec.metrics) if (source.kind === 'resource') texts.add(source.query);
    for (const question of questionsIn(policy)) {
      const { single, grouped } = question;
      if (grouped !== null && (single === null || (targetsOf.get(grouped.query) ?? 0) > 1)) texts.add(grouped.query);
      else if (single !== null && isTemplate(single))
        for (const target of targets) texts.add(fillTemplate(single, target));
      else if (single !== null) texts.add(single);
    }
  }
  for (const { spec } of config.nodePolicies) {
    const usages = [spec, ...spec.nodeGroups].flatMap(({ shrink }) => shrink?.usage ?? []);
    for (const asked of [...spec.growth.saturation, ...usages.flatMap(({ cpu, memory }) => [cpu, memory])])
      if (asked !== null) for (const text of [asked.query, ...asked.ages]) texts.add(text);
  }
  return [...texts];
}

const inPolicy = new WeakMap<PodPolicy, readonly Question[]>();

function questionsIn(policy: PodPolicy): readonly Question[] {
  const known = inPolicy.get(policy);
  if (known !== undefined) return known;
  const { metrics, victim } = policy.spec;
  const ofVictim = victim === undefined ? [] : [victim.question, ...victim.ages];
  const questions = [...metrics.flatMap(questionsOfMetric), ...ofVictim];
  inPolicy.set(policy, questions);
  return questions;
}

const questionsOfMetric = ({ source, ages, coverage }: Metric): readonly Question[] => [
  ...(source.kind === 'query' ? [source.question] : []),
  ...ages,
  ...(coverage === null ? [] : [coverage.question]),
];
