// What goes with its owner: dependents of deleted objects, pods of deleted nodes, the content of ended namespaces; quota use.
import { WorkQueue } from '../agenda.ts';
import { printQuantity } from '../quantity.ts';
import { usedBy } from '../api/quota.ts';
import { keyOfObject } from '../objects.ts';
import { reactionTime } from './cluster.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { KubeObject } from '../objects.ts';
import type { Cluster } from './cluster.ts';

const orphanedPodsAfter = 1000 as Milliseconds;

export function startGarbage(cluster: Cluster): void {
  const { registry, agenda } = cluster;
  const { store, index } = registry;
  const owners = new WorkQueue(agenda, reactionTime, (uid) => {
    for (const { resource, key } of index.dependentsOf(uid)) {
      const object: KubeObject | undefined = store.get(resource, key);
      const others = object?.metadata.ownerReferences?.filter((owner) => owner.uid !== uid) ?? [];
      if (object === undefined) continue;
      if (others.length === 0) registry.delete(resource, key);
      else
        registry.change(resource, key, (draft) => {
          draft.metadata.ownerReferences = others;
        });
    }
  });
  const nodes = new WorkQueue(agenda, orphanedPodsAfter, (name) => {
    if (store.get('nodes', name) === undefined)
      for (const pod of index.podsOn(name)) store.remove('pods', keyOfObject(pod));
  });
  const namespaces = new WorkQueue(agenda, reactionTime, (name) => endNamespace(cluster, name, namespaces));
  const quotas = new WorkQueue(agenda, reactionTime, (key) => countQuota(cluster, key));
  store.subscribe(({ resource, object, type }) => {
    if (type === 'DELETED') owners.add(object.metadata.uid);
    if (resource === 'nodes' && type === 'DELETED') nodes.add(object.metadata.name);
    if (resource === 'namespaces' && object.metadata.deletionTimestamp !== undefined && type !== 'DELETED')
      namespaces.add(object.metadata.name);
    if (resource === 'resourcequotas') quotas.add(keyOfObject(object));
    if (resource === 'pods')
      for (const quota of store.values('resourcequotas'))
        if (quota.metadata.namespace === object.metadata.namespace) quotas.add(keyOfObject(quota));
  });
}

function endNamespace({ registry, agenda }: Cluster, name: string, queue: WorkQueue): void {
  let left = 0;
  for (const resource of registry.resources.values()) {
    if (!resource.namespaced) continue;
    for (const object of registry.store.list(resource.name)) {
      if (object.metadata.namespace !== name) continue;
      const { gone } = registry.delete(resource.name, keyOfObject(object));
      if (!gone) left += 1;
    }
  }
  if (left === 0) registry.store.remove('namespaces', name);
  else agenda.after(orphanedPodsAfter, () => queue.add(name));
}

function countQuota({ registry }: Cluster, key: string): void {
  const quota = registry.store.get('resourcequotas', key);
  if (quota === undefined) return;
  const used = Object.entries(usedBy(registry.store, quota)).map(([name, value]) => [name, printQuantity(name, value)]);
  registry.change('resourcequotas', key, (draft) => {
    draft.status = { hard: { ...draft.spec.hard }, used: Object.fromEntries(used) as Record<string, string> };
  });
}
