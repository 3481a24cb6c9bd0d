// Pods that wait, for people: what refuses them, in the fewest words, and what is ordered for them.
import type { AwaitedNodes, PendingPods, Preempts, Refusal } from '../model/plan.ts';
import { targetName } from '../model/target.ts';
import { fillText, type Texts } from '../model/texts.ts';

/** "12 nodes: not enough cpu", "group burst gets no node: PoolAtMaximum max 8" */
export function refusalText({ nodes, nodeGroup, rule, detail, reason }: Refusal, texts: Texts): string {
  const why =
    rule === 'group'
      ? [reason ?? '', detail].join(' ').trim()
      : fillText(texts, `page.rule.${rule}`, { detail }).trim();
  if (nodes !== null) return fillText(texts, 'page.waits.nodes', { nodes, why });
  return fillText(texts, rule === 'group' ? 'page.waits.noNode' : 'page.waits.group', { group: nodeGroup ?? '', why });
}

export function awaitedText({ nodeGroup, nodes, expected, latest }: AwaitedNodes, texts: Texts): string {
  return expected === null || latest === null
    ? fillText(texts, 'page.waits.orderedUnknown', { nodes, group: nodeGroup })
    : fillText(texts, 'page.waits.ordered', { nodes, group: nodeGroup, expected, latest });
}

export function preemptsText({ node, pods, victims }: Preempts, texts: Texts): string {
  const names = victims.map((one) => `${targetName(one.target)} (${one.pods})`).join(', ');
  return fillText(texts, 'page.waits.preempts', { node, pods, victims: names === '' ? '-' : names });
}

const refusalsOnALine = 8;

/** One line for all pods of one owner. */
export function waitingLine({ owner, pods, since, preempts = [], ordered, why }: PendingPods, texts: Texts): string {
  const parts = [
    ...preempts.map((one) => preemptsText(one, texts)),
    ...ordered.map((one) => awaitedText(one, texts)),
    ...why.slice(0, refusalsOnALine).map((one) => refusalText(one, texts)),
    ...(why.length > refusalsOnALine ? ['…'] : []),
  ];
  return fillText(texts, 'cli.waiting', {
    owner: `${owner.kind} ${targetName(owner)}`,
    pods,
    since: since ?? '?',
    why: parts.join('; '),
  });
}
