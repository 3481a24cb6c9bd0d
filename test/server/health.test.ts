// The probes on virtual time.
import { describe, expect, it } from 'vitest';
import { seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { createHealth } from '../../src/server/health.ts';
import { aReport, start } from './samples.ts';

function aHealth() {
  const clock = new VirtualClock(start);
  return { clock, health: createHealth({ clock, interval: seconds(15), grace: seconds(10) }) };
}

describe('/healthz', () => {
  it('is fine while the first tick may still come, and fails when it does not', () => {
    const { clock, health } = aHealth();
    clock.advance(seconds(55));
    expect(health.healthz().status).toBe(200);
    clock.advance(seconds(1));
    expect(health.healthz()).toEqual({
      status: 503,
      body: {
        status: 'failed',
        why: 'no tick has ended since the start',
        tick: null,
        lastSign: null,
        silentSeconds: 56,
        allowedSeconds: 55,
      },
    });
  });

  it('follows the last tick, and recovers', () => {
    const { clock, health } = aHealth();
    health.ticked(aReport({ number: 7 }));
    clock.advance(seconds(56));
    expect(health.healthz()).toMatchObject({ status: 503, body: { why: 'no tick has ended for too long', tick: 7 } });
    health.ticked(aReport({ number: 8 }));
    expect(health.healthz()).toMatchObject({ status: 200, body: { status: 'ok', tick: 8, silentSeconds: 0 } });
  });

  it('counts a tick whose stages failed: restarting would not mend the world', () => {
    const { clock, health } = aHealth();
    clock.advance(seconds(50));
    health.ticked(
      aReport({ stages: { collect: { milliseconds: 5, failed: { code: 'Timeout', message: 'no answer' } } } }),
    );
    clock.advance(seconds(50));
    expect(health.healthz().status).toBe(200);
  });

  it('lets a process live that waits for the lease', () => {
    const { clock, health } = aHealth();
    clock.advance(seconds(50));
    health.alive();
    clock.advance(seconds(50));
    expect(health.healthz()).toMatchObject({ status: 200, body: { tick: null } });
  });
});

describe('/readyz', () => {
  it('waits for the configuration and for the first complete look at Kubernetes', () => {
    const { health } = aHealth();
    expect(health.readyz()).toEqual({
      status: 503,
      body: { status: 'failed', why: 'the configuration is not loaded; Kubernetes has not been read completely yet' },
    });
  });

  it.each([
    ['a failed collect', { stages: { collect: { milliseconds: 1, failed: { code: 'Timeout', message: '' } } } }, 503],
    ['no collect', { stages: {} }, 503],
    [
      'a list that could not be read',
      { errors: [{ source: 'kubernetes', what: 'pods', code: 'Forbidden', message: '' }] },
      503,
    ],
    ['Prometheus down', { errors: [{ source: 'prometheus', what: 'up', code: 'Timeout', message: '' }] }, 200],
    ['all well', {}, 200],
  ] as const)('after %s', (_case, over, status) => {
    const { health } = aHealth();
    health.configLoaded();
    health.ticked(aReport(over));
    expect(health.readyz().status).toBe(status);
  });

  it('stays ready once it was', () => {
    const { health } = aHealth();
    health.configLoaded();
    health.ticked(aReport());
    health.ticked(aReport({ stages: {} }));
    expect(health.readyz().status).toBe(200);
  });
});
