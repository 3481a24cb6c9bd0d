// ca: may a pod be moved, by one rule alone and for all pods of a node.
import { movabilityOf } from '../../../../src/policies/nodes/movable.ts';
import { isOfDaemonSet } from '../../../../src/policies/pod-facts.ts';
import { adapter, type Fields } from '../vector.ts';
import { podOf, reasons, rulesOf, type DrainInput, type VectorPod } from './drain-pods.ts';

interface RuleInput extends DrainInput {
  readonly rule: string;
  readonly pod: VectorPod;
}

/** Which of our reasons are of the rule that a table runs alone. */
const ownReasons: Readonly<Record<string, readonly string[]>> = {
  replicacount: ['ControllerGone', 'BelowMinReplicas'],
  replicated: ['NotReplicated'],
  system: ['SystemPodWithoutPDB'],
  notsafetoevict: ['NotSafeToEvict'],
  localstorage: ['LocalStorage'],
  pdb: ['BlockedByPDB'],
  oncompletion: ['WaitsForCompletion'],
};

/** Theirs tells "this rule says nothing" from "this rule lets it go": the pod goes in both. */
const goes = (outcome: unknown): unknown => (outcome === 'undefined' || outcome === 'drain_ok' ? 'goes' : outcome);

/** The product runs all rules in their order: what another rule says of the pod is left aside, the table runs one alone. */
function alone({ rule, pod, ...input }: RuleInput): { readonly outcome: string; readonly reason: string | null } {
  const movability = movabilityOf(podOf(pod), rulesOf([pod], input));
  if (movability.move === 'ignore') return { outcome: 'skip', reason: null };
  if (movability.move !== 'blocked' || ownReasons[rule]?.includes(movability.reason) !== true)
    return { outcome: 'goes', reason: null };
  if (movability.reason === 'WaitsForCompletion') return { outcome: 'wait', reason: null };
  return { outcome: 'block', reason: reasons[movability.reason] ?? movability.reason };
}

export const drainRuleCase = adapter<{ input: RuleInput; expected: Fields }>((input, expected) => {
  const { outcome, reason } = alone(input);
  return {
    expected: { ...expected, ...('outcome' in expected && { outcome: goes(expected['outcome']) }) },
    got: { blocks: outcome === 'block', reason, outcome },
  };
});

export const drainNodeCase = adapter<{ input: DrainInput & { readonly pods: readonly VectorPod[] }; expected: Fields }>(
  (input) => {
    const rules = rulesOf(input.pods, input);
    const got = { evict: [] as string[], daemonset_pods: [] as string[], wait_for_completion: [] as string[] };
    let blocking: { readonly pod: string; readonly reason: string } | null = null;
    for (const vector of input.pods) {
      const pod = podOf(vector);
      const movability = movabilityOf(pod, rules);
      if (movability.move === 'blocked' && movability.reason === 'WaitsForCompletion')
        got.wait_for_completion.push(vector.ref);
      else if (movability.move === 'blocked') {
        blocking = { pod: vector.ref, reason: reasons[movability.reason] ?? movability.reason };
        break;
      } else if (movability.move === 'drop' && isOfDaemonSet(pod)) got.daemonset_pods.push(vector.ref);
      else if (movability.move !== 'ignore') got.evict.push(vector.ref);
    }
    return { got: { drainable: blocking === null, blocking, ...got } };
  },
);
