// Drains of groups that no policy names any more: they are taken back, whoever wrote the policy has changed their mind.
import type { Config } from '../../model/config.ts';
import { drainOf } from '../../model/drain-record-on.ts';
import type { DrainRecord } from '../../model/drain-record.ts';
import type { Node } from '../../model/kubernetes.ts';
import type { MagnumNodeGroup } from '../../model/openstack.ts';
import type { DrainStep } from '../../model/plan.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { minutes, type Instant } from '../../model/units.ts';
import type { UndescribedNodes } from './group-decision.ts';
import { isReady } from './membership.ts';

/** Groups that no policy names are read every five minutes: what shows then was there when the removal was announced, or has come since. */
const seenWithin = minutes(10);

/** A resize that was announced may have been sent: only what was surely not, or has not come so far, is taken back. */
function isTakenBack(node: Node, record: DrainRecord, groups: readonly MagnumNodeGroup[], now: Instant): boolean {
  // A person's own drain is a person's.
  if (record.request !== undefined) return false;
  const { step, nodeGroup, startedAt, removingAt = startedAt, countAfter = Infinity } = record;
  if (step === 'draining') return true;
  const group = groups.find(({ name, uuid }) => name === nodeGroup || uuid === nodeGroup);
  if (group === undefined || /_IN_PROGRESS$/.test(group.status ?? '')) return false;
  return group.node_count > countAfter && now - removingAt > seenWithin && isReady(node);
}

export function strayDrains(
  { kubernetes, magnum }: Snapshot,
  config: Config,
  now: Instant,
): readonly UndescribedNodes[] {
  const groups = magnum.nodegroups ?? [];
  const named = new Set(config.nodePolicies.flatMap(({ spec }) => spec.nodeGroups.map(({ name }) => name)));
  const uuids = new Map(groups.map(({ uuid, name }) => [uuid, name]));
  for (const name of [...named]) named.add(uuids.get(name) ?? name);
  const stray = new Map<string, DrainStep[]>();
  for (const node of kubernetes.nodes ?? []) {
    const record = drainOf(node);
    if (record === null || named.has(record.nodeGroup)) continue;
    if (!isTakenBack(node, record, groups, now)) continue;
    const step: DrainStep = { step: 'rollBack', node: node.metadata.name, reason: 'PolicyRemoved', by: null };
    const others = stray.get(record.nodeGroup);
    if (others === undefined) stray.set(record.nodeGroup, [step]);
    else others.push(step);
  }
  return [...stray].map(([group, drains]) => ({
    policy: { name: '' },
    nodeGroup: group,
    // Nobody is asked before something is taken back.
    mode: config.daemon.mode === 'confirm' ? 'act' : config.daemon.mode,
    current: null,
    desired: null,
    action: 'none',
    reason: 'PolicyOff',
    for: [],
    remove: [],
    resize: null,
    drains,
    kept: [],
    upcoming: 0,
    until: null,
    facts: { group, node: drains.map(({ node }) => node).join(', ') },
  }));
}
