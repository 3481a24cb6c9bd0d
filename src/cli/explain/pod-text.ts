// A pod decision explained for people: what, why, what came between, what holds it and until when.
import { conditionsAfter } from '../../policies/pods/scaling-conditions.ts';
import { fillText } from '../../model/texts.ts';
import type { DeletionCost } from '../../model/plan.ts';
import { targetName } from '../../model/target.ts';
import type { MetricView, PodExplanation } from './explanation.ts';
import { forecastLines } from './forecast-text.ts';
import { historyLines } from './history-text.ts';
import { originLines } from './origin-text.ts';
import { columns, Page, paragraph, type Paint, type Row } from './page.ts';
import { instantIn, number, wordOf, type Voice } from './voice.ts';

const change = (current: number | null, desired: number | null): string =>
  current === desired ? String(current ?? '?') : `${current ?? '?'} → ${desired ?? '?'}`;

function targetText({ kind, target, perPod }: MetricView, { say }: Voice): string {
  if (target === null) return say('noTarget');
  switch (kind) {
    case 'averageValue':
      return say(perPod ? 'target.perPod' : 'target.averageValue', { target });
    case 'utilization':
      return say('target.utilization', { target });
    case 'value':
    case null:
      return say('target.value', { target });
  }
}

const labels: ReadonlySet<string> = new Set([
  'readyPods',
  'unreadyPods',
  'podsWithoutSample',
  'ignoredPods',
  'used',
  'requested',
  'perReplica',
  'covered',
  'coverable',
]);

function detailText({ detail, formula, coverage }: MetricView, voice: Voice): string {
  const facts = Object.entries(detail ?? {}).map(([name, value]) => {
    const shown = typeof value === 'number' ? number(value) : value;
    return labels.has(name) ? voice.say(`detail.${name}`, { value: shown }) : `${name} = ${shown}`;
  });
  const needed = coverage === null ? [] : [voice.say('detail.needed', { percent: coverage.atLeast * 100 })];
  return [...(formula === null ? [] : [formula]), ...facts, ...needed].join(', ');
}

function metricRows(metric: MetricView, voice: Voice): readonly Row[] {
  const { say, times } = voice;
  const { name, value, ratio, proposal, state, ageSeconds, why, standIn, since } = metric;
  const percent = metric.kind === 'utilization' ? ' %' : '';
  const facts = [
    ...(value === null ? [] : [`${number(value)}${percent}`]),
    targetText(metric, voice),
    ...(ratio === null ? [] : [say('ratio', { ratio: number(ratio) })]),
    ...(ageSeconds === null ? [] : [say('age', { span: times.span(ageSeconds * 1000) })]),
    ...(proposal === null ? [] : [say('wants', { proposal })]),
  ];
  const detail = detailText(metric, voice);
  const unusable = [
    ...(since === null
      ? [say(`state.${state}`)]
      : [say('unknownSince', { state: say(`state.${state}`), since: times.both(instantIn(since)) })]),
    ...(why === undefined ? [] : [why]),
  ].join(': ');
  return [
    [name, facts.join(say('comma'))],
    ...(detail === '' ? [] : [['', detail]]),
    ...(state === 'ok' ? [] : [['', unusable]]),
    ...(standIn === undefined ? [] : [['', say(`standIn.${standIn}`)]]),
  ];
}

const stepName = (step: string, voice: Voice): string => wordOf(voice, `step.${step}`, step);

/** The sentence of a reason with the facts of the decision; the code too, since that is what dashboards show. */
function reasonRows({ decision }: PodExplanation, { texts }: Voice): readonly Row[] {
  const others = decision.limitedBy.filter((reason, index, all) => all.indexOf(reason) === index);
  return others.map((reason) => [
    reason,
    fillText(texts, `reason.${reason}`, {
      name: targetName(decision.target),
      current: decision.current ?? 0,
      desired: decision.desired ?? 0,
      ...decision.facts,
    }),
  ]);
}

function holdLines(explanation: PodExplanation, voice: Voice): readonly string[] {
  const { until, action } = explanation.decision;
  const { say, times } = voice;
  const rows = reasonRows(explanation, voice);
  const ends =
    until === null
      ? action === 'hold'
        ? [say('noEnd')]
        : []
      : [say('until', { until: times.both(instantIn(until)) })];
  return [...columns(rows), ...ends.flatMap((line) => paragraph(line))];
}

function outcomeLines({ outcome, failure }: PodExplanation, { say, times }: Voice): readonly string[] {
  const became =
    outcome === null
      ? []
      : [
          say('outcome', {
            status: say(`outcome.${outcome.status}`),
            why: [outcome.code, outcome.message].filter((one) => one !== undefined && one !== '').join(': '),
          }),
        ];
  const failed =
    failure === null
      ? []
      : [say('failure', { at: times.both(instantIn(failure.at)), why: `${failure.code}: ${failure.message}` })];
  return [...became, ...failed].flatMap((line) => paragraph(line));
}

/** More names than these help nobody. */
const mostVictims = 20;

const goingFirst = ({ deletionCosts = [] }: PodExplanation['decision']): readonly DeletionCost[] =>
  deletionCosts.filter(({ cost }) => cost !== null).slice(0, mostVictims);

export function podText(explanation: PodExplanation, voice: Voice, paint: Paint): string {
  const { decision, whyNot, foreign } = explanation;
  const { say, times } = voice;
  const page = new Page(paint);
  const policy = [decision.policy.namespace, decision.policy.name].filter((part) => part !== undefined).join('/');
  page.heading(
    say('heading', {
      kind: decision.target.kind,
      name: targetName(decision.target),
      change: change(decision.current, decision.desired),
      action: say(`action.${decision.action}`),
      mode: decision.mode,
    }),
  );
  page.sentence(decision.message, decision.action === 'none' || decision.action === 'scale' ? 'good' : 'warn');
  page.sentence(say('because', { reason: decision.reason, policy }), 'dim');
  for (const line of originLines(explanation.origin, explanation.time, explanation.configHash, voice))
    page.sentence(line, 'dim');
  page.section(say('title.outcome'), outcomeLines(explanation, voice));
  page.section(say('title.why'), columns(decision.metrics.flatMap((metric) => metricRows(metric, voice))));
  page.section(say('title.forecast'), forecastLines(decision.forecast, voice));
  page.section(
    say('title.steps'),
    columns(decision.steps.map(({ step, from, to, by }) => [stepName(step, voice), `${from} → ${to}`, by])),
  );
  page.section(say('title.holds'), holdLines(explanation, voice));
  page.section(
    say('title.whyNot'),
    whyNot.flatMap(({ would, step, by }) =>
      paragraph(say('without', { count: would, step: stepName(step, voice), by })),
    ),
  );
  page.section(
    say('title.victims'),
    columns(
      goingFirst(decision).map(({ pod, value }) => [pod.name, value === null ? say('state.unknown') : number(value)]),
    ),
  );
  for (const { title, lines } of historyLines(explanation, voice)) page.section(title, lines);
  page.section(
    say('title.foreign'),
    columns(
      foreign.map(({ at, from, to, by }) => [times.both(instantIn(at)), `${from} → ${to}`, by ?? say('unknownWriter')]),
    ),
  );
  page.section(
    say('title.conditions'),
    columns(
      conditionsAfter(decision.conditions, explanation.outcome?.status ?? null).map(({ type, status, reason }) => [
        type,
        status,
        reason,
      ]),
    ),
  );
  return page.text();
}
