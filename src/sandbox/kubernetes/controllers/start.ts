// Sets all controllers to work on one cluster.
import { startDaemonSets } from './daemonsets.ts';
import { startDeployments } from './deployments.ts';
import { startDisruption } from './disruption.ts';
import { startGarbage } from './garbage.ts';
import { startJobs } from './jobs.ts';
import { Kubelets } from './kubelets.ts';
import { startNodeLifecycle, watchSilence } from './node-lifecycle.ts';
import { startReplicaSets } from './replicasets.ts';
import { startStatefulSets } from './statefulsets.ts';
import { startScheduler } from '../scheduler/scheduler.ts';
import type { Cluster } from './cluster.ts';

export interface Controllers {
  /** A fault of a node was set or cleared: nodeDead:NAME or nodeNotReady:NAME. */
  nodeFault(fault: string, on: boolean): void;
}

export function startControllers(cluster: Cluster): Controllers {
  startDeployments(cluster);
  startReplicaSets(cluster, 'replicasets');
  startReplicaSets(cluster, 'replicationcontrollers');
  startReplicaSets(cluster, 'rollouts');
  startStatefulSets(cluster);
  startDaemonSets(cluster);
  startJobs(cluster);
  startDisruption(cluster);
  startGarbage(cluster);
  startNodeLifecycle(cluster);
  startScheduler(cluster);
  const kubelets = new Kubelets(cluster);
  return {
    nodeFault: (fault, on) => {
      const [kind, ...rest] = fault.split(':');
      const node = rest.join(':');
      if (node === '') return;
      if (kind === 'nodeDead' && on) watchSilence(cluster, node);
      kubelets.refresh(node);
    },
  };
}
