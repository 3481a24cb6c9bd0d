// Drains of groups that no policy names any more: they are taken back, whoever wrote the policy has changed their mind.
import type { Config } from '../../model/config.ts';
import { drainOf } from '../../model/drain-record-on.ts';
import type { DrainStep } from '../../model/plan.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { UndescribedNodes } from './group-decision.ts';

/** A resize that was announced may have been sent: only what has not come so far is taken back, and no person's own drain. */
export function strayDrains({ kubernetes, magnum }: Snapshot, config: Config): readonly UndescribedNodes[] {
  const named = new Set(config.nodePolicies.flatMap(({ spec }) => spec.nodeGroups.map(({ name }) => name)));
  const uuids = new Map((magnum.nodegroups ?? []).map(({ uuid, name }) => [uuid, name]));
  for (const name of [...named]) named.add(uuids.get(name) ?? name);
  const stray = new Map<string, DrainStep[]>();
  for (const node of kubernetes.nodes ?? []) {
    const record = drainOf(node);
    if (record === null || record.step !== 'draining' || record.request !== undefined) continue;
    if (named.has(record.nodeGroup)) continue;
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
