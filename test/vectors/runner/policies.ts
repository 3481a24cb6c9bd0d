// Policies as an operator would write them, through the product's own loader: what it refuses is refused here too.
import { loadFiles } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import type { Config, PodPolicy } from '../../../src/model/config.ts';
import type { Fields } from './vector.ts';

export interface PolicyText {
  readonly name: string;
  readonly spec: Fields;
}

export type Loaded =
  { readonly status: 'accepted'; readonly config: Config } | { readonly status: 'refused'; readonly why: string };

export const namespace = 'vectors';

const daemon = {
  apiVersion: 'springtide/v1',
  kind: 'Daemon',
  spec: { cluster: 'vectors', mode: 'act', prometheus: { url: 'http://127.0.0.1:9' }, state: { directory: 'unused' } },
};

export function loadPolicies(policies: readonly PolicyText[], more: readonly Fields[] = []): Loaded {
  const documents = [
    daemon,
    ...more,
    ...policies.map(({ name, spec }) => ({
      apiVersion: 'springtide/v1',
      kind: 'PodPolicy',
      metadata: { name, namespace },
      spec,
    })),
  ];
  // JSON is YAML too.
  const bytes = new TextEncoder().encode(documents.map((one) => JSON.stringify(one)).join('\n---\n'));
  const { config, problems } = loadFiles({ files: [{ path: 'springtide.yaml', bytes }], problems: [] });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (config === null || errors.length > 0) return { status: 'refused', why: errors.map(formatProblem).join('\n') };
  return { status: 'accepted', config };
}

/** A single policy that must be right. */
export function policyOf(spec: Fields): PodPolicy {
  const loaded = loadPolicies([{ name: 'case', spec: { ...anyTarget, mode: 'act', ...spec } }]);
  if (loaded.status === 'refused') throw new Error(`the loader refuses it: ${loaded.why}`);
  const [policy] = loaded.config.podPolicies;
  if (policy === undefined) throw new Error('the loader gives no policy');
  return policy;
}

/** What a policy needs and a case does not speak of. */
export const anyTarget: Fields = {
  target: { kind: 'Deployment', name: 'target' },
  replicas: { min: 1, max: 100 },
  metrics: [{ name: 'load', query: 'load', target: { averageValue: 1 } }],
};

interface VectorRules {
  readonly stabilizationWindowSeconds?: number | null;
  readonly selectPolicy?: string | null;
  readonly policies?: readonly Fields[] | null;
  readonly tolerance?: number | null;
}
export interface VectorBehavior {
  readonly scaleUp?: VectorRules | null;
  readonly scaleDown?: VectorRules | null;
}

const withoutHoles = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));

const rulesOf = ({ stabilizationWindowSeconds, selectPolicy, policies }: VectorRules): Fields =>
  withoutHoles({ stabilizationWindowSeconds, selectPolicy, policies });

/** The HPA's behavior in our words; its way with bounds is ours with `bounds: atOnce`. */
export const behaviorOf = (behavior: VectorBehavior | null | undefined): Fields => ({
  scaleUp: rulesOf(behavior?.scaleUp ?? {}),
  scaleDown: { ...rulesOf(behavior?.scaleDown ?? {}), bounds: 'atOnce' },
});

export const toleranceOf = (behavior: VectorBehavior | null | undefined): Fields =>
  withoutHoles({ up: behavior?.scaleUp?.tolerance, down: behavior?.scaleDown?.tolerance });
