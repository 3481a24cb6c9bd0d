// validate --live: queries of NodePolicies that nobody could decide by, each at its place. Pure.
import type { ProblemPath } from '../config/problem.ts';
import type { Config, NodePolicyDocument, UsageRules } from '../model/config.ts';
import type { Node } from '../model/kubernetes.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { isControlPlane, membershipsIn } from '../policies/nodes/membership.ts';
import { saturationNow } from '../policies/nodes/saturation.ts';
import { usageIn, usedResources } from '../policies/nodes/usage.ts';
import { Answers } from '../policies/pods/answers.ts';

export interface Unanswered {
  readonly path: ProblemPath;
  readonly query: string;
  readonly what: string;
}

/** Of the group's nodes; of all workers where the policy itself asks. */
function ofUsage(
  rules: UsageRules | undefined,
  nodes: readonly Node[],
  path: ProblemPath,
  snapshot: Snapshot,
): readonly Unanswered[] {
  const usage = usageIn(snapshot)(rules);
  if (usage === null || nodes.length === 0) return [];
  return usedResources.flatMap((resource): readonly Unanswered[] => {
    const query = usage.rules[resource]?.query;
    const unknown = nodes.flatMap((node) => {
      const used = usage.of(node)[resource];
      return used?.state === 'unknown' ? [`${node.metadata.name}: ${used.why}`] : [];
    });
    const [first] = unknown;
    if (query === undefined || first === undefined) return [];
    const what = `the ${resource} that nodes use is unknown for ${unknown.length} of ${nodes.length}: ${first}`;
    return [{ path: [...path, 'shrink', 'usage', resource, 'query'], query, what }];
  });
}

export function unansweredIn(document: NodePolicyDocument, config: Config, snapshot: Snapshot): readonly Unanswered[] {
  const { spec } = document;
  const answers = new Answers(snapshot);
  const saturation = spec.growth.saturation.flatMap((asked, index): readonly Unanswered[] => {
    const now = saturationNow(asked, answers);
    if (now.state === 'ok') return [];
    const path = ['spec', 'growth', 'saturation', index, 'query'];
    return [{ path, query: asked.query, what: `the saturation has no usable value: ${now.why}` }];
  });
  const { nodes = [] } = snapshot.kubernetes;
  const { members } = membershipsIn(snapshot, config.nodePolicies);
  const ofGroups = spec.nodeGroups.flatMap(({ name, shrink }, index) => {
    const group = snapshot.magnum.nodegroups?.find((one) => one.name === name || one.uuid === name);
    const own = members.get(group?.uuid ?? '') ?? [];
    return ofUsage(shrink?.usage, own, ['spec', 'nodeGroups', index], snapshot);
  });
  const workers = nodes.filter((node) => !isControlPlane(node));
  return [...saturation, ...ofUsage(spec.shrink.usage, workers, ['spec'], snapshot), ...ofGroups];
}
