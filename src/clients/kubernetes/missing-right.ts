// A refusal by RBAC, told with the rule that would mend it: what the API server says names account, verb, resource and group.
import type { KubernetesStatus } from './transport.ts';

export interface MissingRight {
  readonly account: string;
  readonly verb: string;
  readonly resource: string;
  readonly apiGroup: string;
  /** null: in the whole cluster */
  readonly namespace: string | null;
}

const shape =
  /User "([^"]*)" cannot (\w+) resource "([^"]+)" in API group "([^"]*)" (?:in the namespace "([^"]+)"|at the cluster scope)/;

/** null where something else than a missing right refuses: a quota, an admission webhook, a namespace that ends. */
export function missingRightIn(status: KubernetesStatus | null): MissingRight | null {
  const [, account, verb, resource, apiGroup, namespace] = shape.exec(status?.message ?? '') ?? [];
  if (account === undefined || verb === undefined || resource === undefined || apiGroup === undefined) return null;
  return { account, verb, resource, apiGroup, namespace: namespace ?? null };
}

/** Who lists watches, and the other way round: asking for one at a time would only bring the next refusal. */
const verbsFor = (verb: string): readonly string[] =>
  verb === 'list' || verb === 'watch' ? ['list', 'watch'] : [verb];

/** As a line of YAML for the rules of a Role or a ClusterRole. */
const ruleFor = ({ apiGroup, resource, verb }: MissingRight): string =>
  `{apiGroups: ["${apiGroup}"], resources: ["${resource}"], verbs: [${verbsFor(verb)
    .map((one) => `"${one}"`)
    .join(', ')}]}`;

export function missingRightText(missing: MissingRight): string {
  const where =
    missing.namespace === null
      ? 'a ClusterRole bound to it'
      : `a Role of the namespace ${missing.namespace}, or a ClusterRole, bound to it`;
  return `${missing.account || 'this account'} may not ${missing.verb} ${missing.resource}: add to the rules of ${where}: - ${ruleFor(missing)}`;
}
