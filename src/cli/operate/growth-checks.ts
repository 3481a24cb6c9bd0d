// What is asked before a person's order of VMs goes out: the same limits, quota and status that the daemon asks.
import { isBackedOff } from '../../policies/nodes/back-off.ts';
import type { GroupState } from '../../policies/nodes/group-state.ts';
import { removalUnderWay, statusBarrier } from '../../policies/nodes/growth-barrier.ts';
import { allowedNodes, quotaIn, type SizedGroup } from '../../policies/nodes/limits.ts';
import { sizeOfGroup } from '../../policies/nodes/node-size.ts';
import { actorsText } from '../../policies/nodes/other-actors.ts';
import { shapeOf } from '../../policies/nodes/shape.ts';
import { unreadBeside } from '../../policies/nodes/unread-groups.ts';
import { switchCheck, type Check } from './checks.ts';
import type { Scene } from './scene.ts';

function sized(group: GroupState, { snapshot: { kubernetes: facts, nova, magnum }, groups }: Scene): SizedGroup {
  const flavors = nova.flavors ?? [];
  const shape = shapeOf(group, { facts, flavors, cluster: magnum.cluster, groups });
  return { group, size: sizeOfGroup(group, shape, flavors) };
}

export function growthChecks(scene: Scene, group: GroupState, to: number): readonly Check[] {
  const { snapshot, config, groups, unusable, now } = scene;
  const known = new Set(groups.flatMap(({ nodes }) => nodes));
  const unread = unreadBeside(unusable, (node) => known.has(node), scene);
  const allowed = allowedNodes(sized(group, scene), {
    groups: groups.map((one) => sized(one, scene)),
    ...unread,
    ordered: new Map(),
    config,
    nova: quotaIn(snapshot),
  });
  // Their nodes count as they were last known: more of them may have come since.
  const lastSeen = unusable.map(
    ({ policy, reason }, index) => `${policy.name}: ${reason}, ${unread.unseen[index]?.count ?? 0}`,
  );
  const more = to - group.count;
  const busy = statusBarrier(group, snapshot.magnum.cluster) ?? removalUnderWay(group);
  const failure = group.memory.lastFailure;
  return [
    { name: 'group', state: 'ok', what: `${group.policy.name} (${group.document.metadata.name})` },
    switchCheck(group, 'grow'),
    group.others.length === 0
      ? { name: 'others', state: 'ok', what: '-' }
      : { name: 'others', state: 'warn', what: actorsText(group.others) },
    busy === null
      ? { name: 'status', state: 'ok', what: group.magnum.status ?? '-' }
      : { name: 'status', state: 'refused', what: busy.by },
    isBackedOff(group.memory, now)
      ? { name: 'backOff', state: 'warn', what: failure?.message ?? '-' }
      : { name: 'backOff', state: 'ok', what: '-' },
    { name: 'minimum', state: to < group.min ? 'refused' : 'ok', what: `min ${group.min}` },
    { name: 'maximum', state: to > group.max ? 'refused' : 'ok', what: `max ${group.max}` },
    {
      name: 'limits',
      state: allowed.nodes < more ? 'refused' : unusable.length > 0 ? 'warn' : 'ok',
      what: [allowed.nodes < more ? `${allowed.reason} ${allowed.by}` : allowed.by, ...lastSeen].join('; '),
    },
  ];
}
