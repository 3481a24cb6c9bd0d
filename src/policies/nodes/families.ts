// Pods of one owner, whichever nodes they run on: what is asked of the owner is answered once for all of them.
import type { OwnerReference } from '../../model/kubernetes.ts';
import type { KeptReason } from '../../model/reason.ts';
import { isLookedUp, type Controllers } from './controllers.ts';
import { kinLike, type Kin, type Likeness } from './fit/needs.ts';

export class Family {
  readonly namespace: string;
  /** undefined: those of the namespace that nobody controls */
  readonly owner: OwnerReference | undefined;
  readonly isLookedUp: boolean;
  #judged: { readonly controllers: Controllers; readonly least: number; readonly loss: KeptReason | null } | null =
    null;

  #kin: Kin | null = null;

  constructor(namespace: string, owner: OwnerReference | undefined) {
    this.namespace = namespace;
    this.owner = owner;
    this.isLookedUp = owner !== undefined && isLookedUp(owner);
  }

  /** How one of its pods looks to the rules of others: mostly as the one before. */
  kinOf(pod: Likeness): Kin {
    this.#kin = kinLike(this.#kin, pod);
    return this.#kin;
  }

  /** Whoever would start its pods again is gone, or has fewer than `least`; null: neither. */
  lossAmong(controllers: Controllers, least: number): KeptReason | null {
    const known = this.#judged;
    if (known?.controllers === controllers && known.least === least) return known.loss;
    const loss = this.owner === undefined ? null : lossOf(this.namespace, this.owner, controllers, least);
    this.#judged = { controllers, least, loss };
    return loss;
  }
}

const counted = new Set(['ReplicaSet', 'ReplicationController']);

export function lossOf(
  namespace: string,
  { kind, name }: OwnerReference,
  controllers: Controllers,
  least: number,
): KeptReason | null {
  const replicas = controllers.get(kind)?.of(namespace, name);
  if (replicas === undefined) return 'ControllerGone';
  return replicas !== null && counted.has(kind) && replicas < least ? 'BelowMinReplicas' : null;
}

const isOf = ({ owner }: Family, other: OwnerReference | undefined): boolean =>
  owner === other || (owner?.kind === other?.kind && owner?.apiVersion === other?.apiVersion);

export class Families {
  readonly #byNamespace = new Map<string, Map<string, Family>>();
  #latest: Family | null = null;

  of(namespace: string, owner: OwnerReference | undefined): Family {
    // Lists come in the order of names, and pods of one owner share what is said of it.
    if (this.#latest?.owner === owner && this.#latest?.namespace === namespace) return this.#latest;
    this.#latest = this.#find(namespace, owner);
    return this.#latest;
  }

  #find(namespace: string, owner: OwnerReference | undefined): Family {
    let byName = this.#byNamespace.get(namespace);
    if (byName === undefined) this.#byNamespace.set(namespace, (byName = new Map<string, Family>()));
    const name = owner?.name ?? '';
    const known = byName.get(name);
    if (known !== undefined && isOf(known, owner)) return known;
    // Seldom: a StatefulSet and a ReplicaSet of one name.
    const key = known === undefined ? name : `${name}\n${owner?.kind ?? ''}\n${owner?.apiVersion ?? ''}`;
    const alike = byName.get(key);
    if (alike !== undefined) return alike;
    const made = new Family(namespace, owner);
    byName.set(key, made);
    return made;
  }
}
