// Which files of vectors there are, which function of the product each is about, and how many cases our copy has.
import { backOffCase } from './ca/back-off.ts';
import { balanceCase, expanderCase } from './ca/choice.ts';
import { scaleUpCase } from './ca/scale-up.ts';
import { drainNodeCase, drainRuleCase } from './ca/drain.ts';
import { eligibilityCase, utilizationCase } from './ca/eligibility.ts';
import { packingCase } from './ca/packing.ts';
import { pdbBudgetCase } from './ca/pdb-budget.ts';
import { plannerCase } from './ca/planner.ts';
import { unneededCase } from './ca/unneeded.ts';
import { limitCase, policyLimitCase, scaleEventsCase, stabilizationCase } from './hpa/behavior.ts';
import { defaultsCase } from './hpa/defaults.ts';
import { groupPodsCase, podRequestsCase } from './hpa/pods.ts';
import { reconcileCase } from './hpa/reconcile.ts';
import { plainCase, resourceCase } from './hpa/replicas.ts';
import { boundsCase } from './keda/bounds.ts';
import { cronActivityCase, cronConfigCase } from './keda/cron.ts';
import { fallbackCase } from './keda/fallback.ts';
import { formulaCase } from './keda/formula.ts';
import { prometheusCase } from './keda/prometheus.ts';
import { zeroCase } from './keda/zero.ts';
import { alertmanager } from './alertmanager/manifest.ts';
import type { Adapter, VectorFile } from './vector.ts';

export interface ManifestEntry {
  /** the key of the array of cases, with dots where it is deeper, or of an object that is a case by itself */
  readonly array: string;
  /** what of the product answers */
  readonly product: string;
  /** cases of our copy; null: we have none, the format is known */
  readonly count: number | null;
  readonly adapter: Adapter;
  /** fields of an expectation that say how something is kept or worded, not what is decided: see deviations.md */
  readonly notCompared?: readonly string[];
  /** the cases in an element, where it holds several */
  readonly split?: (element: unknown, file: VectorFile) => readonly unknown[];
}

/** What runs FAMILY/FILE; several where it has several arrays. */
export const manifest: Readonly<Record<string, ManifestEntry | readonly ManifestEntry[]>> = {
  ...alertmanager,
  'ca/backoff': { array: 'cases', product: 'policies/nodes/back-off: backOffAfter', count: 5, adapter: backOffCase },
  'ca/binpacking': { array: 'cases', product: 'policies/nodes/fit: pack', count: 6, adapter: packingCase },
  'ca/balancing': { array: 'cases', product: 'policies/nodes/balance: shareOut', count: 10, adapter: balanceCase },
  'ca/expanders': {
    array: 'cases',
    product: 'policies/nodes/growth-options: bestOptions, wasteOf',
    count: 9,
    adapter: expanderCase,
  },
  'ca/scale_up': { array: 'cases', product: 'policies/decide: decide', count: 9, adapter: scaleUpCase },
  'ca/drain_node': {
    array: 'cases',
    product: 'policies/nodes/movable: movabilityOf',
    count: 24,
    adapter: drainNodeCase,
  },
  'ca/drain_rules': {
    array: 'cases',
    product: 'policies/nodes/movable: movabilityOf',
    count: 53,
    adapter: drainRuleCase,
  },
  'ca/eligibility': { array: 'cases', product: 'policies/decide: decide', count: 13, adapter: eligibilityCase },
  'ca/pdb_budget': {
    array: 'cases',
    product: 'policies/nodes/disruptions: Disruptions',
    count: 6,
    adapter: pdbBudgetCase,
  },
  'ca/planner': {
    array: 'cases',
    product: 'policies/nodes/shrink-places: placesOf, policies/nodes/shrink: tryWithout',
    count: 17,
    adapter: plannerCase,
  },
  'ca/unneeded': { array: 'cases', product: 'policies/decide: decide', count: 11, adapter: unneededCase },
  'ca/utilization': {
    array: 'cases',
    product: 'policies/nodes/utilization: utilizationOf',
    count: 6,
    adapter: utilizationCase,
    notCompared: ['cpu_utilization', 'relative_tolerance'],
  },
  'hpa/behavior_rate_limits': {
    array: 'cases',
    product: 'policies/pods/behavior: limitChange',
    count: 27,
    adapter: limitCase,
  },
  'hpa/defaults': { array: 'facts', product: 'config/load: loadFiles', count: 8, adapter: defaultsCase },
  'hpa/group_pods': {
    array: 'cases',
    product: 'policies/pods/readiness: groupPods',
    count: 10,
    adapter: groupPodsCase,
  },
  'hpa/legacy_limits': { array: 'cases', product: 'policies/pods/behavior: limitChange', count: 4, adapter: limitCase },
  'hpa/pod_requests': {
    array: 'cases',
    product: 'policies/pods/pod-list: requestOf',
    count: 7,
    adapter: podRequestsCase,
  },
  'hpa/policy_limits': {
    array: 'cases',
    product: 'policies/pods/behavior: rateLimit',
    count: null,
    adapter: policyLimitCase,
  },
  'hpa/reconcile': { array: 'cases', product: 'policies/decide: decide', count: 65, adapter: reconcileCase },
  'hpa/replicas_pods_object_external': {
    array: 'cases',
    product: 'policies/pods/measure: measureAll',
    count: 23,
    adapter: plainCase,
  },
  'hpa/replicas_resource': {
    array: 'cases',
    product: 'policies/pods/measure: byPodSamples',
    count: 34,
    adapter: resourceCase,
  },
  'hpa/scale_event_history': {
    array: 'cases',
    product: 'policies/record: record, policies/pods/behavior: forgetOldEvents',
    count: 6,
    adapter: scaleEventsCase,
  },
  'hpa/stabilization': {
    array: 'cases',
    product: 'policies/pods/behavior: stabilize',
    count: 11,
    adapter: stabilizationCase,
    notCompared: ['historyLength', 'historyReplicas'],
  },
  'keda/bounds_and_pause': {
    array: 'cases',
    product: 'convert/keda-bounds, convert/keda-replicas, policies/pods/zero: leastAwake, policies/pods/pause: pauseOf',
    count: 17,
    adapter: boundsCase,
  },
  'keda/cron_activity': {
    array: 'cases',
    product: 'policies/schedule/open: spanAt',
    count: 10,
    adapter: cronActivityCase,
  },
  'keda/cron_trigger_config': {
    array: 'cases',
    product: 'convert/convert: convertObjects, config/load: loadFiles',
    count: null,
    adapter: cronConfigCase,
  },
  'keda/cron_windows_crane': {
    array: 'cases',
    product: 'policies/schedule/open: spanAt',
    count: null,
    adapter: cronActivityCase,
  },
  'keda/fallback': { array: 'cases', product: 'policies/pods/combine: combine', count: 13, adapter: fallbackCase },
  'keda/prometheus_query_results': {
    array: 'cases',
    product: 'clients/prometheus: answerOf, policies/pods: measureAll, combine',
    count: 11,
    adapter: prometheusCase,
  },
  'keda/scale_to_zero': {
    array: 'cases',
    product: 'policies/decide: decide',
    count: 17,
    adapter: zeroCase,
    notCompared: ['event'],
  },
  'keda/scaling_formula': {
    array: 'cases',
    product: 'policies/pods/measure: measureAll, formula/evaluate: evaluate',
    count: 8,
    adapter: formulaCase,
  },
};
