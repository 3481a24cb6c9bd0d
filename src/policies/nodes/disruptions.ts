// What PodDisruptionBudgets still allow: asked for one pod, and reckoned over all pods that are to leave together.
import type { Pod, PodDisruptionBudget } from '../../model/kubernetes.ts';
import { selectorMatches } from '../selectors.ts';

type Budgets = readonly PodDisruptionBudget[];

const none: Budgets = [];

/** Those of one namespace: most ask for one label first, and are found by it. */
class NamespaceBudgets {
  readonly #byLabel = new Map<string, Map<string, PodDisruptionBudget[]>>();
  readonly #others: PodDisruptionBudget[] = [];
  readonly #order = new Map<PodDisruptionBudget, number>();

  add(budget: PodDisruptionBudget): void {
    const selector = budget.spec?.selector;
    // No selector selects nothing, an empty one everything: so says policy/v1.
    if (selector === undefined || selector === null) return;
    this.#order.set(budget, this.#order.size);
    const [label] = Object.entries(selector.matchLabels ?? {});
    if (label === undefined) {
      this.#others.push(budget);
      return;
    }
    const [key, value] = label;
    const byValue = this.#byLabel.get(key) ?? new Map<string, PodDisruptionBudget[]>();
    this.#byLabel.set(key, byValue);
    const known = byValue.get(value);
    if (known === undefined) byValue.set(value, [budget]);
    else known.push(budget);
  }

  of(labels: Readonly<Record<string, string>>): Budgets {
    let found: PodDisruptionBudget[] | null = null;
    const look = (budgets: Budgets): void => {
      for (const budget of budgets) {
        const selector = budget.spec?.selector;
        if (selector === undefined || selector === null || !selectorMatches(selector, labels)) continue;
        if (found === null) found = [budget];
        else found.push(budget);
      }
    };
    for (const [key, byValue] of this.#byLabel) {
      const value = labels[key];
      const here = value === undefined ? undefined : byValue.get(value);
      if (here !== undefined) look(here);
    }
    look(this.#others);
    return found === null ? none : this.#sorted(found);
  }

  #sorted(found: PodDisruptionBudget[]): Budgets {
    const place = (budget: PodDisruptionBudget): number => this.#order.get(budget) ?? 0;
    return found.length < 2 ? found : found.sort((one, other) => place(one) - place(other));
  }
}

/** Budgets by namespace, and those of each pod that was asked about: one of these a list. */
class BudgetIndex {
  readonly #byNamespace = new Map<string, NamespaceBudgets>();
  readonly #ofPod = new WeakMap<Pod, Budgets>();
  readonly #ofAll = new WeakMap<readonly Pod[], readonly Wanted[]>();

  constructor(budgets: Budgets) {
    for (const budget of budgets) {
      const namespace = budget.metadata.namespace ?? '';
      const known = this.#byNamespace.get(namespace) ?? new NamespaceBudgets();
      this.#byNamespace.set(namespace, known);
      known.add(budget);
    }
  }

  of(pod: Pod): Budgets {
    const here = this.#byNamespace.get(pod.metadata.namespace ?? '');
    if (here === undefined) return none;
    const known = this.#ofPod.get(pod);
    if (known !== undefined) return known;
    const found = here.of(pod.metadata.labels ?? {});
    this.#ofPod.set(pod, found);
    return found;
  }

  /** The list of a node that has not changed is the same one as before. */
  ofAll(pods: readonly Pod[]): readonly Wanted[] {
    const known = this.#ofAll.get(pods);
    if (known !== undefined) return known;
    const wanted = new Map<PodDisruptionBudget, Wanted>();
    for (const pod of pods)
      for (const budget of this.of(pod)) {
        const one = wanted.get(budget);
        if (one === undefined) wanted.set(budget, { budget, pods: 1 });
        else one.pods += 1;
      }
    const all = [...wanted.values()];
    this.#ofAll.set(pods, all);
    return all;
  }
}

/** What pods would use of a budget if all of them left. */
interface Wanted {
  readonly budget: PodDisruptionBudget;
  pods: number;
}

const indexes = new WeakMap<Budgets, BudgetIndex>();

/** The one that was made last: another list of the same budgets has no use for a new one. */
let latest: { readonly budgets: Budgets; readonly index: BudgetIndex } | null = null;

function indexOf(budgets: Budgets): BudgetIndex {
  const known = indexes.get(budgets);
  if (known !== undefined) return known;
  const alike =
    latest?.budgets.length === budgets.length && latest.budgets.every((budget, index) => budget === budgets[index]);
  const made = latest !== null && alike ? latest.index : new BudgetIndex(budgets);
  latest = { budgets, index: made };
  indexes.set(budgets, made);
  return made;
}

/** Those that a pod is under: same namespace, and the selector says so. */
export const budgetsOf = (pod: Pod, budgets: Budgets): Budgets => indexOf(budgets).of(pod);

export const wantedOf = (pods: readonly Pod[], budgets: Budgets): readonly Wanted[] => indexOf(budgets).ofAll(pods);

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

  /**
   * The first budget that does not let these leave: nothing is left of it, or others leave already and not enough is left
   * for all. The pods of one node alone may leave one after the other. null: they may go.
   */
  blocker(pods: readonly Pod[]): PodDisruptionBudget | null {
    const forbids = (budget: PodDisruptionBudget, wanted: number): boolean => {
      const left = this.left(budget);
      return left < 1 || (this.#taken.has(budget) && wanted > left);
    };
    const all = wantedOf(pods, this.#budgets);
    return all.some(({ budget, pods: wanted }) => forbids(budget, wanted)) ? this.#first(pods, forbids) : null;
  }

  /** Whether all of them may leave at the same instant. */
  allowsAtOnce(pods: Iterable<Pod>): boolean {
    return this.#first(pods, (budget, wanted) => wanted > this.left(budget)) === null;
  }

  #first(
    pods: Iterable<Pod>,
    forbids: (budget: PodDisruptionBudget, wanted: number) => boolean,
  ): PodDisruptionBudget | null {
    const wanted = new Map<PodDisruptionBudget, number>();
    for (const pod of pods)
      for (const budget of budgetsOf(pod, this.#budgets)) {
        const count = (wanted.get(budget) ?? 0) + 1;
        if (forbids(budget, count)) return budget;
        wanted.set(budget, count);
      }
    return null;
  }

  take(pods: Iterable<Pod>): void {
    for (const pod of pods)
      for (const budget of budgetsOf(pod, this.#budgets)) this.#taken.set(budget, (this.#taken.get(budget) ?? 0) + 1);
  }
}
