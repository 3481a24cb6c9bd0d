// What all policies together lay claim to, made ready once for a configuration: whose is this object?
import type { PodPolicy } from '../model/config.ts';
import type { KubernetesObject } from '../model/kubernetes.ts';
import { anyOf } from './glob.ts';
import { groupOf, listOfKind, type Kind, type WorkloadList } from './kinds.ts';
import { readySelector, type Labels, type ReadySelector } from './labels.ts';

/** Where a kind's objects are found: a list of the snapshot, or the scales of custom kinds. */
export type Place = WorkloadList | 'scales';

type One = Extract<PodPolicy['aim'], { kind: 'one' }>;
type Many = Extract<PodPolicy['aim'], { kind: 'many' }>;

export interface NamedClaim {
  readonly policy: PodPolicy;
  readonly aim: One;
  readonly place: Place;
}

export interface SelectingClaim {
  readonly policy: PodPolicy;
  readonly aim: Many;
  readonly place: Place;
  readonly selector: ReadySelector;
  readonly inNamespace: (namespace: string) => boolean;
}

export type Owners =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'named'; readonly claim: NamedClaim }
  | { readonly kind: 'selected'; readonly claims: readonly [SelectingClaim, ...SelectingClaim[]] };

export interface Claims {
  /** in the order of the policies */
  readonly all: readonly (NamedClaim | SelectingClaim)[];
  /** Policies that name the same target, under the first of them. */
  readonly rivals: ReadonlyMap<NamedClaim, readonly NamedClaim[]>;
  /** Whoever names an object beats whoever selects it. */
  ownersOf(place: Place, kind: Kind, object: KubernetesObject): Owners;
}

export const isNamed = (claim: NamedClaim | SelectingClaim): claim is NamedClaim => claim.aim.kind === 'one';

export function claimsOf(policies: readonly PodPolicy[]): Claims {
  const all = policies.map(claimOf);
  const named = new Map<string, Map<string, NamedClaim[]>>();
  const selecting = new Map<Place, SelectingIndex>();
  for (const claim of all) {
    if (isNamed(claim)) {
      const { kind, namespace, name } = claim.aim.target;
      const inKind = getOr(named, `${claim.place} ${kind} ${namespace}`, () => new Map<string, NamedClaim[]>());
      getOr(inKind, name, () => []).push(claim);
    } else getOr(selecting, claim.place, () => new SelectingIndex()).add(claim);
  }
  const sameName = [...named.values()].flatMap((names) => [...names.values()]);
  return {
    all,
    rivals: new Map(
      sameName.flatMap((claims) => (claims[0] !== undefined && claims.length > 1 ? [[claims[0], claims]] : [])),
    ),
    ownersOf: (place, kind, object) => {
      const { namespace = '', name, labels = {} } = object.metadata;
      const claim = named.get(`${place} ${kind.kind} ${namespace}`)?.get(name)?.[0];
      if (claim !== undefined) return { kind: 'named', claim };
      // What a Deployment made is the Deployment's to scale.
      if (isMadeByOthers(place, object)) return { kind: 'nobody' };
      const [first, ...others] = selecting.get(place)?.find(namespace, labels, kind) ?? [];
      return first === undefined ? { kind: 'nobody' } : { kind: 'selected', claims: [first, ...others] };
    },
  };
}

const isMadeByOthers = (place: Place, { metadata }: KubernetesObject): boolean =>
  (place === 'replicasets' || place === 'replicationcontrollers') &&
  metadata.ownerReferences?.some(({ controller }) => controller === true) === true;

function claimOf(policy: PodPolicy): NamedClaim | SelectingClaim {
  const { aim } = policy;
  if (aim.kind === 'one') return { policy, aim, place: listOfKind(aim.target) ?? 'scales' };
  return {
    policy,
    aim,
    place: listOfKind({ apiVersion: aim.apiVersion, kind: aim.targetKind }) ?? 'scales',
    selector: readySelector(aim.selector),
    inNamespace: anyOf(aim.namespaces),
  };
}

/** Selectors by a label that they require, so that an object is held against the few that may fit. */
class SelectingIndex {
  readonly #byLabel = new Map<string, Map<string, SelectingClaim[]>>();
  readonly #others: SelectingClaim[] = [];

  add(claim: SelectingClaim): void {
    const { required } = claim.selector;
    if (required === null) this.#others.push(claim);
    else {
      const values = getOr(this.#byLabel, required.key, () => new Map<string, SelectingClaim[]>());
      getOr(values, required.value, () => []).push(claim);
    }
  }

  find(namespace: string, labels: Labels, kind: Kind): readonly SelectingClaim[] {
    const found: SelectingClaim[] = [];
    const consider = (claims: readonly SelectingClaim[]): void => {
      for (const claim of claims)
        if (isOfKind(claim.aim, kind) && claim.inNamespace(namespace) && claim.selector.matches(labels))
          found.push(claim);
    };
    consider(this.#others);
    for (const [key, values] of this.#byLabel) {
      const value = labels[key];
      const claims = value === undefined ? undefined : values.get(value);
      if (claims !== undefined) consider(claims);
    }
    return found;
  }
}

/** Two groups may have a kind of the same name; a recording made by hand need not say which it is. */
const isOfKind = (aim: Many, kind: Kind): boolean =>
  aim.targetKind === kind.kind &&
  (listOfKind(kind) !== null || kind.apiVersion === undefined || groupOf(kind.apiVersion) === groupOf(aim.apiVersion));

function getOr<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
