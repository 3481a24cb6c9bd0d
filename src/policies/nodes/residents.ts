// The pods of a node together: which of them need another place, and what of it can be said once, until one of them changes.
import type { OwnerReference, Pod } from '../../model/kubernetes.ts';
import { controllerOf, isDeleting, isTerminal } from '../pod-facts.ts';
import { isLookedUp, type Controllers } from './controllers.ts';
import type { Family } from './families.ts';
import type { Part } from './fit/changed-part.ts';
import type { Look } from './households.ts';
import {
  hasLocalStorage,
  isSystem,
  lossOf,
  movabilityOf,
  ofItself,
  podName,
  profileOf,
  replicated,
  saysNothing,
  type Movability,
  type MovableRules,
} from './movable.ts';

type Blocked = Extract<Movability, { move: 'blocked' }>;

/** What is said of each pod once, in the order of the node's list. */
export interface Residents {
  /** the controllers among which all of `owned` was found last */
  complete: Controllers | null;
  /** they need another place, if nothing else speaks against it */
  readonly moving: readonly Pod[];
  /** their controllers have to be there */
  readonly owned: readonly Pod[];
  /** whose those are, where it is known */
  readonly families: readonly Family[] | null;
  /** what is said of them changes with time */
  readonly timed: readonly Pod[];
  readonly blocked: Blocked | null;
}

/** Nothing about the pod but its controller speaks for or against moving it, as of most pods. */
function isOrdinary(pod: Pod, owner: OwnerReference | undefined, shrink: MovableRules['shrink']): boolean {
  return (
    owner !== undefined &&
    replicated.has(owner.kind) &&
    !isDeleting(pod) &&
    !isSystem(pod) &&
    !isTerminal(pod) &&
    saysNothing(pod) &&
    (shrink.protect.length === 0 || !shrink.protect.some(({ namespace }) => namespace === pod.metadata.namespace)) &&
    (pod.spec?.volumes === undefined || shrink.localVolumes !== 'block' || !hasLocalStorage(pod))
  );
}

/** `look`: what was seen of them while they were gathered. */
export function residentsOf(pods: readonly Pod[], shrink: MovableRules['shrink'], look?: Look): Residents {
  const known = look !== undefined && shrink.protect.length === 0 ? look : null;
  if (known?.special.length === 0)
    return { complete: null, moving: pods, owned: pods, families: known.families, timed: [], blocked: null };
  const moving: Pod[] = [];
  const timed: Pod[] = [];
  const owned: Pod[] = [];
  const families: Family[] = [];
  let blocked: Blocked | null = null;
  let special = 0;
  const own = (pod: Pod, index: number): void => {
    owned.push(pod);
    const family = known?.families[index];
    if (family !== undefined) families.push(family);
  };
  for (const [index, pod] of pods.entries()) {
    if (known !== null && known.special[special] !== index) {
      own(pod, index);
      moving.push(pod);
      continue;
    }
    special += 1;
    const owner = controllerOf(pod);
    if (isOrdinary(pod, owner, shrink)) {
      if (owner !== undefined && isLookedUp(owner)) own(pod, index);
      moving.push(pod);
      continue;
    }
    const profile = profileOf(pod);
    if (profile.mirror) continue;
    if (profile.goneAfter !== null || isSystem(pod)) {
      timed.push(pod);
      continue;
    }
    if (profile.looksForOwner) own(pod, index);
    const ofPod = ofItself(profile, pod.metadata.namespace, shrink);
    if (ofPod.move === 'blocked') blocked ??= ofPod;
    if (ofPod.move === 'evict') moving.push(pod);
  }
  return { complete: null, moving, owned, families: known === null ? null : families, timed, blocked };
}

/** The list with those that came in the place of those that went; null: their place is not known. */
function patched(
  list: readonly Pod[],
  gone: readonly Pod[],
  come: readonly Pod[],
  isAtEnd: boolean,
): readonly Pod[] | null {
  const at = list.findIndex((pod) => gone.includes(pod));
  if (at >= 0) {
    let until = at;
    while (gone.includes(list[until] as Pod)) until += 1;
    return [...list.slice(0, at), ...come, ...list.slice(until)];
  }
  if (come.length === 0) return list;
  return isAtEnd ? [...list, ...come] : null;
}

/** The same as asking all of them anew, where only a part has changed; null: that has to be done. */
export function residentsAfter(
  before: Residents,
  {
    podsBefore,
    pods,
    part,
  }: { readonly podsBefore: readonly Pod[]; readonly pods: readonly Pod[]; readonly part: Part },
  shrink: MovableRules['shrink'],
): Residents | null {
  if (before.blocked !== null) return null;
  const gone = podsBefore.slice(part.from, part.untilBefore);
  const come = residentsOf(pods.slice(part.from, part.until), shrink);
  const isAtEnd = part.untilBefore === podsBefore.length;
  const moving = patched(before.moving, gone, come.moving, isAtEnd);
  const owned = patched(before.owned, gone, come.owned, isAtEnd);
  const timed = patched(before.timed, gone, come.timed, isAtEnd);
  if (moving === null || owned === null || timed === null) return null;
  const { complete } = before;
  const isComplete = complete !== null && lostAmong(come, { controllers: complete, shrink }) === null;
  return { complete: isComplete ? complete : null, moving, owned, families: null, timed, blocked: come.blocked };
}

const isOf = (pod: Pod, owner: OwnerReference, namespace: string | undefined): boolean => {
  const own = controllerOf(pod);
  return own?.kind === owner.kind && own.name === owner.name && pod.metadata.namespace === namespace;
};

const lastOf = (owned: readonly Pod[], owner: OwnerReference, pod: Pod): Pod =>
  owned.findLast((one) => isOf(one, owner, pod.metadata.namespace)) ?? pod;

/** Somebody whose controller is gone, or has too few: of its pods here the last one is named. */
function lostAmong(
  { owned, families }: Pick<Residents, 'owned' | 'families'>,
  rules: Pick<MovableRules, 'controllers' | 'shrink'>,
): Blocked | null {
  const { controllers, shrink } = rules;
  if (families?.every((family) => family.lossAmong(controllers, shrink.minReplicas) === null) === true) return null;
  for (const pod of owned) {
    const owner = controllerOf(pod);
    const reason = owner === undefined ? null : lossOf(pod, owner, rules);
    if (reason === null || owner === undefined) continue;
    return { move: 'blocked', reason, by: podName(lastOf(owned, owner, pod)) };
  }
  return null;
}

/** The same answer as asking each of the pods, budgets aside. */
export function movingOf(residents: Residents, rules: MovableRules): readonly Pod[] | Blocked {
  // What the answer depends on beside these is the policy's, and residents are of one policy.
  if (residents.complete !== rules.controllers) {
    const lost = lostAmong(residents, rules);
    if (lost !== null) return lost;
    residents.complete = rules.controllers;
  }
  if (residents.blocked !== null) return residents.blocked;
  let more: Pod[] | null = null;
  for (const pod of residents.timed) {
    const movability = movabilityOf(pod, rules);
    if (movability.move === 'blocked') return movability;
    if (movability.move === 'evict') (more ??= []).push(pod);
  }
  return more === null ? residents.moving : [...residents.moving, ...more];
}
