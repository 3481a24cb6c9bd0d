// Who runs where: pods by the name of their node, and those without one. Only what has changed since the last tick is looked at anew.
import type { Pod } from '../../model/kubernetes.ts';
import { Households } from './households.ts';

export type PodsOnNodes = ReadonlyMap<string, readonly Pod[]>;

interface Gathered {
  readonly pods: readonly Pod[];
  readonly byNode: PodsOnNodes;
}

/** Where those stand that have no node. */
export const nowhere = '';

const podsAStep = 4_096;
const comparedAStep = 32_768;
const nodeOf = (pod: Pod): string => pod.spec?.nodeName ?? nowhere;

function* fromScratch(pods: readonly Pod[]): Generator<undefined, PodsOnNodes> {
  const households = new Households(pods, nowhere);
  for (let index = 0; index < pods.length; index += 1) {
    if (index % podsAStep === podsAStep - 1) yield;
    households.take(index);
  }
  yield;
  return yield* households.close();
}

const isSameOne = (one: Pod, other: Pod): boolean =>
  one.metadata.name === other.metadata.name && one.metadata.namespace === other.metadata.namespace;

interface Changes {
  /** changed in their place, on the node where they were: the new one by the old one */
  readonly swapped: ReadonlyMap<Pod, Pod>;
  readonly gone: ReadonlySet<Pod>;
  /** in an old place of the list on another node than before */
  readonly moved: readonly Pod[];
  /** behind all others */
  readonly come: readonly Pod[];
}

/** How many are the same ones from there on; some thousands at most are looked at. */
function alikeFrom(before: readonly Pod[], from: number, after: readonly Pod[], next: number): number {
  const most = Math.min(comparedAStep, before.length - from, after.length - next);
  let alike = 0;
  while (alike < most && before[from + alike] === after[next + alike]) alike += 1;
  return alike;
}

/** The watch keeps the order: a changed pod stays in its place, new ones come last. Whatever else it is, it is found. */
function* changesBetween(
  before: readonly Pod[],
  after: readonly Pod[],
  most: number,
): Generator<undefined, Changes | null> {
  const swapped = new Map<Pod, Pod>();
  const gone = new Set<Pod>();
  const moved: Pod[] = [];
  let next = 0;
  for (let index = 0, looked = 0; index < before.length; index += 1) {
    const alike = alikeFrom(before, index, after, next);
    index += alike;
    next += alike;
    looked += alike;
    if (looked >= comparedAStep) {
      looked = 0;
      yield;
    }
    const old = before[index];
    const pod = after[next];
    if (old === undefined) break;
    if (pod === old) {
      next += 1;
      continue;
    }
    if (swapped.size + gone.size >= most) return null;
    if (pod === undefined || !isSameOne(pod, old)) {
      gone.add(old);
      continue;
    }
    next += 1;
    if (nodeOf(pod) === nodeOf(old)) swapped.set(old, pod);
    else {
      gone.add(old);
      moved.push(pod);
    }
  }
  return after.length - next > most ? null : { swapped, gone, moved, come: after.slice(next) };
}

/** Of these nodes only, in the order of the list. */
function* gatheredAnew(pods: readonly Pod[], nodes: ReadonlySet<string>): Generator<undefined, Map<string, Pod[]>> {
  const anew = new Map<string, Pod[]>([...nodes].map((node) => [node, []]));
  if (nodes.size === 0) return anew;
  for (const [index, pod] of pods.entries()) {
    if (index % podsAStep === podsAStep - 1) yield;
    anew.get(nodeOf(pod))?.push(pod);
  }
  return anew;
}

/** Only the nodes of those that came, went or changed get a new list. */
function* changed(
  { byNode }: Gathered,
  pods: readonly Pod[],
  { swapped, gone, moved, come }: Changes,
): Generator<undefined, PodsOnNodes> {
  if (swapped.size + gone.size + come.length === 0) return byNode;
  const lists = new Map<string, Pod[]>();
  const listOf = (node: string): Pod[] => {
    const known = lists.get(node) ?? [...(byNode.get(node) ?? [])];
    lists.set(node, known);
    return known;
  };
  for (const [old, pod] of swapped) {
    const list = listOf(nodeOf(old));
    list[list.indexOf(old)] = pod;
  }
  for (const pod of gone) {
    const list = listOf(nodeOf(pod));
    list.splice(list.indexOf(pod), 1);
  }
  for (const pod of come) listOf(nodeOf(pod)).push(pod);
  // A place in the middle of a node's list is not known: such nodes are looked for among all pods.
  const anew = yield* gatheredAnew(pods, new Set(moved.map(nodeOf)));
  const result = new Map(byNode);
  for (const [node, list] of [...lists, ...anew])
    if (list.length > 0 || node === nowhere) result.set(node, list);
    else result.delete(node);
  return result;
}

const remembered = new WeakMap<object, Gathered>();

/** `key`: what stays the same from tick to tick and is not shared by two clusters. */
export function* podsOnNodes(pods: readonly Pod[], key: object): Generator<undefined, PodsOnNodes> {
  const before = remembered.get(key);
  if (before?.pods === pods) return before.byNode;
  const changes = before === undefined ? null : yield* changesBetween(before.pods, pods, Math.ceil(pods.length / 4));
  const byNode =
    before === undefined || changes === null ? yield* fromScratch(pods) : yield* changed(before, pods, changes);
  remembered.set(key, { pods, byNode });
  return byNode;
}
