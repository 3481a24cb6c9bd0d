// How a pod is to be spread: its constraints read once for all pods that are alike, whatever simulation asks.
import type { TopologySpreadConstraint } from '../../../model/kubernetes.ts';
import type { Room } from '../room.ts';
import type { Counting } from './crowd.ts';
import type { Kin, Needs } from './needs.ts';
import { matchesNodeAffinity, matchesNodeSelector, repellingTaint, requiredNodes } from './node-rules.ts';
import { selectorOf } from './selector.ts';

export interface Spreading {
  readonly counting: Counting;
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** 1 where the pod is one of those it counts */
  readonly self: 0 | 1;
}

/** Nodes that the pod could not run on anyway are no domain of its; those whose taints it does not tolerate are, unless it says otherwise. */
function eligibility(
  constraint: TopologySpreadConstraint,
  keys: readonly string[],
  { spec }: Needs,
): { readonly key: string; readonly of: Counting['eligible'] } {
  const byLabels =
    constraint.nodeAffinityPolicy !== 'Ignore' &&
    (Object.keys(spec?.nodeSelector ?? {}).length > 0 || requiredNodes(spec) !== undefined);
  const byTaints = constraint.nodeTaintsPolicy === 'Honor';
  const others = keys.filter((key) => key !== constraint.topologyKey);
  if (!byLabels && !byTaints && others.length === 0) return { key: '', of: null };
  const key = JSON.stringify([
    byLabels ? [spec?.nodeSelector ?? {}, requiredNodes(spec) ?? {}] : 0,
    byTaints ? (spec?.tolerations ?? []) : 0,
    others,
  ]);
  const of = (room: Room): boolean => {
    if (others.some((other) => room.labels[other] === undefined)) return false;
    if (byLabels && !(matchesNodeSelector(spec, room) && matchesNodeAffinity(spec, room))) return false;
    return !byTaints || (room.closed === undefined && repellingTaint(spec, room.taints) === null);
  };
  return { key, of };
}

const none: readonly Spreading[] = [];
const remembered = new WeakMap<Needs, readonly Spreading[]>();

function read(needs: Needs, all: readonly TopologySpreadConstraint[]): readonly Spreading[] {
  const { namespace, labels } = needs;
  const constraints = all.filter((one) => one.whenUnsatisfiable !== 'ScheduleAnyway');
  const keys = [...new Set(constraints.map((one) => one.topologyKey))];
  const namespaces = new Set([namespace]);
  return constraints.map((constraint) => {
    const { topologyKey } = constraint;
    const selector = selectorOf(constraint, labels);
    const { key, of } = eligibility(constraint, keys, needs);
    return {
      counting: {
        key: `${topologyKey} spread ${namespace} ${selector.key} ${key}`,
        topologyKey,
        counted: (kin: Kin) => !kin.deleting && kin.namespace === namespace && selector.matches(kin.labels),
        eligible: of,
        namespaces,
      },
      topologyKey,
      maxSkew: constraint.maxSkew ?? 1,
      minDomains: constraint.minDomains ?? 1,
      self: selector.matches(labels) ? 1 : 0,
    };
  });
}

export function spreadingOf(needs: Needs): readonly Spreading[] {
  const constraints = needs.spec?.topologySpreadConstraints;
  if (constraints === undefined) return none;
  const known = remembered.get(needs);
  if (known !== undefined) return known;
  const made = read(needs, constraints);
  remembered.set(needs, made);
  return made;
}
