// The eviction subresource: a deletion that the disruption budgets must allow.
import { isDeleting, isReady, isTerminal } from '../objects.ts';
import { isEmptySelector, selects } from '../selectors.ts';
import { ApiError, badRequest } from '../status.ts';
import type { DisruptionBudget, ObjectInput, Pod } from '../objects.ts';
import type { KubernetesVersion } from '../resources.ts';
import type { Store } from '../store.ts';
import type { DeleteOptions, Registry } from './registry.ts';

/** The budgets of a pod. An empty selector means every pod in policy/v1 and none in policy/v1beta1. */
function budgetsOf(store: Store, version: KubernetesVersion, pod: Pod): DisruptionBudget[] {
  return [...store.values('poddisruptionbudgets')].filter(
    ({ metadata, spec }) => metadata.namespace === pod.metadata.namespace && budgetSelects(version, spec.selector, pod),
  );
}

export const budgetSelects = (
  version: KubernetesVersion,
  selector: DisruptionBudget['spec']['selector'],
  pod: Pod,
): boolean => !(version === '1.20' && isEmptySelector(selector)) && selects(selector, pod.metadata.labels);

export function evict(registry: Registry, key: string, body: ObjectInput, dryRun: boolean): void {
  const accepted = registry.version === '1.20' ? ['policy/v1beta1'] : ['policy/v1', 'policy/v1beta1'];
  if (body.kind !== 'Eviction' || !accepted.includes(body.apiVersion))
    throw badRequest(
      `no kind "${body.kind}" is registered for version "${body.apiVersion}"; expected an Eviction of ${accepted.join(' or ')}`,
    );
  const pod = registry.get('pods', key);
  const { name } = body.metadata ?? {};
  if (name !== undefined && name !== '' && name !== pod.metadata.name)
    throw badRequest(`name in URL does not match name in Eviction object`);
  const asked = (body['deleteOptions'] ?? {}) as DeleteOptions & { dryRun?: unknown };
  const test = dryRun || Array.isArray(asked.dryRun);
  const options: DeleteOptions = {
    gracePeriodSeconds: asked.gracePeriodSeconds,
    preconditions: asked.preconditions,
    dryRun: test,
  };
  if (!isTerminal(pod) && pod.status.phase !== 'Pending' && !isDeleting(pod)) askBudgets(registry, pod, test);
  registry.delete('pods', key, options);
}

function askBudgets(registry: Registry, pod: Pod, dryRun: boolean): void {
  const budgets = budgetsOf(registry.store, registry.version, pod);
  const budget = budgets[0];
  if (budget === undefined) return;
  if (budgets.length > 1)
    throw new ApiError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const status = budget.status;
  if (!isReady(pod) && status !== undefined) {
    const { currentHealthy, desiredHealthy } = status;
    if (budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return;
    if (currentHealthy >= desiredHealthy && desiredHealthy > 0) return;
  }
  if (status === undefined || (status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0))
    throw refused(`The disruption budget ${budget.metadata.name} is still being processed by the server.`);
  if (status.disruptionsAllowed <= 0)
    throw refused(
      `The disruption budget ${budget.metadata.name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
    );
  if (dryRun) return;
  // spent at once, so that two evictions in a row cannot both use the last allowance
  registry.change('poddisruptionbudgets', `${budget.metadata.namespace ?? ''}/${budget.metadata.name}`, (draft) => {
    if (draft.status === undefined) return;
    draft.status.disruptionsAllowed -= 1;
    draft.status.disruptedPods = { ...draft.status.disruptedPods, [pod.metadata.name]: registry.timestamp() };
  });
}

/** As the API server says it for an admission webhook. */
export const deniedByWebhook = (cause: string): ApiError =>
  new ApiError(403, 'Forbidden', `admission webhook "evictions.guard.example" denied the request: ${cause}`, {});

export const refused = (cause: string): ApiError =>
  new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
  });
