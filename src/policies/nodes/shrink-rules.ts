// The shrink rules that hold for a group: its policy's, with what the group itself says over them; lists and `usage` as a whole.
import type { ShrinkPolicy } from '../../model/config.ts';
import type { GroupState } from './group-state.ts';

const known = new WeakMap<GroupState['policy'], { readonly of: ShrinkPolicy; readonly rules: ShrinkPolicy }>();

/** What is written stands over what holds otherwise, key by key. */
function over<T extends object>(usual: T, own: { readonly [Key in keyof T]?: T[Key] | undefined }): T {
  const written = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...usual, ...Object.fromEntries(written) };
}

export function shrinkRules({ document, policy }: Pick<GroupState, 'document' | 'policy'>): ShrinkPolicy {
  const { shrink } = document.spec;
  const remembered = known.get(policy);
  if (remembered?.of === shrink) return remembered.rules;
  const { atOnce, unready, ...own } = policy.shrink ?? {};
  const rules: ShrinkPolicy = {
    ...over(shrink, own),
    atOnce: over(shrink.atOnce, atOnce ?? {}),
    unready: over(shrink.unready, unready ?? {}),
  };
  known.set(policy, { of: shrink, rules });
  return rules;
}
