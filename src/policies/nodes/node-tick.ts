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
  /** by the node's name; those without one stand under `nowhere` */
  readonly podsOn: ReadonlyMap<string, readonly Pod[]>;
}
