// What explain says of a forecast, in two languages: whether it is believed and why not, what it expects, and what came of it.
import { describe, expect, it } from 'vitest';
import { aForecast, aPodPolicy } from '../builders.ts';
import { explained, textOf, world } from './explained.ts';

const policy = aPodPolicy('web', { forecast: { metric: 'requests' } });
const expecting = (...said: Parameters<typeof aForecast>) => ({
  policy,
  snapshot: { ...world(400), forecasts: { 'shop/Deployment/web': aForecast(...said) } },
});

describe('an explanation of a forecast', () => {
  it('says what is expected until when, and what it is worth', () => {
    const found = explained(expecting(780, 1200, 1500));
    expect(found.decision.forecast).toMatchObject({ state: 'trusted', pods: { replicas: 8 } });
    expect(found.whyNot).toContainEqual({ would: 4, step: 'forecast', by: 'requests up to 780 by season' });
    const text = textOf(found);
    expect(text).toContain('trusted, its bounds held 96 % of the time, 14d of the past known');
    expect(text).toContain('until pods are ready (1m45s): about 702, up to 780 (season): 8 replicas');
    expect(text).toContain('until VMs bear pods (6m15s): about 1080, up to 1200 (season): 12 replicas');
    expect(textOf(found, 'zh-CN')).toContain('到 Pod 就绪为止（1m45s）：约 702，最高 780（season）：8 个副本');
  });

  it('says why it is not believed', () => {
    const trouble = 'Timeout: Prometheus was late';
    const found = explained(expecting(780, 780, 780, { state: 'learning', doubt: 'notEnoughHistory', trouble }));
    const text = textOf(found);
    expect(text).toContain('not trusted yet, it has seen too little of the past');
    expect(text).toContain(`its past could not be read: ${trouble}`);
    expect(text).not.toMatch(/explain\.|\{\w+\}/);
    expect(textOf(found, 'zh-CN')).toContain('尚不可信');
  });
});
