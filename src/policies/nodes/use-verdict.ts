// What a node's use says beside its requests: that it stays although little is requested, or may leave although much is.
import type { Node } from '../../model/kubernetes.ts';
import type { Kept } from './candidates.ts';
import { usedResources, type NodeUsage } from './usage.ts';

const percent = (share: number): number => Math.round(share * 100);

/** Little is requested of it: it stays where it is busy, or where nobody knows. null: its use says nothing against it. */
export function heldByUse(usage: NodeUsage, node: Node): Kept | null {
  const use = usage.of(node);
  let doubt: Kept | null = null;
  for (const resource of usedResources) {
    const [used, asked] = [use[resource], usage.rules[resource]];
    if (used === null || asked === null) continue;
    if (used.state === 'unknown') doubt ??= { reason: 'UsageUnknown', by: `${resource}: ${used.why}` };
    else if (used.share > asked.holdAbove)
      return { reason: 'UsageTooHigh', by: `${resource} ${percent(used.share)} % > ${percent(asked.holdAbove)} %` };
  }
  return doubt;
}

/** Much is requested of it. null: so little is used that it may leave. `requested`: it stays as it would without usage. */
export function keptByUse(usage: NodeUsage, node: Node, requests: number): Kept | 'requested' | null {
  const { letGo } = usage.rules;
  if (letGo === undefined || requests > letGo.requestsBelow) return 'requested';
  const use = usage.of(node);
  let doubt: Kept | null = null;
  for (const resource of usedResources) {
    const used = use[resource];
    if (used === null) return 'requested';
    if (used.state === 'unknown') doubt ??= { reason: 'UsageUnknown', by: `${resource}: ${used.why}` };
    else if (used.share > letGo[`${resource}Below`]) return 'requested';
  }
  return doubt;
}
