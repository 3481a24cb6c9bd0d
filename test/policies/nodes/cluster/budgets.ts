// PodDisruptionBudgets as Kubernetes itself reckons with them: the disruption controller's status, and the Eviction API's answer.
import type { Pod, PodDisruptionBudget } from '../../../../src/model/kubernetes.ts';

export interface Budget {
  readonly apps: readonly string[];
  readonly bound: 'minAvailable' | 'maxUnavailable';
  readonly amount: number;
  readonly percent: boolean;
  /** pods that are not ready may go whatever the budget says */
  readonly alwaysUnready: boolean;
}

export const appOf = ({ metadata }: Pod): string => metadata.labels?.['app'] ?? '';
export const isReadyPod = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
export const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

interface Standing {
  readonly expected: number;
  readonly desired: number;
  readonly healthy: number;
  allowed: number;
}

/** How many replicas an app's controller wants; null: it has none that could be asked. */
export type ReplicasOf = (app: string) => number | null;

const covers = ({ apps }: Budget, pod: Pod): boolean => apps.includes(appOf(pod));

function standingOf(budget: Budget, pods: readonly Pod[], replicasOf: ReplicasOf): Standing {
  const covered = pods.filter((pod) => covers(budget, pod));
  const healthy = covered.filter((pod) => isReadyPod(pod) && !isLeaving(pod)).length;
  const wanted = [...new Set(covered.map(appOf))].map(replicasOf);
  const countsPods = budget.bound === 'minAvailable' && !budget.percent;
  // Where a controller cannot be asked, what is expected is not known, and nobody may go.
  if (!countsPods && wanted.includes(null)) return { expected: 0, desired: 0, healthy, allowed: 0 };
  const expected = countsPods ? covered.length : wanted.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const amount = budget.percent ? Math.ceil((expected * budget.amount) / 100) : budget.amount;
  const desired = budget.bound === 'minAvailable' ? amount : Math.max(0, expected - amount);
  return { expected, desired, healthy, allowed: expected === 0 ? 0 : Math.max(0, healthy - desired) };
}

export type Answer = 'accepted' | 'refusedByBudget' | 'severalBudgets';

export class Budgets {
  budgets: readonly Budget[];
  #standings: readonly Standing[] = [];

  constructor(budgets: readonly Budget[]) {
    this.budgets = budgets;
  }

  /** The controller has looked again. */
  reckon(pods: readonly Pod[], replicasOf: ReplicasOf): void {
    this.#standings = this.budgets.map((budget) => standingOf(budget, pods, replicasOf));
  }

  of(pod: Pod): readonly Budget[] {
    return this.budgets.filter((budget) => covers(budget, pod));
  }

  /** With how many may go by each now. */
  get standing(): readonly (readonly [Budget, number])[] {
    return this.budgets.map((budget, index) => [budget, this.#standings[index]?.allowed ?? 0]);
  }

  evict(pod: Pod): Answer {
    // What has not begun to run, or leaves already, is disturbed by nobody.
    if (pod.status?.phase !== 'Running' || isLeaving(pod)) return 'accepted';
    const covering = this.of(pod);
    const [budget] = covering;
    if (budget === undefined) return 'accepted';
    if (covering.length > 1) return 'severalBudgets';
    const standing = this.#standings[this.budgets.indexOf(budget)];
    if (standing === undefined) return 'refusedByBudget';
    if (!isReadyPod(pod) && (budget.alwaysUnready || (standing.healthy >= standing.desired && standing.desired > 0)))
      return 'accepted';
    if (standing.allowed < 1) return 'refusedByBudget';
    standing.allowed -= 1;
    return 'accepted';
  }

  get objects(): PodDisruptionBudget[] {
    return this.budgets.map(({ apps, bound, amount, percent, alwaysUnready }, index) => {
      const { expected, desired, healthy, allowed } = this.#standings[index] ?? {
        expected: 0,
        desired: 0,
        healthy: 0,
        allowed: 0,
      };
      return {
        metadata: { namespace: 'shop', name: `budget-${index}` },
        spec: {
          selector: { matchExpressions: [{ key: 'app', operator: 'In', values: [...apps] }] },
          [bound]: percent ? `${amount}%` : amount,
          ...(alwaysUnready ? { unhealthyPodEvictionPolicy: 'AlwaysAllow' } : {}),
        },
        status: {
          disruptionsAllowed: allowed,
          currentHealthy: healthy,
          desiredHealthy: desired,
          expectedPods: expected,
        },
      };
    });
  }
}
