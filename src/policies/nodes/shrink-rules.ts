// The shrink rules that hold for a group: its policy's, with what the group itself says over them.
import type { ShrinkPolicy } from '../../model/config.ts';
import type { GroupState } from './group-state.ts';

const known = new WeakMap<GroupState['policy'], { readonly of: ShrinkPolicy; readonly rules: ShrinkPolicy }>();

export function shrinkRules({ document, policy }: Pick<GroupState, 'document' | 'policy'>): ShrinkPolicy {
  const { shrink } = document.spec;
  const remembered = known.get(policy);
  if (remembered?.of === shrink) return remembered.rules;
  const own = Object.entries(policy.shrink ?? {}).filter(([, value]) => value !== undefined);
  const rules: ShrinkPolicy = { ...shrink, ...Object.fromEntries(own) };
  known.set(policy, { of: shrink, rules });
  return rules;
}
