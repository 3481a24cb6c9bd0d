// Which objects each policy scales: those that it names, and those that its selector finds. One policy a target.
import type { PodPolicy } from '../model/config.ts';
import type { KubernetesObject, Scale, Workload } from '../model/kubernetes.ts';
import type { KubernetesFacts, SourceError } from '../model/snapshot.ts';
import { targetKey, type TargetRef } from '../model/target.ts';
import { claimsOf, isNamed, type Claims, type NamedClaim, type Place, type SelectingClaim } from './claims.ts';
import { scalesOfKind, workloadLists, type Kind, type WorkloadList } from './kinds.ts';
import { policyFor } from './overrides.ts';
import { workloadOfScale } from './scale.ts';

export type TargetProblem =
  /** several policies mean it: none of them acts */
  | {
      readonly kind: 'claimedTwice';
      readonly target: TargetRef;
      readonly object: Workload | null;
      /** in the order of the configuration */
      readonly policies: readonly PodPolicy[];
    }
  /** the selector finds fewer or more than `expect` says: all that it found hold */
  | {
      readonly kind: 'unexpectedCount';
      readonly policy: PodPolicy;
      readonly count: number;
      readonly expect: { readonly min: number; readonly max: number };
    }
  /** what the policy scales could not be read: the list, or "scales …", as the snapshot's errors name it */
  | { readonly kind: 'unreadable'; readonly policy: PodPolicy; readonly what: string };

export interface BoundTarget {
  /** with the overrides for this target applied: the same object for the same overrides, tick after tick */
  readonly policy: PodPolicy;
  readonly target: TargetRef;
  /** null: there is none, or it was not read */
  readonly object: Workload | null;
  /** why it holds whatever the metrics say */
  readonly problem: TargetProblem | null;
}

export interface Selection {
  /** in the order of the policies, then by namespace and name; each target once */
  readonly bound: readonly BoundTarget[];
  /** a target that is claimed twice is named here only */
  readonly problems: readonly TargetProblem[];
}

const places: readonly Place[] = [...workloadLists, 'scales'];

type ClaimedTwice = Extract<TargetProblem, { kind: 'claimedTwice' }>;
type Whose =
  | { readonly kind: 'nobodys' }
  | { readonly kind: 'named'; readonly claim: NamedClaim; readonly bound: BoundTarget }
  | { readonly kind: 'selected'; readonly claim: SelectingClaim; readonly bound: BoundTarget }
  | { readonly kind: 'twice'; readonly claims: readonly SelectingClaim[]; readonly problem: ClaimedTwice };

/** What one list gave. */
interface Found {
  readonly named: ReadonlyMap<NamedClaim, BoundTarget>;
  readonly selected: ReadonlyMap<SelectingClaim, readonly BoundTarget[]>;
  readonly twice: readonly Extract<Whose, { kind: 'twice' }>[];
}

/** What is remembered of a configuration: an object that has not changed is not looked at again. */
interface Remembered {
  readonly claims: Claims;
  readonly lists: Map<Place, RememberedList>;
  last: { readonly of: readonly unknown[]; readonly selection: Selection } | null;
}
const remembered = new WeakMap<readonly PodPolicy[], Remembered>();

interface RememberedList {
  readonly of: readonly KubernetesObject[];
  /** one for each object */
  readonly whose: readonly Whose[];
  readonly found: Found;
}

/**
 * The same answer, the same object even, while neither the policies nor the lists that they aim at have changed.
 * `errors` are the snapshot's: they tell which custom kinds could not be read.
 */
export function selectTargets(
  policies: readonly PodPolicy[],
  kubernetes: KubernetesFacts,
  errors: readonly SourceError[] = [],
): Selection {
  let memory = remembered.get(policies);
  if (memory === undefined) {
    memory = { claims: claimsOf(policies), lists: new Map(), last: null };
    remembered.set(policies, memory);
  }
  const unread = unreadScales(memory.claims, errors);
  const of = [...places.map((place) => kubernetes[place]), unread.join('\n')];
  if (memory.last?.of.every((part, index) => part === of[index]) === true) return memory.last.selection;
  const selection = join(memory, kubernetes, new Set(unread));
  memory.last = { of, selection };
  return selection;
}

function unreadScales(claims: Claims, errors: readonly SourceError[]): readonly string[] {
  if (errors.length === 0 || !claims.all.some(({ place }) => place === 'scales')) return [];
  return errors.flatMap(({ source, what }) => (source === 'kubernetes' && what.startsWith('scales ') ? [what] : []));
}

function join(memory: Remembered, kubernetes: KubernetesFacts, unread: ReadonlySet<string>): Selection {
  const { all, rivals } = memory.claims;
  const found = new Map<Place, Found | null>();
  for (const place of places) {
    const objects = kubernetes[place];
    found.set(place, objects === undefined ? null : foundIn(memory, place, objects));
  }
  const problems: TargetProblem[] = [];
  const timesTwice = new Map<SelectingClaim, number>();
  for (const one of found.values())
    for (const { claims, problem } of one?.twice ?? []) {
      problems.push(problem);
      for (const claim of claims) timesTwice.set(claim, (timesTwice.get(claim) ?? 0) + 1);
    }
  const fighting = new Set<NamedClaim>();
  for (const [first, claims] of rivals) {
    const object = found.get(first.place)?.named.get(first)?.object ?? null;
    const policies = claims.map(({ policy }) => policy);
    problems.push({ kind: 'claimedTwice', target: first.aim.target, object, policies });
    for (const claim of claims) fighting.add(claim);
  }
  const bound: BoundTarget[] = [];
  for (const claim of all) {
    const here = found.get(claim.place) ?? null;
    if (!isNamed(claim)) {
      const { problem, targets } = selectedBy(claim, here, timesTwice.get(claim) ?? 0, unread);
      if (problem !== null) problems.push(problem);
      for (const target of targets) {
        bound.push(problem === null ? target : { ...target, problem });
        if (target.problem !== null) problems.push(target.problem);
      }
    } else if (!fighting.has(claim)) {
      const target = here?.named.get(claim) ?? missing(claim, here === null, unread);
      bound.push(target);
      if (target.problem !== null) problems.push(target.problem);
    }
  }
  return { bound, problems };
}

