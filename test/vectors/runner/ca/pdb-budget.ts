// ca: whether a set of pods may leave under their budgets, one after the other and all at once.
import { Disruptions } from '../../../../src/policies/nodes/disruptions.ts';
import { aBudget, aPod } from '../../../builders.ts';
import { adapter } from '../vector.ts';

interface Input {
  readonly pods_with_label_1: number;
  readonly pods_with_label_2: number;
  readonly of_which_with_both_labels: number;
  readonly pdb_label_1_allowed: number | null;
  readonly pdb_label_2_allowed: number | null;
}

const one = { one: 'yes' };
const two = { two: 'yes' };

export const pdbBudgetCase = adapter<{ input: Input; expected: object }>((input) => {
  const both = input.of_which_with_both_labels;
  const pods = [
    ...Array.from({ length: both }, () => ({ ...one, ...two })),
    ...Array.from({ length: input.pods_with_label_1 - both }, () => one),
    ...Array.from({ length: input.pods_with_label_2 - both }, () => two),
  ].map((labels, index) => aPod(`p-${index}`).labelled(labels).build());
  const allowed = [input.pdb_label_1_allowed, input.pdb_label_2_allowed];
  const budgets = allowed.flatMap((left, index) =>
    left === null ? [] : [aBudget('shop', `pdb-${index + 1}`, index === 0 ? one : two, left)],
  );
  const disruptions = new Disruptions(budgets);
  const together = new Disruptions(budgets);
  const can = {
    can_remove: disruptions.blocker(pods) === null,
    can_remove_in_parallel: pods.every((pod) => {
      const may = together.blocker([pod]) === null;
      together.take([pod]);
      return may;
    }),
  };
  disruptions.take(pods);
  const left = budgets.map((budget) => disruptions.left(budget));
  return { got: { ...can, allowed_after_removal: left.length === 0 ? null : left } };
});
