// Where our alerts decide otherwise on purpose: see ../deviations.ts. What the facts themselves call a mistake of upstream's is marked.
import type { Rule } from '../deviations.ts';

export const alertRules: readonly (Rule & { readonly upstreamMistake?: true })[] = [];
