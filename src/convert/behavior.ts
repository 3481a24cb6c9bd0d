// `behavior` of an HPA, the tolerances in it included: the same words in a PodPolicy.
import { parseQuantity } from '../model/quantity.ts';
import type { BehaviorDraft, ScalingRulesDraft, ToleranceDraft } from './draft.ts';
import type { Notebook } from './note.ts';
import { fieldsOf, given, isFields, isGiven, listOf, textOf, wholeOf, type Fields } from './read.ts';

export interface ConvertedBehavior {
  readonly behavior: BehaviorDraft | undefined;
  readonly tolerance: ToleranceDraft | undefined;
  /** of the way down, in seconds */
  readonly downWindow: number;
}

/** What both the HPA and a PodPolicy wait before the first way down. */
const usualDownWindow = 300;

export function convertBehavior(written: unknown, notebook: Notebook): ConvertedBehavior {
  const up = rulesOf(written, 'scaleUp', notebook);
  const down = rulesOf(written, 'scaleDown', notebook);
  if (up === undefined && down === undefined) notebook.write('DefaultRates');
  const tolerances = {
    up: toleranceOf(written, 'scaleUp', notebook),
    down: toleranceOf(written, 'scaleDown', notebook),
  };
  const behavior = given<BehaviorDraft>({ scaleUp: up, scaleDown: down });
  const tolerance = given<ToleranceDraft>(tolerances);
  return {
    behavior: Object.keys(behavior).length === 0 ? undefined : behavior,
    tolerance: Object.keys(tolerance).length === 0 ? undefined : tolerance,
    downWindow: down?.stabilizationWindowSeconds ?? usualDownWindow,
  };
}

function rulesOf(written: unknown, direction: string, notebook: Notebook): ScalingRulesDraft | undefined {
  const rules = fieldsOf(fieldsOf(written)[direction]);
  const place = `behavior.${direction}`;
  const policies = listOf(rules['policies']).flatMap((policy, index) =>
    policyOf(fieldsOf(policy), `${place}.policies[${index}]`, notebook),
  );
  const window = wholeOf(rules['stabilizationWindowSeconds']);
  const select = textOf(rules['selectPolicy']);
  if (isGiven(rules['stabilizationWindowSeconds']) && (window === null || window < 0))
    notebook.write('FieldInvalid', invalid(`${place}.stabilizationWindowSeconds`, rules['stabilizationWindowSeconds']));
  if (select !== null && !['Max', 'Min', 'Disabled'].includes(select))
    notebook.write('FieldInvalid', invalid(`${place}.selectPolicy`, select));
  const draft = given<ScalingRulesDraft>({
    stabilizationWindowSeconds: window === null || window < 0 ? undefined : window,
    selectPolicy: select !== null && ['Max', 'Min', 'Disabled'].includes(select) ? select : undefined,
    policies: policies.length === 0 ? undefined : policies,
  });
  return Object.keys(draft).length === 0 ? undefined : draft;
}

type PolicyDraft = NonNullable<ScalingRulesDraft['policies']>[number];

function policyOf(policy: Fields, place: string, notebook: Notebook): PolicyDraft[] {
  const { type } = policy;
  const value = wholeOf(policy['value']);
  const periodSeconds = wholeOf(policy['periodSeconds']);
  if ((type === 'Pods' || type === 'Percent') && value !== null && value > 0 && (periodSeconds ?? 0) > 0)
    return [{ type, value, periodSeconds: periodSeconds ?? 0 }];
  notebook.write('FieldInvalid', invalid(place, JSON.stringify(policy)));
  return [];
}

function toleranceOf(written: unknown, direction: string, notebook: Notebook): number | undefined {
  const { tolerance } = fieldsOf(fieldsOf(written)[direction]);
  if (!isGiven(tolerance)) return undefined;
  const share = parseQuantity(textOf(tolerance));
  const most = direction === 'scaleUp' ? Infinity : 1;
  if (share !== null && share >= 0 && share <= most) return share;
  notebook.write('FieldInvalid', invalid(`behavior.${direction}.tolerance`, tolerance));
  return undefined;
}

const invalid = (field: string, value: unknown): { readonly field: string; readonly value: string } => ({
  field,
  value: textOf(value) ?? JSON.stringify(value) ?? '',
});

/** Deeper than any behavior is. */
const deepest = 6;

/** The annotation of an autoscaling/v1 object has the keys of Go's fields: ScaleUp, PeriodSeconds. */
export function withLowerKeys(value: unknown, depth = 0): unknown {
  if (depth > deepest) return undefined;
  if (Array.isArray(value)) return value.map((item) => withLowerKeys(item, depth + 1));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      `${key.slice(0, 1).toLowerCase()}${key.slice(1)}`,
      withLowerKeys(inner, depth + 1),
    ]),
  );
}
