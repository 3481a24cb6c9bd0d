// Mode confirm for replicas: what nobody has allowed stays where it is and says so; what somebody has allowed is done.
import type { Asked } from '../../model/approval.ts';
import { targetKey } from '../../model/target.ts';
import type { Proposals } from '../proposals.ts';
import { unwritten, type Undescribed } from './finish.ts';

const waits = ({ action, mode, current, desired }: Undescribed): boolean =>
  mode === 'confirm' && action === 'scale' && current !== null && desired !== null;

function held(decision: Undescribed, asked: Asked): Undescribed {
  const { current, desired } = decision;
  return {
    ...unwritten(decision),
    desired: current,
    action: 'hold',
    reason: 'AwaitingApproval',
    limitedBy: [...decision.limitedBy, 'AwaitingApproval'],
    steps: [...decision.steps, { step: 'hold', from: desired ?? 0, to: current ?? 0, by: asked.id }],
    asked,
    facts: {
      ...decision.facts,
      current: current ?? 0,
      desired: current ?? 0,
      proposal: desired ?? 0,
      plan: asked.id,
      by: asked.id,
      why: decision.reason,
    },
  };
}

/** The places of those that wait for a person, and all decisions with them held; the very same where nobody is asked. */
export function confirmed(
  decisions: readonly Undescribed[],
  proposals: Proposals,
): { readonly decisions: readonly Undescribed[]; readonly waiting: readonly number[] } {
  const waiting: number[] = [];
  if (!decisions.some(waits)) return { decisions, waiting };
  const all = decisions.map((decision, place) => {
    if (!waits(decision)) return decision;
    const { target, current, desired } = decision;
    const [from, to] = [current ?? 0, desired ?? 0];
    const subject = targetKey(target);
    const asked = proposals.ask({ subject, way: to > from ? 'pods.up' : 'pods.down', from, to, remove: [] });
    if (asked.by !== undefined) return { ...decision, mode: 'act' as const, asked };
    waiting.push(place);
    return held(decision, asked);
  });
  return { decisions: all, waiting };
}
