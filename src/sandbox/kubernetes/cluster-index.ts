// Who belongs to whom: the dependents of an owner and the pods of a node, kept up with every change.
import { keyOfObject } from './objects.ts';
import type { Kinds, KubeObject, Pod, ResourceName } from './objects.ts';
import type { Change, Store } from './store.ts';

interface Member {
  readonly resource: ResourceName;
  readonly key: string;
}

export class ClusterIndex {
  readonly #store: Store;
  readonly #owned = new Map<string, Map<string, Member>>();
  readonly #onNode = new Map<string, Set<string>>();

  constructor(store: Store) {
    this.#store = store;
    store.subscribe((change) => this.#note(change));
  }

  ownedBy<R extends ResourceName>(uid: string, resource: R): Kinds[R][] {
    const found: Kinds[R][] = [];
    for (const member of this.dependentsOf(uid)) {
      const object = member.resource === resource ? this.#store.get(resource, member.key) : undefined;
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  dependentsOf(uid: string): Member[] {
    return [...(this.#owned.get(uid)?.values() ?? [])];
  }

  podsOn(node: string): Pod[] {
    const found: Pod[] = [];
    for (const key of this.#onNode.get(node) ?? []) {
      const pod = this.#store.get('pods', key);
      if (pod !== undefined) found.push(pod);
    }
    return found;
  }

  nodesWithPods(): string[] {
    return [...this.#onNode.keys()];
  }

  #note({ type, resource, object, previous }: Change): void {
    const before = previous === undefined ? [] : ownersOf(previous);
    const after = type === 'DELETED' ? [] : ownersOf(object);
    const key = keyOfObject(object);
    const id = `${resource}:${key}`;
    for (const uid of before) if (!after.includes(uid)) leave(this.#owned, uid, id);
    for (const uid of after) {
      const members = this.#owned.get(uid) ?? new Map<string, Member>();
      members.set(id, { resource, key });
      this.#owned.set(uid, members);
    }
    if (resource === 'pods') this.#noteNode(object as Pod, type === 'DELETED');
  }

  #noteNode(pod: Pod, gone: boolean): void {
    const node = pod.spec.nodeName;
    if (node === undefined) return;
    if (gone) leave(this.#onNode, node, keyOfObject(pod));
    else {
      const keys = this.#onNode.get(node) ?? new Set<string>();
      keys.add(keyOfObject(pod));
      this.#onNode.set(node, keys);
    }
  }
}

const ownersOf = (object: KubeObject): string[] => (object.metadata.ownerReferences ?? []).map((owner) => owner.uid);

function leave(
  groups: Map<string, { delete(key: string): boolean; readonly size: number }>,
  group: string,
  key: string,
): void {
  const members = groups.get(group);
  members?.delete(key);
  if (members?.size === 0) groups.delete(group);
}
