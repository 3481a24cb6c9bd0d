// The same load through the true HPA and through springtide, at a short interval: both write the same replicas.
import { describe, expect, it } from 'vitest';
import { march, pathsOf, plannedPaths } from './beside/march.ts';
import { useBeside } from './beside/stage.ts';
import { plan } from './beside/steps.ts';

const intervalSeconds = 2;

describe('springtide beside the HPA of the controller-manager', () => {
  const beside = useBeside({ intervalSeconds, periodSeconds: 1 });

  it('writes the same replicas at every step', async () => {
    for (const step of plan({ seed: 1, moves: 7, holds: 1, reach: 'oneTick' })) {
      const record = await march(beside, step, 20_000);
      console.info(`a load of ${step.load}: ${step.from} → ${step.path.join(', ') || 'none'}`);
      expect(pathsOf(record)).toEqual(plannedPaths(step));
    }
    expect(beside.deployments().broken()).toBeNull();
  });
});
