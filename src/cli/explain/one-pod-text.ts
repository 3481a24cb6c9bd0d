// One pod explained for people: why it waits and what comes for it, or why it cannot leave its node, and where it could go.
import { targetName } from '../../model/target.ts';
import type { AwaitedNodes, PendingPods, Refusal } from '../../model/plan.ts';
import { awaitedText, preemptsText, refusalText } from '../pending-text.ts';
import type { OnePodExplanation } from './one-pod.ts';
import { moveText, standingLines } from './one-node-text.ts';
import { originLines } from './origin-text.ts';
import { columns, Page, paragraph, type Paint } from './page.ts';
import { instantIn, type Voice } from './voice.ts';

const refusalLines = (refusals: readonly Refusal[], { texts }: Voice): readonly string[] =>
  refusals.flatMap((one) => paragraph(refusalText(one, texts)));

/** With times as a clock shows them. */
function awaitedLine(one: AwaitedNodes, { texts, times }: Voice): string {
  const shown = (text: string | null): string | null => (text === null ? null : times.both(instantIn(text)));
  return awaitedText({ ...one, expected: shown(one.expected), latest: shown(one.latest) }, texts);
}

function waitLines({ owner, pods, names }: PendingPods, { say }: Voice): readonly string[] {
  const together = say('pod.together', { owner: `${owner.kind} ${targetName(owner)}`, count: pods });
  const shown = names.length > 1 ? paragraph(`${names.join(', ')}${pods > names.length ? ', …' : ''}`) : [];
  return [...paragraph(together), ...shown];
}

export function onePodText(explanation: OnePodExplanation, voice: Voice, paint: Paint): string {
  const { pod, state, since, node, waits, move, standing, places, origin, time, configHash } = explanation;
  const { say, times } = voice;
  const page = new Page(paint);
  page.heading(say('heading.pod', { name: `${pod.namespace}/${pod.name}`, state: say(`pod.${state}`) }));
  if (since !== null) page.sentence(say('pod.since', { since: times.both(instantIn(since)) }), 'warn');
  if (node !== null) page.sentence(say('pod.node', { node }), 'good');
  for (const line of originLines(origin, time, configHash, voice)) page.sentence(line, 'dim');
  if (waits !== null) {
    for (const one of waits.preempts ?? []) page.sentence(preemptsText(one, voice.texts), 'good');
    page.section(
      say('title.ordered'),
      waits.ordered.length === 0
        ? paragraph(say('pod.nothingOrdered'))
        : waits.ordered.flatMap((one) => paragraph(awaitedLine(one, voice))),
    );
    page.section(say('title.whyNot'), refusalLines(waits.why, voice));
    page.section(say('title.waiting'), waitLines(waits, voice));
  }
  if (move !== null) page.section(say('title.move'), columns([[move.owner ?? say('noOwner'), moveText(move, voice)]]));
  page.section(say('title.places'), [
    ...places.flatMap(({ rule, detail }) => (rule === 'room' ? paragraph(say('pod.room', { nodes: detail })) : [])),
    ...refusalLines(
      places.filter(({ rule }) => rule !== 'room'),
      voice,
    ),
  ]);
  if (standing !== null)
    page.section(
      say('title.itsNode'),
      standingLines(standing, voice).flatMap((line) => paragraph(line)),
    );
  return page.text();
}
