// Where the product decides otherwise on purpose: which inputs a rule covers, and what ours must answer there.
// The reasons are in deviations.md, under the same names. No rule knows a case by its name.
import { alertRules } from './alertmanager/deviations.ts';
import type { PackingInput } from './ca/packing.ts';
import type { ReconcileExpected, ReconcileInput } from './hpa/reconcile.ts';
import type { FallbackInput } from './keda/fallback.ts';
import type { Fields, VectorCase } from './vector.ts';

export interface Claim {
  readonly file: string;
  readonly array: string;
  readonly input: Fields;
  readonly expected: Fields;
  readonly got: Fields;
}

export interface Rule {
  readonly name: string;
  /** the input is one that the rule speaks of, and ours answered as the rule says */
  readonly covers: (claim: Claim) => boolean;
}

/** The rates of autoscaling/v2 where a policy has no `behavior`: four pods or as many again, whichever is more. */
const defaultLimit = (current: number): number => Math.max(current + 4, current * 2);

const numberOf = (fields: Fields, name: string): number => Number(fields[name]);

const rulesOfScaling: readonly Rule[] = [
  {
    name: 'one-path-of-rates',
    covers: ({ file, input, expected, got }) => {
      switch (file) {
        case 'hpa/legacy_limits':
          return (
            expected['reason'] === 'ScaleUpLimit' &&
            numberOf(got, 'replicas') <=
              Math.min(defaultLimit(numberOf(input, 'currentReplicas')), numberOf(input, 'maxReplicas'))
          );
        case 'hpa/scale_event_history':
          return input['rules'] === null;
        case 'hpa/reconcile': {
          const { behavior, specReplicas } = input as unknown as ReconcileInput;
          const { desiredReplicas = 0 } = expected as ReconcileExpected;
          return (
            behavior === null &&
            desiredReplicas > defaultLimit(specReplicas) &&
            got['desiredReplicas'] === defaultLimit(specReplicas)
          );
        }
        case 'hpa/defaults':
          return /^legacyScaleUpLimit/.test(String(input['name']));
        default:
          return false;
      }
    },
  },
  {
    name: 'unknown-metric-kind',
    covers: ({ file, input, got }) =>
      file === 'hpa/reconcile' &&
      (input as unknown as ReconcileInput).metrics.some(({ type }) => !metricKinds.has(type)) &&
      got['refused'] !== undefined,
  },
  {
    name: 'zero-is-opted-in',
    covers: ({ file, input, expected, got }) => {
      if (file !== 'hpa/reconcile') return false;
      const { features, minReplicas, specReplicas } = input as unknown as ReconcileInput;
      const { desiredReplicas } = expected as ReconcileExpected;
      return (
        !features.scaleToZero &&
        minReplicas === 0 &&
        specReplicas > 0 &&
        desiredReplicas === 0 &&
        numberOf(got, 'desiredReplicas') >= 1
      );
    },
  },
  {
    name: 'fallback-is-a-time-and-a-number',
    covers: ({ file, input, expected, got }) => {
      if (file !== 'keda/fallback') return false;
      const { fallback, consecutiveFailuresBefore, poll, targetType, readyReplicas } =
        input as unknown as FallbackInput;
      const nothingReady = targetType === 'Value' && readyReplicas === 0;
      if (nothingReady) return expected['error'] !== undefined && got['fallbackActive'] === true;
      const countedAnyway = fallback === null && poll.ok && (consecutiveFailuresBefore ?? 0) > 0;
      return countedAnyway && got['value'] === expected['value'] && got['failuresAfter'] === 0;
    },
  },
  {
    name: 'as-far-as-it-goes',
    covers: ({ file, input, got }) => {
      if (file !== 'ca/scale_up' || input['all_or_nothing'] !== true) return false;
      const { delta } = (got['scale_up'] ?? {}) as { readonly delta?: number };
      return delta === numberOf(input, 'group_max_size') - (input['nodes'] as readonly unknown[]).length;
    },
  },
  {
    name: 'rules-without-switches',
    covers: ({ file, input, expected, got }) => {
      const pods = (input['pods'] ?? []) as readonly { readonly daemonset?: boolean; readonly mirror?: boolean }[];
      const options = (input['options'] ?? {}) as Fields;
      switch (file) {
        case 'ca/utilization': {
          const counted =
            pods.some(({ daemonset }) => daemonset === true && input['ignore_daemonset_pods'] !== true) ||
            pods.some(({ mirror }) => mirror === true && input['ignore_mirror_pods'] !== true);
          return counted && numberOf(got, 'utilization') <= numberOf(expected, 'utilization');
        }
        case 'ca/eligibility':
          return options['ignore_daemonsets_utilization'] === false && pods.some(({ daemonset }) => daemonset === true);
        case 'ca/drain_rules':
          return (
            input['rule'] === 'replicated' &&
            options['skip_nodes_with_custom_controller_pods'] === false &&
            got['reason'] === 'NotReplicated'
          );
        case 'ca/drain_node':
          return (
            options['skip_nodes_with_custom_controller_pods'] === false &&
            (got['blocking'] as Fields | null)?.['reason'] === 'NotReplicated'
          );
        default:
          return false;
      }
    },
  },
  {
    name: 'minimums-are-of-groups',
    covers: ({ file, input, got }) =>
      file === 'ca/unneeded' &&
      typeof input['cluster_min_nodes'] === 'number' &&
      got['reason'] === 'NodeGroupMinSizeReached',
  },
  {
    name: 'spread-pods-are-tried-everywhere',
    covers: ({ file, input, expected, got }) => {
      if (file !== 'ca/binpacking') return false;
      const { pod_groups: groups } = input as unknown as PackingInput;
      const spread = groups.some(({ pod }) => (pod.topology_spread ?? []).length > 0);
      return spread && numberOf(got, 'scheduled_pod_count') > numberOf(expected, 'scheduled_pod_count');
    },
  },
];

export const rules: readonly Rule[] = [...rulesOfScaling, ...alertRules];

const metricKinds = new Set(['resource', 'containerResource', 'pods', 'object', 'external']);

/** The rule under which ours differs; null: by none. */
export function ruleFor(file: string, { array, input, expected }: VectorCase, got: Fields): string | null {
  const claim = { file, array, input: input as Fields, expected: expected as Fields, got };
  return rules.find((rule) => rule.covers(claim))?.name ?? null;
}
