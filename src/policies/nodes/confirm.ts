// Mode confirm for node groups: an order, and the beginning of drains, wait for a person; drains that were allowed go on to their end.
import type { Asked } from '../../model/approval.ts';
import type { DrainStep, NodeRemoval } from '../../model/plan.ts';
import type { Proposals } from '../proposals.ts';
import type { UndescribedNodes } from './group-decision.ts';

/** Two parts where a target's key has three: they are never the same. */
const subjectOf = (nodeGroup: string): string => `nodegroup/${nodeGroup}`;

type Begin = Extract<DrainStep, { step: 'begin' }>;
const isBegin = (step: DrainStep): step is Begin => step.step === 'begin';
/** It never was a node: its removal begins, and ends, with the resize. */
const isServer = ({ unregistered }: NodeRemoval): boolean => unregistered === true;

interface Change {
  readonly way: 'nodes.grow' | 'nodes.shrink';
  readonly to: number;
  readonly remove: readonly NodeRemoval[];
}

/** null: there is nothing to ask. */
function changeOf({ action, current, resize, drains }: UndescribedNodes): Change | null {
  if (current === null) return null;
  if (action === 'grow' && resize !== null) return { way: 'nodes.grow', to: resize.to, remove: [] };
  const begins = drains.filter(isBegin).map(({ node, serverId }) => ({ node, serverId }));
  const remove = [...begins, ...(resize?.remove.filter(isServer) ?? [])];
  return remove.length === 0 ? null : { way: 'nodes.shrink', to: current - remove.length, remove };
}

function allowed(decision: UndescribedNodes, asked: Asked): UndescribedNodes {
  const { id, by = '', at = '' } = asked;
  const drains = decision.drains.map((step) => (isBegin(step) ? { ...step, approval: { id, by, at } } : step));
  return { ...decision, mode: 'act', drains, asked };
}

function held(decision: UndescribedNodes, { way, to, remove }: Change, asked: Asked): UndescribedNodes {
  const { current, facts } = decision;
  const victims = new Set(remove.map(({ node }) => node));
  const kept = remove.map(({ node }) => ({
    node,
    reason: 'AwaitingApproval' as const,
    by: asked.id,
    since: null,
    until: null,
  }));
  const drains = decision.drains.filter((step) => !isBegin(step));
  return {
    ...decision,
    // What was begun goes on, or is taken back, while the order waits for its yes: none of that is asked again.
    mode: drains.length > 0 ? 'act' : decision.mode,
    desired: current,
    action: 'hold',
    reason: 'AwaitingApproval',
    remove: decision.remove.filter(({ node }) => !victims.has(node)),
    // Servers that never were nodes leave in a tick in which nothing that was begun does.
    resize: way === 'nodes.grow' || decision.resize?.remove.some(isServer) === true ? null : decision.resize,
    drains,
    kept: [...decision.kept, ...kept],
    asked,
    facts: {
      ...facts,
      desired: current ?? 0,
      proposal: to,
      plan: asked.id,
      by: asked.id,
      node: [...victims].join(', '),
      what: victims.size === 0 ? `+${to - (current ?? 0)}` : [...victims].join(', '),
      why: decision.reason,
    },
  };
}

export function confirmedNodes(decision: UndescribedNodes, proposals: Proposals): UndescribedNodes {
  if (decision.mode !== 'confirm') return decision;
  const change = changeOf(decision);
  if (change === null) return decision;
  const subject = subjectOf(decision.nodeGroup);
  const asked = proposals.ask({ subject, from: decision.current ?? 0, ...change });
  return asked.by === undefined ? held(decision, change, asked) : allowed(decision, asked);
}
