// The numbers and pauses of a ScaledObject, as KEDA takes them.
import { describe, expect, it } from 'vitest';
import { boundsFault, pausedReplicas, restingReplicas, targetAnnotations } from '../../src/convert/keda-bounds.ts';
import { boundsOf, replicasOf } from '../../src/convert/keda-replicas.ts';
import { notebook } from '../../src/convert/note.ts';

describe("KEDA's numbers", () => {
  it.each([
    [{}, { min: 0, max: 100 }],
    [{ minReplicaCount: 0 }, { min: 0, max: 100 }],
    [
      { minReplicaCount: 2, idleReplicaCount: 0 },
      { min: 0, whenActive: 2, max: 100 },
    ],
    [
      { minReplicaCount: 5, maxReplicaCount: null },
      { min: 5, max: 100 },
    ],
    [
      { minReplicaCount: 5, maxReplicaCount: 10 },
      { min: 5, max: 10 },
    ],
  ])('%j are the bounds %j where a metric may wake it', (counts, bounds) => {
    const read = replicasOf(counts, notebook(null));
    expect(read === null ? null : boundsOf(read, true)).toEqual(bounds);
  });

  it.each([
    [{ minReplicaCount: 1, maxReplicaCount: 5, idleReplicaCount: 0 }, null],
    [{ minReplicaCount: 5, maxReplicaCount: 5 }, null],
    [{ minReplicaCount: 2, maxReplicaCount: 1 }, 'minReplicaCount 2 is above maxReplicaCount 1'],
    [{ minReplicaCount: 101 }, 'minReplicaCount 101 is above maxReplicaCount 100'],
    [{ minReplicaCount: 1, idleReplicaCount: 2 }, 'idleReplicaCount 2 is not below minReplicaCount 1'],
    [{ minReplicaCount: 1, idleReplicaCount: 1 }, 'idleReplicaCount 1 is not below minReplicaCount 1'],
    [{ idleReplicaCount: 0 }, 'idleReplicaCount 0 is not below minReplicaCount 0'],
  ])('%j go together: %j', (counts, text) => {
    expect(boundsFault(counts)?.text ?? null).toBe(text);
  });

  it.each([
    [{}, { replicas: 0, isIdle: false }],
    [{ minReplicaCount: 2 }, { replicas: 2, isIdle: false }],
    [
      { idleReplicaCount: 0, minReplicaCount: 2 },
      { replicas: 0, isIdle: true },
    ],
    [{ idleReplicaCount: 3 }, { replicas: 3, isIdle: true }],
  ])('%j rest at %j', (counts, resting) => {
    expect(restingReplicas(counts)).toEqual(resting);
  });
});

describe("KEDA's pauses", () => {
  it.each([
    [{}, []],
    [{ paused: 'true' }, ['paused=true']],
    [{ paused: 'false' }, []],
    [{ paused: 'yes please' }, ['paused=true']],
    [{ 'paused-replicas': '5' }, ['paused-replicas=5']],
    [{ paused: 'true', 'paused-replicas': '5' }, ['paused-replicas=5']],
    [{ 'paused-scale-in': 'true' }, ['paused-scale-down=true']],
    [{ 'paused-scale-out': 'true' }, ['paused-scale-up=true']],
  ])('%j: on the target %j', (annotations, written) => {
    const ours = targetAnnotations(prefixed(annotations)).map(({ annotation }) => annotation);
    expect(ours).toEqual(written.map((text) => `springtide.io/${text}`));
  });

  it.each([
    [{}, { kind: 'absent' }],
    [{ 'paused-replicas': '5' }, { kind: 'at', replicas: 5 }],
    [{ 'paused-replicas': 'five' }, { kind: 'invalid', text: 'five' }],
    [{ 'paused-replicas': '-1' }, { kind: 'invalid', text: '-1' }],
  ])('%j: paused at %j', (annotations, at) => {
    expect(pausedReplicas(prefixed(annotations))).toEqual(at);
  });
});

const prefixed = (annotations: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`autoscaling.keda.sh/${key}`, value]));
