// The log: secrets never reach it, and a plan is one line a decision.
import { describe, expect, it } from 'vitest';
import { byOwner, createLogger, decisionLine, decisionLogger, outcomeOf } from '../../src/server/log.ts';
import { aNodeDecision, aPlan, aPodDecision, scaled } from './samples.ts';

function logInto(pretty = false) {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', pretty, destination: { write: (line) => void lines.push(line) } });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('secrets', () => {
  const canary = 'kanarienvogel-0815';
  it.each([
    ['a field', { password: canary }],
    ['a nested field', { smtp: { auth: { secret: canary } } }],
    ['four levels down', { a: { b: { c: { d: { token: canary } } } } }],
    ['a request header', { err: { config: { headers: { Authorization: `Bearer ${canary}` } } } }],
    ["Keystone's header", { headers: { 'X-Auth-Token': canary }, answer: { 'X-Subject-Token': canary } }],
    ['a header deeper than any path', { a: { b: { c: { d: { e: { f: `authorization: Bearer ${canary}` } } } } } }],
    ['credentials of an address', { url: `https://user:${canary}@prometheus.example/api` }],
    ['the query of an address', { url: `https://sms.example/?Signature=${canary}&Action=SendSms` }],
    ['an error', { err: new Error(`GET https://u:${canary}@keystone.example failed`) }],
    ['an error that carries its request', { err: Object.assign(new Error('401'), { config: { password: canary } }) }],
    ['camel case', { sms: { accessKeySecret: canary } }],
  ])('in %s are struck out', (_where, fields) => {
    const { log, lines } = logInto();
    log.info(fields, `failed with token=${canary}`);
    expect(lines.join('')).not.toContain(canary);
    expect(lines.join('')).toContain('token=[hidden]');
  });

  it('leave ordinary fields alone', () => {
    const { log, parsed } = logInto();
    log.info({ subject: 'shop/web', url: 'https://prometheus.example/api/v1/query?query=up' }, 'asked');
    expect(parsed()[0]).toMatchObject({
      subject: 'shop/web',
      url: 'https://prometheus.example/api/v1/query?query=up',
      msg: 'asked',
    });
  });
});

describe('lines for people', () => {
  it('show time, level, message and facts', () => {
    const { log, lines } = logInto(true);
    log.warn({ tier: 'pods', from: 4 }, 'slow');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}slow tier=pods from=4\n$/);
  });
});

describe('decisions', () => {
  it('become flat fields', () => {
    expect(decisionLine(aPodDecision({ limitedBy: ['ScaleUpLimit'] }), scaled())).toEqual({
      tier: 'pods',
      subject: 'shop/web',
      from: 4,
      to: 8,
      action: 'scale',
      reason: 'MetricAboveTarget',
      limitedBy: 'ScaleUpLimit',
      mode: 'act',
      outcome: 'succeeded',
    });
    expect(decisionLine(aNodeDecision())).toMatchObject({ tier: 'nodes', subject: 'default-worker', outcome: 'none' });
  });

  it('find their own outcome, the worst of several', () => {
    const drain = { kind: 'drain', nodeGroup: 'default-worker', node: 'n-1', step: 'evict', at: '' } as const;
    const outcomes = [scaled(), { ...drain, status: 'succeeded' as const }, { ...drain, status: 'failed' as const }];
    expect(outcomeOf(aPodDecision(), byOwner(outcomes))?.kind).toBe('scale');
    expect(outcomeOf(aNodeDecision(), byOwner(outcomes))?.status).toBe('failed');
  });

  it('are one line each; what merely goes on is quiet', async () => {
    const { log, parsed } = logInto();
    const logPlan = decisionLogger(log);
    const holding = aPlan({ nodes: [aNodeDecision({ action: 'none', reason: 'PoolFits', desired: 3 })] });
    await logPlan(holding, [scaled()]);
    await logPlan(holding, [scaled({ status: 'failed', code: 'Forbidden', message: 'no patch on scale' })]);
    expect(parsed().map(({ level, subject, outcome, code }) => [level, subject, outcome, code])).toEqual([
      [30, 'shop/web', 'succeeded', undefined],
      [30, 'default-worker', 'none', undefined],
      [40, 'shop/web', 'failed', 'Forbidden'],
      [20, 'default-worker', 'none', undefined],
    ]);
  });
});
