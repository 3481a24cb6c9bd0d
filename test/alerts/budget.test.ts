// What a number may get: budgets, the vendors' limits, the one digest.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideBudget, ownLimits, unlimited, vendorLimits } from '../../src/alerts/budget.ts';
import type { SentMessage, SmsBudget } from '../../src/alerts/budget.ts';
import { smsGateway } from '../../src/config/schema/sms-gateways.ts';
import type { Instant } from '../../src/model/units.ts';
import { start } from './builders.ts';

const minute = 60_000;
const hour = 60 * minute;
const at = (offset: number): Instant => (start + offset) as Instant;
const single = (offset: number): SentMessage => ({ at: at(offset), kind: 'single' });
const digest = (offset: number): SentMessage => ({ at: at(offset), kind: 'digest' });
const budget = (changes: Partial<SmsBudget> = {}): SmsBudget => ({
  own: { minute: null, hour: 2, day: 3 },
  vendor: unlimited,
  exempt: false,
  ...changes,
});

describe('a budget', () => {
  it('lets messages through until the hour has had its share, then asks for one digest', () => {
    expect(decideBudget([single(0)], at(1), budget())).toEqual({ kind: 'send' });
    const limit = { of: 'budget', window: 'hour', most: 2 };
    const full = [single(0), single(minute)];
    const overflow = { kind: 'overflow', until: at(hour), limit };
    expect(decideBudget(full, at(2 * minute), budget())).toEqual({ ...overflow, digestAt: at(2 * minute) });
    expect(decideBudget([...full, digest(2 * minute)], at(3 * minute), budget())).toEqual({
      ...overflow,
      digestAt: null,
    });
    expect(decideBudget(full, at(hour - minute), budget())).toEqual({ kind: 'wait', until: at(hour), limit });
    expect(decideBudget(full, at(hour), budget())).toEqual({ kind: 'send' });
  });

  it('tells the window that binds longest', () => {
    const full = [single(0), single(2 * hour), single(2 * hour + 1)];
    expect(decideBudget(full, at(2 * hour + 2), budget())).toMatchObject({
      kind: 'overflow',
      until: at(24 * hour),
      limit: { window: 'day', most: 3 },
    });
  });

  it('does not hold what is exempt', () => {
    const full = [single(0), single(1), single(2)];
    expect(decideBudget(full, at(3), budget({ exempt: true }))).toEqual({ kind: 'send' });
  });

  it('knows what the vendor refuses: a moment is waited for, more is overflow, its digest too', () => {
    const vendor = { minute: 1, hour: null, day: 4 };
    expect(decideBudget([single(0)], at(1000), budget({ vendor }))).toMatchObject({
      kind: 'wait',
      until: at(minute),
      limit: { of: 'vendor', window: 'minute' },
    });
    const day = [single(0), single(hour), single(2 * hour), digest(3 * hour)];
    expect(decideBudget(day, at(4 * hour), budget({ vendor, own: unlimited }))).toMatchObject({
      kind: 'overflow',
      until: at(24 * hour),
      digestAt: at(24 * hour),
      limit: { of: 'vendor', window: 'day' },
    });
    expect(decideBudget(day, at(4 * hour), budget({ vendor, exempt: true }))).toEqual({ kind: 'send' });
  });

  it('is never exceeded, and lets through again when it says so', () => {
    const sendings = fc.array(fc.integer({ min: 0, max: 30 * hour }), { maxLength: 60 });
    fc.assert(
      fc.property(sendings, (offsets) => {
        const history: SentMessage[] = [];
        for (const offset of offsets.toSorted((one, other) => one - other)) {
          const decision = decideBudget(history, at(offset), budget());
          if (decision.kind === 'send') history.push(single(offset));
          else expect(decideBudget(history, decision.until, budget()).kind).toBe('send');
          const inHour = history.filter((one) => at(offset) - one.at < hour);
          expect(inHour.length).toBeLessThanOrEqual(2);
          expect(history.filter((one) => at(offset) - one.at < 24 * hour).length).toBeLessThanOrEqual(3);
        }
      }),
    );
  });
});

describe('limits', () => {
  const aliyun = { accessKeyId: 'a', accessKeySecretFile: 'f', sign: 's', template: 't' };
  it.each([
    [{ aliyun }, { minute: null, hour: null, day: 50 }],
    [
      { aliyun, perNumber: { minute: 1, hour: 5, day: 10 } },
      { minute: 1, hour: 5, day: 10 },
    ],
    [{ http: { url: 'http://gateway' } }, unlimited],
    [
      { http: { url: 'http://gateway' }, perNumber: { day: 9 } },
      { minute: null, hour: null, day: 9 },
    ],
  ])('of %j', (kind, expected) => {
    expect(vendorLimits(smsGateway.parse({ name: 'main', ...kind }))).toEqual(expected);
  });

  it('of the file', () => {
    expect(ownLimits({ hour: 10 })).toEqual({ minute: null, hour: 10, day: null });
  });
});
