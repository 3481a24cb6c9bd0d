// How often one address may ask, and what counts as one address.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { seconds, type Instant, type Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { addressKey, createRateLimit } from '../../src/server/rate.ts';

const start = Date.parse('2026-11-11T00:00:00Z') as Instant;

describe('a rate limit', () => {
  it('lets a burst pass, then as much as is given back, and says how long to wait', () => {
    const clock = new VirtualClock(start);
    const limit = createRateLimit({ clock, each: { burst: 3, perSecond: 0.5 }, all: { burst: 100, perSecond: 100 } });
    expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([null, null, null, 2]);
    expect(limit.take('b')).toBeNull();
    clock.advance(seconds(2));
    expect([limit.take('a'), limit.take('a')]).toEqual([null, 2]);
  });

  it('bounds all addresses together', () => {
    const clock = new VirtualClock(start);
    const limit = createRateLimit({ clock, each: { burst: 3, perSecond: 1 }, all: { burst: 5, perSecond: 1 } });
    const passed = Array.from({ length: 100 }, (_, index) => limit.take(`address-${index}`)).filter((x) => x === null);
    expect(passed).toHaveLength(5);
  });

  it('never lets more pass than burst and time allow, whatever the rhythm', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 }), (pauses) => {
        const clock = new VirtualClock(start);
        const limit = createRateLimit({
          clock,
          each: { burst: 4, perSecond: 2 },
          all: { burst: 1_000, perSecond: 1_000 },
        });
        let passed = 0;
        for (const pause of pauses) {
          clock.advance(pause as Milliseconds);
          if (limit.take('a') === null) passed++;
        }
        const spent = pauses.reduce((sum, pause) => sum + pause, 0) / 1000;
        expect(passed).toBeLessThanOrEqual(4 + 2 * spent);
      }),
      { numRuns: 40 },
    );
  });

  it('forgets the address that asked longest ago when there are too many', () => {
    const clock = new VirtualClock(start);
    const all = { burst: 1e6, perSecond: 1 };
    const limit = createRateLimit({ clock, each: { burst: 1, perSecond: 0.001 }, all });
    expect(limit.take('first')).toBeNull();
    for (let index = 0; index < 4_095; index++) limit.take(`address-${index}`);
    expect(limit.take('first')).not.toBeNull();
    for (let index = 0; index < 4_096; index++) limit.take(`other-${index}`);
    expect(limit.take('first')).toBeNull();
  });
});

describe('one address', () => {
  it.each([
    ['10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, ''],
  ])('%s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
