// What all groups of one tick share: the facts, the policies, what the pod tier decided, and the hour.
import type { Config } from '../../model/config.ts';
import type { Pod } from '../../model/kubernetes.ts';
import type { Memory } from '../../model/memory.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Instant } from '../../model/units.ts';
import type { Standing } from '../pods/decide-pods.ts';

export interface NodeTick {
  readonly snapshot: Snapshot;
  readonly config: Config;
  readonly memory: Memory;
  readonly standings: readonly Standing[];
  /** since when ticks have followed each other without a long gap */
  readonly steadySince: Instant;
  readonly now: Instant;
  /** by the node's name; bound pods only */
  readonly podsOn: ReadonlyMap<string, readonly Pod[]>;
}

const podsAStep = 8_192;

/** Bound pods by the name of their node, with places to take a breath: there may be hundreds of thousands. */
export function* podsOnNodes(
  pods: readonly Pod[] | undefined,
): Generator<undefined, ReadonlyMap<string, readonly Pod[]>> {
  const byNode = new Map<string, Pod[]>();
  let seen = 0;
  for (const pod of pods ?? []) {
    if (++seen % podsAStep === 0) yield;
    const node = pod.spec?.nodeName ?? '';
    if (node === '') continue;
    const known = byNode.get(node);
    if (known === undefined) byNode.set(node, [pod]);
    else known.push(pod);
  }
  return byNode;
}
