// Annotations that springtide writes on targets, pods and nodes; what people write there is read by the policies alone.

/** The replicas before a zero of our own: a zero without it is somebody else's. */
export const previousReplicasAnnotation = 'springtide.io/previous-replicas';

/** Since when a zero is somebody else's, where the policy would wake its own: a lost memory must not wake it. */
export const stoppedByHandAnnotation = 'springtide.io/stopped-by-hand';

/** Kubernetes' own, on a pod: of a ReplicaSet's ready pods those with the lowest number go first. */
export const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

/** On a node of the group: a person has set its size with `springtide resize`, and the count that will change is theirs. */
export const resizedAnnotation = 'springtide.io/resized';

export interface ResizedByPerson {
  readonly nodeGroup: string;
  readonly to: number;
  readonly by: string;
  readonly at: number;
}
