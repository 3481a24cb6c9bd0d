// Jobs: pods until enough of them have succeeded, or too many failed.
import { WorkQueue } from '../agenda.ts';
import { conditionOf, controllerOf, isDeleting, isTerminal, keyOf, keyOfObject } from '../objects.ts';
import { ApiError } from '../status.ts';
import { createPod, deletePod, reactionTime, withCondition } from './cluster.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Job } from '../objects.ts';
import type { Cluster } from './cluster.ts';

const retryAfter = 15_000 as Milliseconds;

export function startJobs(cluster: Cluster): void {
  const { registry, agenda } = cluster;
  const queue = new WorkQueue(agenda, reactionTime, (key) => {
    const job = registry.store.get('jobs', key);
    if (job !== undefined && !isDeleting(job)) reconcile(cluster, job, queue);
  });
  registry.store.subscribe(({ resource, object }) => {
    if (resource === 'jobs') queue.add(keyOfObject(object));
    else if (resource === 'pods') {
      const owner = controllerOf(object);
      if (owner?.kind === 'Job') queue.add(keyOf(object.metadata.namespace, owner.name));
    }
  });
}

function reconcile(cluster: Cluster, job: Job, queue: WorkQueue): void {
  const { registry, agenda } = cluster;
  const key = keyOfObject(job);
  if (['Complete', 'Failed'].some((type) => conditionOf(job.status, type)?.status === 'True')) return;
  const pods = registry.index.ownedBy(job.metadata.uid, 'pods');
  const succeeded = pods.filter((pod) => pod.status.phase === 'Succeeded').length;
  const failed = pods.filter((pod) => pod.status.phase === 'Failed').length;
  const active = pods.filter((pod) => !isTerminal(pod) && !isDeleting(pod));
  const { parallelism = 1, completions, backoffLimit = 6, suspend } = job.spec;
  const over = failed > backoffLimit;
  const done = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
  const room =
    completions === undefined
      ? succeeded > 0
        ? active.length
        : parallelism
      : Math.min(parallelism, completions - succeeded);
  const wanted = over || suspend === true ? 0 : room;
  const labels = { 'job-name': job.metadata.name, 'controller-uid': job.metadata.uid };
  for (let count = active.length; count < wanted; count += 1) {
    const pod = createPod(cluster, job, job.spec.template, { labels });
    if (pod instanceof ApiError) {
      agenda.after(retryAfter, () => queue.add(key));
      break;
    }
    active.push(pod);
  }
  for (const pod of active.splice(Math.max(wanted, 0))) deletePod(cluster, pod);
  const now = registry.timestamp();
  registry.change('jobs', key, (draft) => {
    const status: NonNullable<Job['status']> = { ...draft.status, startTime: draft.status?.startTime ?? now };
    for (const [field, count] of Object.entries({ active: active.length, succeeded, failed }))
      Object.assign(status, { [field]: count });
    if (over)
      status.conditions = withCondition(
        status.conditions,
        {
          type: 'Failed',
          status: 'True',
          reason: 'BackoffLimitExceeded',
          message: 'Job has reached the specified backoff limit',
        },
        now,
      );
    else if (done) {
      status.completionTime = now;
      status.conditions = withCondition(status.conditions, { type: 'Complete', status: 'True' }, now);
    }
    draft.status = status;
  });
}
