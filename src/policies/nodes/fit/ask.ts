// One kind of pod within a simulation: its rules read once, each with the counter that it is judged by.
import type { TopologySpreadConstraint } from '../../../model/kubernetes.ts';
import type { Board, Load } from './board.ts';
import type { Counter } from './counter.ts';
import type { KinState } from './crowd.ts';
import { claimsOf, portsOf } from './image.ts';
import { Refused } from './refused.ts';
import { kinOf, type Kin, type Needs } from './needs.ts';
import { matchesNodeAffinity, matchesNodeSelector, repellingTaint, requiredNodes } from './node-rules.ts';
import { selectorOf, termOf, type NamespaceLabels, type Term } from './selector.ts';
import type { VolumeNeeds, Volumes } from './volumes.ts';

export interface Together {
  readonly terms: readonly { readonly term: Term; readonly counter: Counter }[];
  /** the first of a group that wants to be together may go anywhere */
  readonly matchesItself: boolean;
}

export interface Spread {
  readonly counter: Counter;
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** 1 where the pod is one of those it counts */
  readonly self: 0 | 1;
}

export interface Ask extends Load {
  readonly needs: Needs;
  /** nothing but taints decides which nodes it may run on */
  readonly anyLabels: boolean;
  readonly together: Together | null;
  readonly apart: readonly { readonly term: Term; readonly counter: Counter }[];
  readonly spreads: readonly Spread[];
  readonly volumes: VolumeNeeds;
  /** how many fit on a node is a division */
  readonly countable: boolean;
  /** shared by all that the same nodes refuse; null: too much besides decides that */
  readonly refused: Refused | null;
}

export interface Known {
  readonly board: Board;
  readonly namespaces: NamespaceLabels;
  readonly volumes: Volumes;
  readonly refused: Map<string, Refused>;
}

function togetherOf({ namespace, labels, spec }: Needs, { board, namespaces }: Known): Together | null {
  const required = spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (required.length === 0) return null;
  const terms = required.map((term) => termOf(term, namespace, labels, namespaces));
  // Only a pod that all terms mean counts for any of them.
  const all = (pod: Pick<Kin, 'namespace' | 'labels'>): boolean => terms.every((term) => term.matches(pod));
  const key = `together ${terms.map((term) => term.key).join(' & ')}`;
  return {
    terms: terms.map((term) => {
      const { topologyKey, namespaces: where } = term;
      return {
        term,
        counter: board.crowd.counter({ key, topologyKey, counted: all, eligible: null, namespaces: where }),
      };
    }),
    matchesItself: all({ namespace, labels }),
  };
}

function apartOf({ namespace, labels, spec }: Needs, { board, namespaces }: Known): Ask['apart'] {
  const required = spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return required.map((raw) => {
    const term = termOf(raw, namespace, labels, namespaces);
    const { topologyKey, namespaces: where } = term;
    const counted = (kin: Kin): boolean => term.matches(kin);
    const key = `together ${term.key}`;
    return { term, counter: board.crowd.counter({ key, topologyKey, counted, eligible: null, namespaces: where }) };
  });
}

/** Nodes that the pod could not run on anyway are no domain of its; those whose taints it does not tolerate are, unless it says otherwise. */
function eligibility(
  constraint: TopologySpreadConstraint,
  keys: readonly string[],
  { spec }: Needs,
  board: Board,
): { readonly key: string; readonly of: ((slot: number) => boolean) | null } {
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
  const of = (slot: number): boolean => {
    const room = board.rooms[slot];
    if (room === undefined || others.some((other) => room.labels[other] === undefined)) return false;
    if (byLabels && !(matchesNodeSelector(spec, room) && matchesNodeAffinity(spec, room))) return false;
    return !byTaints || (room.closed === undefined && repellingTaint(spec, room.taints) === null);
  };
  return { key, of };
}

function spreadsOf(needs: Needs, { board }: Known): readonly Spread[] {
  const { namespace, labels, spec } = needs;
  const constraints = (spec?.topologySpreadConstraints ?? []).filter(
    (one) => one.whenUnsatisfiable !== 'ScheduleAnyway',
  );
  const keys = [...new Set(constraints.map((one) => one.topologyKey))];
  const own = new Set([namespace]);
  return constraints.map((constraint) => {
    const selector = selectorOf(constraint, labels);
    const { key, of } = eligibility(constraint, keys, needs, board);
    const counted = (kin: Kin): boolean => !kin.deleting && kin.namespace === namespace && selector.matches(kin.labels);
    return {
      counter: board.crowd.counter({
        key: `spread ${namespace} ${selector.key} ${key}`,
        topologyKey: constraint.topologyKey,
        counted,
        eligible: of,
        namespaces: own,
      }),
      topologyKey: constraint.topologyKey,
      maxSkew: constraint.maxSkew ?? 1,
      minDomains: constraint.minDomains ?? 1,
      self: selector.matches(labels) ? 1 : 0,
    };
  });
}

export function askOf(needs: Needs, known: Known): Ask {
  const { namespace, spec, requests } = needs;
  const ports = portsOf(spec);
  const volumes = known.volumes.needsOf(namespace, spec);
  const apart = apartOf(needs, known);
  const spreads = spreadsOf(needs, known);
  const kin = known.board.crowd.kinState(kinOf(needs));
  const plain = ports.length === 0 && volumes.exclusive.length === 0 && volumes.attach.length === 0;
  const together = togetherOf(needs, known);
  return {
    needs,
    kin,
    cpu: requests['cpu'] ?? 0,
    memory: requests['memory'] ?? 0,
    others: Object.entries(requests).filter(([name, milli]) => milli > 0 && name !== 'cpu' && name !== 'memory'),
    ports,
    claims: claimsOf({ metadata: { namespace }, ...(spec && { spec }) }),
    anyLabels: Object.keys(spec?.nodeSelector ?? {}).length === 0 && requiredNodes(spec) === undefined,
    together,
    apart,
    spreads,
    volumes,
    countable: plain && apart.length === 0 && spreads.length === 0,
    refused: plain && together === null ? refusedFor(kin, spreads, known) : null,
  };
}

/** Its own labels and whom it keeps away are its kin's: only the rules that spread it may differ. */
function refusedFor(kin: KinState, spreads: readonly Spread[], { refused }: Known): Refused {
  const rules = spreads.map(({ counter, maxSkew, minDomains }) => `${counter.id} ${maxSkew} ${minDomains}`);
  const key = `${kin.id}: ${rules.join('; ')}`;
  const known = refused.get(key) ?? new Refused(spreads);
  refused.set(key, known);
  return known;
}
