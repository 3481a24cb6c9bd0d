// How many new pods a namespace's ResourceQuotas will let in: a VM for a pod that is refused would stay empty.
import type { Container, KubernetesObject, PodSpec, ResourceList } from '../../model/kubernetes.ts';
import { parseMilli } from '../../model/quantity.ts';
import type { KubernetesFacts } from '../../model/snapshot.ts';
import { requestsOf, type Requests } from '../pod-facts.ts';

interface Scope {
  readonly scopeName?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

interface Quota extends KubernetesObject {
  readonly spec?: {
    readonly hard?: ResourceList;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: { readonly matchExpressions?: readonly Scope[] };
  };
  readonly status?: { readonly hard?: ResourceList; readonly used?: ResourceList };
}

interface Counted {
  readonly quota: Quota;
  /** thousandths, less what was let in meanwhile */
  readonly left: Map<string, number>;
}

const onePod = 1000;

function hasNoRequests(spec: PodSpec): boolean {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return all.every(({ resources }) => {
    const amounts = [...Object.values(resources?.requests ?? {}), ...Object.values(resources?.limits ?? {})];
    return amounts.every((amount) => (parseMilli(amount) ?? 0) === 0);
  });
}

function priorityMatches({ operator, values = [] }: Scope, className: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return className !== undefined && values.includes(className);
    case 'NotIn':
      return className === undefined || !values.includes(className);
    case 'DoesNotExist':
      return className === undefined;
    default:
      return className !== undefined;
  }
}

/** Where a scope cannot be told from the template the quota counts: it is better to order a VM a moment later. */
function scopeMatches(scope: Scope, spec: PodSpec): boolean {
  switch (scope.scopeName) {
    case 'BestEffort':
      return hasNoRequests(spec);
    case 'NotBestEffort':
      return !hasNoRequests(spec);
    case 'Terminating':
      return false;
    case 'PriorityClass':
      return priorityMatches(scope, spec.priorityClassName);
    default:
      return true;
  }
}

const countsFor = ({ spec }: Quota, pod: PodSpec): boolean =>
  [
    ...(spec?.scopes ?? []).map((scopeName): Scope => ({ scopeName, operator: 'Exists' })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ].every((scope) => scopeMatches(scope, pod));

const onlyLimits = (containers: PodSpec['containers']): readonly Container[] =>
  (containers ?? []).map(({ resources, ...one }) => ({
    ...one,
    resources: resources?.limits === undefined ? {} : { limits: resources.limits },
  }));

/** What is limited counts as what is requested does. */
const limitsOf = ({ containers, initContainers }: PodSpec): Requests =>
  requestsOf({ containers: onlyLimits(containers), initContainers: onlyLimits(initContainers) });

/** How much of one counted resource a pod takes; 0: the quota does not speak of pods. */
function takes(resource: string, spec: PodSpec): number {
  if (resource === 'pods' || resource === 'count/pods') return onePod;
  if (resource.startsWith('limits.')) return limitsOf(spec)[resource.slice('limits.'.length)] ?? 0;
  const named = resource.startsWith('requests.') ? resource.slice('requests.'.length) : resource;
  return requestsOf(spec)[named] ?? 0;
}

/** The quotas of one tick: who comes first takes of what is left for the others. */
export class ResourceQuotas {
  readonly #byNamespace = new Map<string, Counted[]>();
  /** nobody can say what they let in */
  readonly unread: boolean;

  constructor(facts: KubernetesFacts, errors: readonly { readonly source: string; readonly what: string }[]) {
    const failed = errors.some(({ source, what }) => source === 'kubernetes' && what === 'resourcequotas');
    this.unread = facts.resourcequotas === undefined && failed;
    for (const object of facts.resourcequotas ?? []) {
      const quota = object as Quota;
      const { namespace = '' } = quota.metadata;
      const left = new Map<string, number>();
      const hard = { ...quota.spec?.hard, ...quota.status?.hard };
      for (const [resource, amount] of Object.entries(hard)) {
        const most = parseMilli(amount);
        if (most !== null) left.set(resource, most - (parseMilli(quota.status?.used?.[resource] ?? 0) ?? 0));
      }
      this.#byNamespace.set(namespace, [...(this.#byNamespace.get(namespace) ?? []), { quota, left }]);
    }
  }

  /** So many of them, at most; they are let in. */
  admit(namespace: string, spec: PodSpec | undefined, pods: number): number {
    if (this.unread) return 0;
    const counting = (this.#byNamespace.get(namespace) ?? []).filter(({ quota }) => countsFor(quota, spec ?? {}));
    let admitted = pods;
    for (const { left } of counting)
      for (const [resource, free] of left) {
        const each = takes(resource, spec ?? {});
        if (each > 0) admitted = Math.min(admitted, Math.max(0, Math.floor(free / each)));
      }
    for (const { left } of counting)
      for (const [resource, free] of left) left.set(resource, free - admitted * takes(resource, spec ?? {}));
    return admitted;
  }
}