function missing({ policy, aim, place }: NamedClaim, listUnread: boolean, unread: ReadonlySet<string>): BoundTarget {
  const scale = `scales ${targetKey(aim.target)}`;
  const what = place === 'scales' ? (unread.has(scale) ? scale : null) : listUnread ? place : null;
  const problem = what === null ? null : ({ kind: 'unreadable', policy, what } as const);
  return { policy, target: aim.target, object: null, problem };
}

function selectedBy(
  claim: SelectingClaim,
  found: Found | null,
  twice: number,
  unread: ReadonlySet<string>,
): { readonly problem: TargetProblem | null; readonly targets: readonly BoundTarget[] } {
  const { policy, aim, place } = claim;
  const what = place === 'scales' ? scalesOfKind({ apiVersion: aim.apiVersion, kind: aim.targetKind }) : place;
  const targets = found?.selected.get(claim) ?? [];
  if (found === null || unread.has(what)) return { problem: { kind: 'unreadable', policy, what }, targets };
  const count = targets.length + twice;
  const { expect } = aim;
  if (expect !== null && (count < expect.min || count > expect.max))
    return { problem: { kind: 'unexpectedCount', policy, count, expect }, targets };
  return { problem: null, targets };
}

function foundIn(memory: Remembered, place: Place, objects: readonly KubernetesObject[]): Found {
  const known = memory.lists.get(place);
  if (known?.of === objects) return known.found;
  const named = new Map<NamedClaim, BoundTarget>();
  const selected = new Map<SelectingClaim, BoundTarget[]>();
  const twice: Extract<Whose, { kind: 'twice' }>[] = [];
  const all = whoseAre(memory.claims, place, objects, known);
  for (const whose of all)
    switch (whose.kind) {
      case 'nobodys':
        break;
      case 'named':
        named.set(whose.claim, whose.bound);
        break;
      case 'selected': {
        const sofar = selected.get(whose.claim);
        if (sofar === undefined) selected.set(whose.claim, [whose.bound]);
        else sofar.push(whose.bound);
        break;
      }
      case 'twice':
        twice.push(whose);
    }
  for (const targets of selected.values()) targets.sort(byName);
  twice.sort((one, other) => byName(one.problem, other.problem));
  const found = { named, selected, twice };
  memory.lists.set(place, { of: objects, whose: all, found });
  return found;
}

/**
 * A list changes by a few objects, and the others stay in their order: walking along the last one finds them again at
 * a fraction of what a look-up by object costs.
 */
function whoseAre(
  claims: Claims,
  place: Place,
  objects: readonly KubernetesObject[],
  last: RememberedList | undefined,
): readonly Whose[] {
  let at = 0;
  return objects.map((object) => {
    const before =
      last?.of[at] === object ? at : last?.of[at + 1] === object ? at + 1 : last?.of[at - 1] === object ? at - 1 : null;
    at = (before ?? at) + 1;
    return (before === null ? undefined : last?.whose[before]) ?? whoseIs(claims, place, object);
  });
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const byName = (one: { readonly target: TargetRef }, other: { readonly target: TargetRef }): number =>
  compare(one.target.namespace, other.target.namespace) || compare(one.target.name, other.target.name);

function whoseIs(claims: Claims, place: Place, object: KubernetesObject): Whose {
  const kind = kindOf(place, object);
  if (kind === null) return { kind: 'nobodys' };
  const owners = claims.ownersOf(place, kind, object);
  switch (owners.kind) {
    case 'nobody':
      return { kind: 'nobodys' };
    case 'named': {
      const { claim } = owners;
      return { kind: 'named', claim, bound: boundTo(claim.policy, claim.aim.target, place, object) };
    }
    case 'selected': {
      const { namespace = '', name } = object.metadata;
      const [claim, ...others] = owners.claims;
      const target = { apiVersion: claim.aim.apiVersion, kind: kind.kind, namespace, name };
      if (others.length === 0)
        return {
          kind: 'selected',
          claim,
          bound: boundTo(policyFor(claim.policy)(namespace, name), target, place, object),
        };
      const policies = owners.claims.map(({ policy }) => policy);
      const problem = { kind: 'claimedTwice', target, object: workloadOf(place, object), policies } as const;
      return { kind: 'twice', claims: owners.claims, problem };
    }
  }
}

const kindNames: Readonly<Record<WorkloadList, string>> = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  replicasets: 'ReplicaSet',
  replicationcontrollers: 'ReplicationController',
};

/** By the list, not by the object: objects in a list need not say their kind. */
const kindOf = (place: Place, object: KubernetesObject): Kind | null =>
  place === 'scales' ? ((object as Scale).target ?? null) : { kind: kindNames[place] };

const workloadOf = (place: Place, object: KubernetesObject): Workload | null =>
  place === 'scales' ? workloadOfScale(object) : object;

function boundTo(policy: PodPolicy, target: TargetRef, place: Place, object: KubernetesObject): BoundTarget {
  const workload = workloadOf(place, object);
  // listed, but its scale was not answered
  const problem =
    workload === null ? ({ kind: 'unreadable', policy, what: `scales ${targetKey(target)}` } as const) : null;
  return { policy, target, object: workload, problem };
}
