// keda: the numbers of a ScaledObject and what its annotations pause.
import {
  boundsFault,
  pausedReplicas,
  restingReplicas,
  type ReplicaCounts,
} from '../../../../src/convert/keda-bounds.ts';
import { boundsOf, replicasOf } from '../../../../src/convert/keda-replicas.ts';
import { notebook } from '../../../../src/convert/note.ts';
import { pauseOf } from '../../../../src/policies/pods/pause.ts';
import { leastAwake } from '../../../../src/policies/pods/zero.ts';
import { adapter, type Fields } from '../vector.ts';
import { annotationsOf } from './scaled-object.ts';

interface Input extends ReplicaCounts {
  readonly annotations?: Fields;
}

/** What is asked is told by what is expected. KEDA's HPA has the bounds of a target that is awake. */
export const boundsCase = adapter<{ input: Input; expected: object }>((input) => {
  const counts = replicasOf({ ...input }, notebook(null));
  const replicas = counts === null ? null : boundsOf(counts, true);
  const fault = boundsFault(input);
  const resting = restingReplicas(input);
  const at = pausedReplicas(input.annotations);
  const pause = pauseOf({ annotations: annotationsOf(input.annotations ?? {}) });
  return {
    got: {
      hpaMin: replicas === null ? null : leastAwake(replicas, replicas.min),
      hpaMax: replicas?.max ?? null,
      valid: fault === null,
      error: fault !== null || at.kind === 'invalid',
      isIdle: resting.isIdle,
      replicas: resting.replicas,
      paused: pause.kind === 'paused' || pause.kind === 'pausedAt',
      pausedReplicas: at.kind === 'at' ? at.replicas : null,
    },
  };
});
