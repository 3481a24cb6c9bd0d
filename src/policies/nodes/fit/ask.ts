// One kind of pod within a simulation: its rules read once, each with the counter that it is judged by.
import type { Room } from '../room.ts';
import type { Board, Load } from './board.ts';
import type { Counter } from './counter.ts';
import type { KinState } from './crowd.ts';
import { claimsOf, portsOf } from './image.ts';
import { Refused } from './refused.ts';
import { kinOf, type Kin, type Needs } from './needs.ts';
import { matchesNodeAffinity, matchesNodeSelector, repellingTaint, requiredNodes } from './node-rules.ts';
import { termOf, type NamespaceLabels, type Term } from './selector.ts';
import { spreadingOf, type Spreading } from './spreading.ts';
import type { VolumeNeeds, Volumes } from './volumes.ts';

export interface Together {
  readonly terms: readonly { readonly term: Term; readonly counter: Counter }[];
  /** the first of a group that wants to be together may go anywhere */
  readonly matchesItself: boolean;
}

export interface Spread extends Omit<Spreading, 'counting'> {
  readonly counter: Counter;
}

export interface Ask extends Load {
  readonly needs: Needs;
  /** nothing but taints decides which nodes it may run on */
  readonly anyLabels: boolean;
  readonly together: Together | null;
  readonly apart: readonly { readonly term: Term; readonly counter: Counter }[];
  readonly spreads: readonly Spread[];
  /** zones without a node were counted */
  readonly foresees: boolean;
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
  /** nodes that could be ordered: their domains count although nobody is in them yet */
  readonly foreseen: readonly Room[];
}

function togetherOf({ namespace, labels, spec }: Needs, { board, namespaces }: Known): Together | null {
  const required = spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (required.length === 0) return null;
  const terms = required.map((term) => termOf(term, namespace, labels, namespaces));
  // Only a pod that all terms mean counts for any of them.
  const all = (pod: Pick<Kin, 'namespace' | 'labels'>): boolean => terms.every((term) => term.matches(pod));
  const together = `together ${terms.map((term) => term.key).join(' & ')}`;
  return {
    terms: terms.map((term) => {
      const { topologyKey, namespaces: where } = term;
      const key = `${topologyKey} ${together}`;
      const counting = { key, topologyKey, counted: all, eligible: null, namespaces: where };
      return { term, counter: board.crowd.counter(counting) };
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
    const key = `${topologyKey} together ${term.key}`;
    return { term, counter: board.crowd.counter({ key, topologyKey, counted, eligible: null, namespaces: where }) };
  });
}

/** What is the same in every simulation. */
interface Reading {
  readonly others: Ask['others'];
  readonly ports: Ask['ports'];
  readonly claims: Ask['claims'];
  readonly anyLabels: boolean;
}

const readings = new WeakMap<Needs, Reading>();

function readingOf(needs: Needs): Reading {
  const known = readings.get(needs);
  if (known !== undefined) return known;
  const { namespace, spec, requests } = needs;
  const made: Reading = {
    others: Object.entries(requests).filter(([name, milli]) => milli > 0 && name !== 'cpu' && name !== 'memory'),
    ports: portsOf(spec),
    claims: claimsOf({ metadata: { namespace }, ...(spec && { spec }) }),
    anyLabels: Object.keys(spec?.nodeSelector ?? {}).length === 0 && requiredNodes(spec) === undefined,
  };
  readings.set(needs, made);
  return made;
}

const noSpreads: readonly Spread[] = [];

const hostname = 'kubernetes.io/hostname';

/** Over zones, racks …: anything but single nodes. */
export const zonedBy = ({ spreads }: Pick<Ask, 'spreads'>): Spread | null =>
  spreads.find(({ topologyKey }) => topologyKey !== hostname) ?? null;

/** With fewer domains than that the least count is zero: as if those that are foreseen were there, and empty. */
function domainsForeseen(
  counter: Counter,
  keys: readonly string[],
  { spec }: Needs,
  foreseen: readonly Room[],
): number {
  const { key } = counter.topology;
  if (key === hostname) return 0;
  const coming = new Set<string>();
  for (const room of foreseen) {
    const value = room.labels[key];
    if (value === undefined || counter.has(value)) continue;
    if (!matchesNodeSelector(spec, room) || !matchesNodeAffinity(spec, room)) continue;
    if (repellingTaint(spec, room.taints) !== null) continue;
    if (keys.every((other) => other === hostname || room.labels[other] !== undefined)) coming.add(value);
  }
  return coming.size === 0 ? 0 : counter.domains + coming.size;
}

function spreadsOf(needs: Needs, { board, foreseen }: Known): readonly Spread[] {
  const spreading = spreadingOf(needs);
  if (spreading.length === 0) return noSpreads;
  const keys = spreading.map(({ topologyKey }) => topologyKey);
  return spreading.map(({ counting, topologyKey, maxSkew, minDomains, self }) => {
    const counter = board.crowd.counter(counting);
    const least = foreseen.length === 0 ? 0 : domainsForeseen(counter, keys, needs, foreseen);
    return { counter, topologyKey, maxSkew, minDomains: Math.max(minDomains, least), self };
  });
}

export function askOf(needs: Needs, known: Known): Ask {
  const { namespace, spec, requests } = needs;
  const { others, ports, claims, anyLabels } = readingOf(needs);
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
    others,
    ports,
    claims,
    anyLabels,
    together,
    apart,
    spreads,
    foresees: known.foreseen.length > 0 && zonedBy({ spreads }) !== null,
    volumes,
    countable: plain && apart.length === 0 && spreads.length === 0,
    refused: plain && together === null ? refusedFor(kin, spreads, known) : null,
  };
}

/** Its own labels and whom it keeps away are its kin's: only the rules that spread it may differ. */
function refusedFor(kin: KinState, spreads: readonly Spread[], { refused }: Known): Refused {
  let key = `${kin.id}:`;
  for (const { counter, maxSkew, minDomains } of spreads) key += `${counter.id} ${maxSkew} ${minDomains};`;
  const known = refused.get(key) ?? new Refused(spreads);
  refused.set(key, known);
  return known;
}
