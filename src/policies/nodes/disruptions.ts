// What PodDisruptionBudgets still allow: asked for one pod, and reckoned over all pods that are to leave together.
import type { Pod, PodDisruptionBudget } from '../../model/kubernetes.ts';
import { selectorMatches } from '../selectors.ts';

type Budgets = readonly PodDisruptionBudget[];

const none: Budgets = [];

/** Budgets by namespace, and those of each pod that was asked about: one of these a list. */
class BudgetIndex {
  readonly #byNamespace = new Map<string, PodDisruptionBudget[]>();
  readonly #ofPod = new WeakMap<Pod, Budgets>();

  constructor(budgets: Budgets) {
    for (const budget of budgets) {
      const namespace = budget.metadata.namespace ?? '';
      const known = this.#byNamespace.get(namespace);
      if (known === undefined) this.#byNamespace.set(namespace, [budget]);
      else known.push(budget);
    }
  }

  of(pod: Pod): Budgets {
    const here = this.#byNamespace.get(pod.metadata.namespace ?? '');
    if (here === undefined) return none;
    const known = this.#ofPod.get(pod);
    if (known !== undefined) return known;
    const labels = pod.metadata.labels ?? {};
    // No selector selects nothing, an empty one everything: so says policy/v1.
    const found = here.filter(({ spec }) => {
      const selector = spec?.selector;
      return selector !== undefined && selector !== null && selectorMatches(selector, labels);
    });
    this.#ofPod.set(pod, found);
    return found;
  }
}

const indexes = new WeakMap<Budgets, BudgetIndex>();

function indexOf(budgets: Budgets): BudgetIndex {
  const known = indexes.get(budgets);
  if (known !== undefined) return known;
  const made = new BudgetIndex(budgets);
  indexes.set(budgets, made);
  return made;
}

/** Those that a pod is under: same namespace, and the selector says so. */
export const budgetsOf = (pod: Pod, budgets: Budgets): Budgets => indexOf(budgets).of(pod);

export const budgetName = ({ metadata }: PodDisruptionBudget): string => `${metadata.namespace ?? ''}/${metadata.name}`;

/** The disruptions that are left, less those that this pass has given away. */
export class Disruptions {
  readonly #budgets: Budgets;
  readonly #taken = new Map<PodDisruptionBudget, number>();

  constructor(budgets: Budgets) {
    this.#budgets = budgets;
  }

  left(budget: PodDisruptionBudget): number {
    return (budget.status?.disruptionsAllowed ?? 0) - (this.#taken.get(budget) ?? 0);
  }

  /** The first budget that allows fewer disruptions than these pods together would be; null: all of them may leave. */
  blocker(pods: Iterable<Pod>): PodDisruptionBudget | null {
    const wanted = new Map<PodDisruptionBudget, number>();
    for (const pod of pods)
      for (const budget of budgetsOf(pod, this.#budgets)) {
        const count = (wanted.get(budget) ?? 0) + 1;
        if (count > this.left(budget)) return budget;
        wanted.set(budget, count);
      }
    return null;
  }

  take(pods: Iterable<Pod>): void {
    for (const pod of pods)
      for (const budget of budgetsOf(pod, this.#budgets)) this.#taken.set(budget, (this.#taken.get(budget) ?? 0) + 1);
  }
}
