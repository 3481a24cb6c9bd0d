// Who runs where: pods by the name of their node, and those without one. Only what has changed since the last tick is looked at anew.
import type { Pod } from '../../model/kubernetes.ts';

export type PodsOnNodes = ReadonlyMap<string, readonly Pod[]>;

interface Gathered {
  readonly pods: readonly Pod[];
  readonly byNode: PodsOnNodes;
}

/** Where those stand that have no node. */
export const nowhere = '';

const podsAStep = 8_192;
const nodeOf = (pod: Pod): string => pod.spec?.nodeName ?? nowhere;

function* fromScratch(pods: readonly Pod[]): Generator<undefined, PodsOnNodes> {
  const byNode = new Map<string, Pod[]>([[nowhere, []]]);
  for (const [index, pod] of pods.entries()) {
    if (index % podsAStep === podsAStep - 1) yield;
    const node = nodeOf(pod);
    const known = byNode.get(node);
    if (known === undefined) byNode.set(node, [pod]);
    else known.push(pod);
  }
  return byNode;
}

const isSameOne = (one: Pod, other: Pod): boolean =>
  one.metadata.name === other.metadata.name && one.metadata.namespace === other.metadata.namespace;

interface Changes {
  readonly gone: readonly Pod[];
  readonly come: readonly Pod[];
}

/** The watch keeps the order: a changed pod stays in its place, new ones come last. Whatever else it is, it is found. */
function changesBetween(before: readonly Pod[], after: readonly Pod[], most: number): Changes | null {
  const gone: Pod[] = [];
  const come: Pod[] = [];
  let next = 0;
  for (const old of before) {
    const pod = after[next];
    if (pod === old) {
      next += 1;
      continue;
    }
    if (gone.push(old) > most) return null;
    if (pod === undefined || !isSameOne(pod, old)) continue;
    come.push(pod);
    next += 1;
  }
  for (; next < after.length; next += 1) {
    const pod = after[next];
    if (pod !== undefined && come.push(pod) > most) return null;
  }
  return { gone, come };
}

/** The nodes of those that came or went are gathered anew, in the order of the list. */
function* changed(
  { byNode }: Gathered,
  pods: readonly Pod[],
  { gone, come }: Changes,
): Generator<undefined, PodsOnNodes> {
  const nodes = new Set([...gone, ...come].map(nodeOf));
  if (nodes.size === 0) return byNode;
  const there = new Set<Pod>();
  for (const node of nodes) for (const pod of byNode.get(node) ?? []) there.add(pod);
  for (const pod of gone) there.delete(pod);
  // After those that went: one that stands elsewhere in the list now has gone and come.
  for (const pod of come) there.add(pod);
  const anew = new Map<string, Pod[]>();
  for (const [index, pod] of pods.entries()) {
    if (index % podsAStep === podsAStep - 1) yield;
    if (!there.has(pod)) continue;
    const node = nodeOf(pod);
    const known = anew.get(node);
    if (known === undefined) anew.set(node, [pod]);
    else known.push(pod);
  }
  const result = new Map(byNode);
  for (const node of nodes) {
    const now = anew.get(node);
    if (now === undefined && node !== nowhere) result.delete(node);
    else result.set(node, now ?? []);
  }
  return result;
}

const remembered = new WeakMap<object, Gathered>();

/** `key`: what stays the same from tick to tick and is not shared by two clusters. */
export function* podsOnNodes(pods: readonly Pod[], key: object): Generator<undefined, PodsOnNodes> {
  const before = remembered.get(key);
  if (before?.pods === pods) return before.byNode;
  const changes = before === undefined ? null : changesBetween(before.pods, pods, Math.ceil(pods.length / 4));
  const byNode =
    before === undefined || changes === null ? yield* fromScratch(pods) : yield* changed(before, pods, changes);
  remembered.set(key, { pods, byNode });
  return byNode;
}
