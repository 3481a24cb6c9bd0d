// One node explained for people: why it stays, what would have to change, which pod is at fault, and how far its drain is.
import { fillText } from '../../model/texts.ts';
import type { NodeStanding } from '../../journal/entry.ts';
import type { NodeFacts, OneNodeExplanation, PodOnNode } from './one-node.ts';
import { originLines } from './origin-text.ts';
import { columns, Page, paragraph, type Paint, type Row } from './page.ts';
import { instantIn, type Voice } from './voice.ts';

/** Whoever blocks comes first. */
const podsShown = 50;

export function standingLines({ kept, leaving, drain, message }: NodeStanding, voice: Voice): readonly string[] {
  const { texts, say, times } = voice;
  if (leaving !== null)
    return [
      say('node.leaving', { step: say(`drainStep.${drain?.step ?? 'wait'}`), server: leaving.serverId }),
      message,
    ];
  if (kept === null) return [message];
  const { reason, by, since, until, node } = kept;
  return [
    fillText(texts, `reason.${reason}`, { by: by ?? '', node }),
    [
      reason,
      ...(by === null ? [] : [by]),
      ...(since === null ? [] : [say('since', { since: times.both(instantIn(since)) })]),
      ...(until === null ? [] : [say('until', { until: times.both(instantIn(until)) })]),
    ].join(say('comma')),
  ];
}

export function moveText({ move, reason, by, namespace, name }: PodOnNode, { texts, say }: Voice): string {
  if (move !== 'blocked' || reason === null) return say(`move.${move}`);
  const sentence = fillText(texts, `reason.${reason}`, { by: by ?? `${namespace}/${name}`, node: '' });
  return say('move.blocked', { why: `${sentence} (${reason})` });
}

function podRows({ pods }: NodeFacts, voice: Voice): readonly Row[] {
  const rows = pods
    .slice(0, podsShown)
    .map((pod): Row => [`${pod.namespace}/${pod.name}`, pod.owner ?? voice.say('noOwner'), moveText(pod, voice)]);
  const more = pods.length - podsShown;
  return more > 0 ? [...rows, ['', '', voice.say('more', { count: more })]] : rows;
}

function usageLines({ usage }: NodeFacts, { say }: Voice): readonly string[] {
  if (usage === null) return [];
  return [
    ...usage.used.map(({ resource, percent, why, holdAbove }) =>
      percent === null
        ? say('node.usedUnknown', { what: resource, why: why ?? '' })
        : say('node.used', { what: resource, percent, above: holdAbove }),
    ),
    ...(usage.letGo === null ? [] : [say('node.letGo', usage.letGo)]),
  ];
}

function factLines(facts: NodeFacts, voice: Voice): readonly string[] {
  const { say, times } = voice;
  const { percent, below } = facts.utilization;
  const created = facts.created === null ? [] : [say('node.created', { at: times.both(instantIn(facts.created)) })];
  return [
    [
      say(facts.ready ? 'node.ready' : 'node.notReady'),
      ...(facts.cordoned ? [say('node.cordoned')] : []),
      ...(facts.controlPlane ? [say('node.controlPlane')] : []),
      ...created,
    ].join(say('comma')),
    facts.serverId === null ? say('node.noServer') : say('node.server', { server: facts.serverId }),
    percent === null
      ? say('node.utilizationUnknown')
      : below === null
        ? say('node.utilization', { percent })
        : say('node.utilizationOf', { percent, below }),
    ...usageLines(facts, voice),
    ...(facts.taints.length === 0 ? [] : [say('node.taints', { taints: facts.taints.join(', ') })]),
  ].flatMap((line) => paragraph(line));
}

function drainLines({ drain }: NodeFacts, { say, times }: Voice): readonly string[] {
  if (drain === null) return [];
  const since = say('node.drain', { step: drain.step, since: times.both(instantIn(drain.since)) });
  const { request } = drain;
  return [since, ...(request === null ? [] : [say(`node.request.${request.then}`, { by: request.by })])].flatMap(
    (line) => paragraph(line),
  );
}

function changeLines({ standing, facts }: OneNodeExplanation, voice: Voice): readonly string[] {
  const reason = standing?.kept?.reason;
  if (reason === undefined) return [];
  const general = voice.say(`change.${reason}`);
  const known = voice.texts.sentences[`cli.explain.change.${reason}`] === undefined ? [] : [general];
  // The first pod at fault is in the reason; those after it would be found one by one.
  const others = facts?.pods.filter(({ move, by }) => move === 'blocked' && by !== standing?.kept?.by) ?? [];
  const more = others.length === 0 ? [] : [voice.say('change.others', { count: others.length })];
  return [...known, ...more].flatMap((line) => paragraph(line));
}

export function oneNodeText(explanation: OneNodeExplanation, voice: Voice, paint: Paint): string {
  const { node, nodeGroup, standing, facts, origin, time, configHash } = explanation;
  const { say } = voice;
  const page = new Page(paint);
  const request = facts?.drain?.request;
  // A person wanted it drained and nothing more: it is on no way out.
  const drainedFor = request?.then === 'keep' ? request.by : null;
  const action =
    drainedFor !== null
      ? 'node.drained'
      : standing === null
        ? 'node.untouched'
        : standing.leaving === null
          ? 'node.stays'
          : 'node.leaves';
  const group = nodeGroup ?? say('noGroup');
  page.heading(say('heading.node', { name: node, group, action: say(action, { by: drainedFor ?? '' }) }));
  if (standing === null) page.sentence(say(facts?.controlPlane === true ? 'node.master' : 'node.noPolicy'), 'warn');
  else {
    const [first = '', ...rest] = drainedFor === null ? standingLines(standing, voice) : [];
    if (first !== '') page.sentence(first, standing.leaving === null ? 'warn' : 'good');
    for (const line of rest) page.sentence(line, 'dim');
    page.sentence(say('policy', { policy: standing.policy.name }), 'dim');
  }
  for (const line of originLines(origin, time, configHash, voice)) page.sentence(line, 'dim');
  page.section(say('title.change'), changeLines(explanation, voice));
  if (facts === null) {
    page.sentence(say('node.pastFacts'), 'dim');
    return page.text();
  }
  page.section(say('title.drains'), drainLines(facts, voice));
  page.section(say('title.node'), factLines(facts, voice));
  page.section(
    say('title.budgets'),
    columns(facts.budgets.map(({ name, allowed, pods }) => [name, say('budget', { allowed, pods })])),
  );
  page.section(say('title.pods', { count: facts.pods.length }), columns(podRows(facts, voice)));
  return page.text();
}
