// A pod's status as its kubelet would write it in each state of its life.
import { conditionOf } from '../objects.ts';
import { withCondition } from './cluster.ts';
import type { Condition, ContainerStatus, Pod } from '../objects.ts';

export type PodState = 'running' | 'ready' | 'ended' | 'crashed' | 'ImagePullBackOff';

export function containerStatuses(pod: Pod, state: PodState, exitCode: number, now: string): ContainerStatus[] {
  const started = pod.status.startTime ?? now;
  return pod.spec.containers.map((container): ContainerStatus => {
    const old = pod.status.containerStatuses?.find((one) => one.name === container.name);
    const image = container.image ?? '';
    const base = {
      name: container.name,
      image,
      imageID: state === 'ImagePullBackOff' ? '' : `sandbox://${image}`,
      restartCount: (old?.restartCount ?? 0) + (state === 'crashed' ? 1 : 0),
      ready: state === 'ready',
      started: state === 'ready' || state === 'running',
      ...(state === 'ImagePullBackOff' ? {} : { containerID: `sandbox://${pod.metadata.uid}/${container.name}` }),
    };
    switch (state) {
      case 'running':
      case 'ready':
        return { ...base, state: { running: { startedAt: started } } };
      case 'ended': {
        const reason = exitCode === 0 ? 'Completed' : 'Error';
        return { ...base, state: { terminated: { exitCode, reason, startedAt: started, finishedAt: now } } };
      }
      case 'crashed':
        return {
          ...base,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' } },
          lastState: { terminated: { exitCode: 1, reason: 'Error', startedAt: started, finishedAt: now } },
        };
      case 'ImagePullBackOff':
        return {
          ...base,
          state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } },
        };
    }
  });
}

export function podConditions(pod: Pod, state: PodState, now: string): Condition[] {
  const ready = state === 'ready';
  const why = state === 'ended' ? 'PodCompleted' : ready ? undefined : 'ContainersNotReady';
  // a readiness gate is another's word: without it the pod is not ready
  const gates = (pod.spec.readinessGates ?? []).every(
    ({ conditionType }) => conditionOf(pod.status, conditionType)?.status === 'True',
  );
  const make = (type: string, holds: boolean, reason: string | undefined): Condition => ({
    type,
    status: holds ? 'True' : 'False',
    lastProbeTime: null,
    ...(reason === undefined ? {} : { reason }),
  });
  let conditions = withCondition(pod.status.conditions, make('PodScheduled', true, undefined), now);
  conditions = withCondition(conditions, make('Initialized', true, state === 'ended' ? why : undefined), now);
  conditions = withCondition(conditions, make('ContainersReady', ready, why), now);
  return withCondition(
    conditions,
    make('Ready', ready && gates, why ?? (gates ? undefined : 'ReadinessGatesNotReady')),
    now,
  );
}
