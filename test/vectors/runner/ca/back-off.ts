// ca: how long a group is left alone after failures.
import type { GroupMemory } from '../../../../src/model/memory.ts';
import { seconds, type Instant } from '../../../../src/model/units.ts';
import {
  backOffAfter,
  isBackedOff,
  withoutBackOff,
  withoutStaleBackOff,
  type BackOffRules,
} from '../../../../src/policies/nodes/back-off.ts';
import { adapter } from '../vector.ts';

type Step =
  | { readonly op: 'status'; readonly group: string; readonly at_s: number }
  | { readonly op: 'fail'; readonly group: string; readonly at_s: number; readonly error: string }
  | { readonly op: 'remove'; readonly group: string }
  | { readonly op: 'forget_stale'; readonly at_s: number };

interface Input {
  readonly initial_s: number;
  readonly max_s: number;
  readonly reset_timeout_s: number;
  readonly steps: readonly Step[];
}

type Failures = Pick<GroupMemory, 'backOff' | 'lastFailure'>;

const never: Failures = { backOff: null, lastFailure: null };
const instant = (second: number): Instant => Math.round(second * 1000) as Instant;

export const backOffCase = adapter<{ input: Input; expected: object }>((input) => {
  const rules: BackOffRules = {
    first: seconds(input.initial_s),
    longest: seconds(input.max_s),
    forgottenAfter: seconds(input.reset_timeout_s),
  };
  const groups = new Map<string, Failures>();
  const of = (group: string): Failures => groups.get(group) ?? never;
  const answer = (step: Step): unknown => {
    switch (step.op) {
      case 'status': {
        const backedOff = isBackedOff(of(step.group), instant(step.at_s));
        return { backed_off: backedOff, error: backedOff ? (of(step.group).lastFailure?.code ?? null) : null };
      }
      case 'fail': {
        const at = instant(step.at_s);
        const lastFailure = { at, code: step.error, message: '' };
        groups.set(step.group, { backOff: backOffAfter(of(step.group), at, rules), lastFailure });
        return null;
      }
      case 'remove':
        groups.set(step.group, withoutBackOff(of(step.group)));
        return null;
      case 'forget_stale':
        for (const [name, memory] of groups) groups.set(name, withoutStaleBackOff(memory, instant(step.at_s), rules));
        return { remembered_groups: [...groups.values()].filter(({ backOff }) => backOff !== null).length };
    }
  };
  return { got: { answers: input.steps.map(answer) } };
});
