// History out of a Prometheus: the load and the replicas that stood, in parts, with what is missing said.
import { afterEach, describe, expect, it } from 'vitest';
import { createPrometheusClient } from '../../../src/clients/prometheus/client.ts';
import { seconds, type Instant } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { startPrometheus } from '../../../src/sandbox/prometheus/world.ts';
import { judgeDone, settingOf } from '../../../src/simulate/backtest/backtest.ts';
import { readHistory, type Asked } from '../../../src/simulate/backtest/history.ts';
import type { Subject } from '../../../src/simulate/backtest/subject.ts';
import { usualWorld } from '../../../src/simulate/backtest/world-settings.ts';
import { aSubject } from './world.ts';

const end = Date.parse('2026-11-20T08:00:00Z') / 1000;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const subject = aSubject('metrics: [{name: load, query: sum(requests), target: {averageValue: 7}}]');

/** A Prometheus that was told `what` of each of the last minutes, `ago` of them ago. */
async function aPast(minutes: number, what: (ago: number) => Readonly<Record<string, number | null>>) {
  const clock = new VirtualClock(((end - minutes * 60) * 1000) as Instant);
  const prometheus = await startPrometheus({ clock });
  const labels = { namespace: 'shop', deployment: 'web' };
  for (let ago = minutes; ago >= 0; ago--) {
    for (const [name, value] of Object.entries(what(ago))) if (value !== null) prometheus.write(name, labels, value);
    if (ago > 0) clock.advance(seconds(60));
  }
  const settings = { url: prometheus.url, headers: {}, timeout: seconds(5) };
  const source = createPrometheusClient({
    settings,
    retry: { attempts: 1, baseDelay: seconds(0), maxDelay: seconds(0) },
  });
  closing.push(
    () => source.close(),
    () => prometheus.close(),
  );
  return {
    prometheus,
    read: (of: Subject = subject, more: Partial<Asked> = {}) =>
      readHistory(of, {
        source,
        span: { start: end - minutes * 60, end, step: 60 },
        signal: new AbortController().signal,
        ...more,
      }),
  };
}

describe('history', () => {
  it('has the load, and the replicas that stood meanwhile', async () => {
    const { read } = await aPast(30, (ago) => ({
      requests: 100 + ago,
      kube_deployment_spec_replicas: ago > 10 ? 20 : 5,
      kube_deployment_status_replicas_available: ago > 10 ? 20 : 5,
    }));
    const { trace, replicas, notes } = await read();
    expect(trace).toMatchObject({ step: 60, gaps: 0, start: (end - 1800) * 1000 });
    expect([trace.values.length, trace.values[0], trace.values[30]]).toEqual([31, 130, 100]);
    expect(notes).toEqual([]);
    const world = { ...usualWorld, step: 60, warmUp: 0, capacity: 10 };
    const done = judgeDone(settingOf(subject, trace, world, null), subject, replicas ?? { ready: [], asked: [] });
    expect(done).toMatchObject({ ticks: 31, nodeHours: null, replicaActions: 1 });
    // 5 replicas bear 50 of 100 to 110 for 11 of the 31 minutes.
    expect(done.violatedPercent).toBeCloseTo((100 * 11) / 31);
    expect(done.largestShortfall?.replicas).toBe(6);
  });

  it('says what is not known: the replicas, and what lies before its own beginning', async () => {
    const { read } = await aPast(40, (ago) => ({ requests: ago > 20 ? null : 100 }));
    const { trace, replicas, notes } = await read();
    expect(trace.values).toHaveLength(21);
    expect(replicas).toBeNull();
    expect(notes.map(({ code, facts }) => `${code} ${facts['why'] ?? ''}`)).toEqual([
      'NoReplicasKnown unrecorded',
      'HistoryShort ',
    ]);
  });

  it('is of another query where that is asked for, also for a policy that only looks at the CPU', async () => {
    const { read } = await aPast(10, () => ({ orders: 7 }));
    const cpu = aSubject('metrics: [{name: cpu, resource: cpu, target: {utilization: 70}}]');
    await expect(read(cpu)).rejects.toThrow('name one with --query');
    expect([...(await read(cpu, { query: 'sum(orders)' })).trace.values.slice(0, 3)]).toEqual([7, 7, 7]);
  });

  it('is refused where there is none, and where Prometheus does not answer', async () => {
    const { read, prometheus } = await aPast(10, () => ({ others: 1 }));
    await expect(read()).rejects.toMatchObject({ code: 'WorldUnreadable' });
    await prometheus.close();
    await expect(read()).rejects.toMatchObject({ code: 'WorldUnreadable' });
  });
});
