// keda: the numbers of a ScaledObject and what its annotations pause.
import {
  boundsFault,
  hpaBounds,
  isPaused,
  pausedReplicas,
  restingReplicas,
  type ReplicaCounts,
} from '../../../../src/convert/keda-bounds.ts';
import { pauseOf } from '../../../../src/policies/pods/pause.ts';
import { adapter, type Fields } from '../vector.ts';
import { annotationsOf } from './scaled-object.ts';

interface Input extends ReplicaCounts {
  readonly annotations?: Fields;
}

/** What is asked is told by what is expected; the conversion and the daemon must read annotations alike. */
export const boundsCase = adapter<{ input: Input; expected: object }>((input) => {
  const { min, max } = hpaBounds(input);
  const fault = boundsFault(input);
  const resting = restingReplicas(input);
  const at = pausedReplicas(input.annotations);
  const pause = pauseOf({ annotations: annotationsOf(input.annotations ?? {}) });
  const converted = isPaused(input.annotations);
  const obeyed = pause.kind === 'paused' || pause.kind === 'pausedAt';
  return {
    got: {
      hpaMin: min,
      hpaMax: max,
      valid: fault === null,
      error: fault !== null || at.kind === 'invalid',
      isIdle: resting.isIdle,
      replicas: resting.replicas,
      paused: converted === obeyed ? obeyed : { conversion: converted, daemon: obeyed },
      pausedReplicas: at.kind === 'at' ? at.replicas : null,
    },
  };
});
