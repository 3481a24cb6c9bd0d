// A forecast orders VMs for replicas that nobody has decided on yet.
import { describe, expect, it } from 'vitest';
import type { TargetForecast } from '../../../src/model/forecast.ts';
import { aDeployment, aForecast, aPodPolicy } from '../../builders.ts';
import { pool, running, served, tick, wanting } from './worlds.ts';

describe('a forecast', () => {
  const forecast = { metric: 'requests' };
  /** Four of four replicas suffice, and the one node is full. */
  const coming = (said: TargetForecast) =>
    pool(1)
      .deployments(aDeployment('shop', 'web').replicas(4).requesting({ cpu: '1' }))
      .pods(...running)
      .answering('requests', 400)
      .foreseeing(said);
  const foreseen = aForecast(400, 1000);

  it('orders VMs for replicas that nobody has decided on yet, and names them', () => {
    const ordered = tick(coming(foreseen).build(), { pods: [aPodPolicy('web', { forecast })] });
    expect(ordered.decision).toMatchObject({ action: 'grow', reason: 'ForecastWillNotFit', desired: 3 });
    expect(ordered.decision.for).toMatchObject([{ target: { kind: 'Deployment', name: 'web' }, pods: 6 }]);
    expect(ordered.decision.message).toContain('new pods of shop/web');
    expect(ordered.plan.pods[0]).toMatchObject({ action: 'none', desired: 4 });
  });

  it('orders beside replicas that are decided on in the same tick, each once', () => {
    const both = tick(coming(aForecast(800, 1000)).build(), { pods: [aPodPolicy('web', { forecast })] });
    expect(both.plan.pods[0]).toMatchObject({ desired: 8 });
    expect(both.decision).toMatchObject({ reason: 'ReplicasWillNotFit', desired: 3 });
    expect(served(both)).toBe(6);
  });

  it.each([
    ['a rehearsal', { mode: 'dryRun' }, foreseen],
    ['a preview', { forecast: { ...forecast, mode: 'preview' } }, foreseen],
    ['one that asks before it acts', { mode: 'confirm' }, foreseen],
    ['one that is not trusted', {}, aForecast(400, 1000, 1000, { state: 'steppedBack', doubt: 'patternChanged' })],
    ['one that stays within the policy’s maximum', { replicas: { min: 1, max: 4 } }, foreseen],
  ])('of %s orders none', (_, spec, said) => {
    const snapshot = coming(said).build();
    const policy = aPodPolicy('web', { forecast: { ...forecast, fallbackUtilization: 1 }, ...spec });
    expect(tick(snapshot, { pods: [policy] }).decision).toMatchObject({ action: 'none', reason: 'PoolFits' });
  });

  it('orders within limits and quotas, and pages nobody where it may not', () => {
    const pods = [aPodPolicy('web', { forecast })];
    const most = wanting({ limits: { nodes: 1 } });
    const short = tick(coming(foreseen).build(), { pods, policy: most });
    expect(short.decision).toMatchObject({ action: 'hold', reason: 'ForecastWillNotFit', desired: 1 });
    expect(short.plan.alerts).toEqual([]);
    const two = { metadata: { name: 'q', namespace: 'shop' }, status: { hard: { pods: 6 }, used: { pods: 4 } } };
    const within = coming(foreseen).kubernetes({ resourcequotas: [two] });
    expect(served(tick(within.build(), { pods }))).toBe(2);
  });
});
