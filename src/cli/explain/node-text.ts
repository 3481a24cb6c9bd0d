// A node group's decision explained for people: what, for whom, which nodes go, and why the others stay.
import { fillText } from '../../model/texts.ts';
import { targetName } from '../../model/target.ts';
import type { NodeExplanation } from './explanation.ts';
import { originLines } from './origin-text.ts';
import { columns, Page, paragraph, type Paint, type Row } from './page.ts';
import { instantIn, type Voice } from './voice.ts';

/** Of a group of hundreds: the reasons are what matters, and each is shown by a few nodes. */
const nodesShown = 20;

function keptRows({ decision }: NodeExplanation, { texts, times, say }: Voice): readonly Row[] {
  const rows = decision.kept
    .slice(0, nodesShown)
    .map(({ node, reason, by, since, until }): Row => [
      node,
      [
        fillText(texts, `reason.${reason}`, { by: by ?? '', node }),
        ...(since === null ? [] : [say('since', { since: times.both(instantIn(since)) })]),
        ...(until === null ? [] : [say('until', { until: times.both(instantIn(until)) })]),
      ].join(say('comma')),
    ]);
  const more = decision.kept.length - nodesShown;
  return more > 0 ? [...rows, ['', say('more', { count: more })]] : rows;
}

export function nodeText(explanation: NodeExplanation, voice: Voice, paint: Paint): string {
  const { decision, outcomes } = explanation;
  const { say, times } = voice;
  const { current, desired } = decision;
  const page = new Page(paint);
  page.heading(
    say('heading.nodes', {
      name: decision.nodeGroup,
      change: current === desired ? String(current ?? '?') : `${current ?? '?'} → ${desired ?? '?'}`,
      action: say(`action.${decision.action}`),
      mode: decision.mode,
    }),
  );
  page.sentence(decision.message, decision.action === 'refused' || decision.action === 'hold' ? 'warn' : 'good');
  const because = say('because', { reason: decision.reason, policy: decision.policy.name });
  // Over restarts too; a group that cannot be judged has none.
  const since = decision.since === undefined ? [] : [say('since', { since: times.both(instantIn(decision.since)) })];
  page.sentence([because, ...since].join(say('comma')), 'dim');
  for (const line of originLines(explanation.origin, explanation.time, explanation.configHash, voice))
    page.sentence(line, 'dim');
  page.section(
    say('title.outcome'),
    outcomes.flatMap((outcome) =>
      paragraph(
        say('outcome', {
          status: `${outcome.kind === 'drain' ? `${outcome.step} ${outcome.node}` : outcome.kind}: ${say(`outcome.${outcome.status}`)}`,
          why: [outcome.code, outcome.message].filter((one) => one !== undefined && one !== '').join(': '),
        }),
      ),
    ),
  );
  page.section(
    say('title.for'),
    columns(
      decision.for.map(({ target, pods }) => [`${target.kind} ${targetName(target)}`, say('pods', { count: pods })]),
    ),
  );
  page.section(say('title.holds'), [
    ...(decision.upcoming > 0 ? paragraph(say('upcoming', { count: decision.upcoming })) : []),
    ...(decision.until === null ? [] : paragraph(say('until', { until: times.both(instantIn(decision.until)) }))),
  ]);
  page.section(say('title.drains'), columns(decision.drains.map((drain) => [drain.node, drain.step])));
  page.section(say('title.kept'), columns(keptRows(explanation, voice)));
  return page.text();
}
