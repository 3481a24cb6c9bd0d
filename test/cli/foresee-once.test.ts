// One look at the world knows what is expected at once, because it waits for the past; what cannot be read it says.
import { describe, expect, it, vi } from 'vitest';
import { foreseeOnce } from '../../src/cli/foresee-once.ts';
import type { PrometheusClient } from '../../src/clients/prometheus/client.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { aConfig, aDeployment, aPodPolicy, aSnapshot, noon } from '../builders.ts';

const config = aConfig([aPodPolicy('web', { forecast: { metric: 'requests' } })]);
const snapshot = aSnapshot().deployments(aDeployment('shop', 'web')).answering('requests', 400).build();
const key = 'shop/Deployment/web';

const prometheusOf = (queryRange: PrometheusClient['queryRange']) => ({
  prometheus: { query: () => Promise.reject(new Error('nobody asks')), queryRange, close: () => undefined },
});

describe('one look', () => {
  it('trusts a past of more than a day', async () => {
    const kept = noon / 1000 - 26 * 3600;
    const world = prometheusOf(({ start, end, step }) => {
      const values: [number, string][] = [];
      for (let time = start; time <= end; time += step) if (time >= kept) values.push([time, '400']);
      return Promise.resolve({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } });
    });
    const { forecasts } = await foreseeOnce(world, snapshot, config, emptyMemory(), noon);
    expect(forecasts?.[key]).toMatchObject({ state: 'trusted', pods: { expected: expect.closeTo(400, 0) as number } });
  });

  it('goes on without one that cannot be read, and says so', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const world = prometheusOf(() => Promise.reject(new Error('no such endpoint')));
    const { forecasts } = await foreseeOnce(world, snapshot, config, emptyMemory(), noon);
    expect(forecasts?.[key]).toMatchObject({ state: 'learning', trouble: 'no such endpoint' });
    expect(said).toHaveBeenCalledWith(expect.stringContaining('the past of requests cannot be read'));
    said.mockRestore();
  });
});
