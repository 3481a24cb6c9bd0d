// Planned peaks that cannot be met are told while they are still ahead, and calendars before they end.
import { describe, expect, it } from 'vitest';
import { emptyMemory, type Memory } from '../../src/model/memory.ts';
import { decide } from '../../src/policies/decide.ts';
import {
  aConfig,
  aDeployment,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPod,
  aPodPolicy,
  aSnapshot,
  at,
  noon,
  podsOf,
} from '../builders.ts';

const steady = (): Memory => ({ ...emptyMemory(), lastTick: at(-15), steadySince: at(-86_400) });

/** One VM of 4 cores, three at most; the sale is tomorrow. */
const world = (floor: number, max = 3) => {
  const requests = { cpu: '1', memory: '1Gi' };
  const snapshot = aSnapshot()
    .deployments(aDeployment('shop', 'web').replicas(2).requesting(requests))
    .pods(...podsOf('web', { 'w-1': 2 }, requests), aPod('other').requesting(requests).on('w-1').ready())
    .nodes(aNode('w-1'))
    .groups(aNodeGroup('default-worker', 1))
    .answering('requests', 200)
    .build();
  const schedule = [{ name: 'sale', from: '2026-11-21T12:00:00Z', until: '2026-11-21T14:00:00Z', min: floor }];
  const config = aConfig(
    [aPodPolicy('web', { schedule, replicas: { min: 1, max: 200 } })],
    [aNodePolicy({ nodeGroups: [{ name: 'default-worker', min: 1, max }] })],
  );
  return { snapshot, config };
};
const told = (memory: Memory, { snapshot, config }: ReturnType<typeof world>, now = noon) => {
  const { plan, memory: after } = decide(snapshot, config, memory, now);
  const alerts = plan.alerts.filter(({ labels }) => labels['alertname'] === 'SpringtideScheduleCannotBeMet');
  return { alerts, memory: after };
};

describe('a planned peak', () => {
  it('that fits into the groups at their largest is no news', () => {
    // three VMs of 4 cores: eleven pods beside the one that is not scaled
    expect(told(steady(), world(11)).alerts).toEqual([]);
  });

  it('that does not fit is told with its numbers, and taken back when the group may grow', () => {
    const { alerts, memory } = told(steady(), world(14));
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({
      state: 'firing',
      labels: { policy: 'web', schedule: 'sale', severity: 'warning' },
    });
    expect(alerts[0]?.annotations['description']).toContain('2026-11-21T12:00:00Z');
    expect(alerts[0]?.annotations['description']).toContain('3 nodes');
    const enough = { ...world(14, 6), config: { ...world(14, 6).config, hash: 'another' } };
    expect(told(memory, enough, at(15)).alerts.map(({ state }) => state)).toEqual(['resolved']);
  });

  it('is looked at once an hour', () => {
    const { memory } = told(steady(), world(14));
    expect(told(memory, world(11), at(15)).alerts.map(({ state }) => state)).toEqual(['firing']);
    const later = { ...memory, lastTick: at(3585) };
    expect(told(later, world(11), at(3600)).alerts.map(({ state }) => state)).toEqual(['resolved']);
  });
});

describe('a calendar', () => {
  it('that ends within thirty days is told', () => {
    const calendar = (validUntil: string) => ({
      apiVersion: 'springtide/v1' as const,
      kind: 'Calendar' as const,
      metadata: { name: 'bank' },
      spec: { timeZone: 'Asia/Shanghai', holidays: [], workdays: [], validUntil, windows: {} },
    });
    const names = (validUntil: string) =>
      decide(aSnapshot().build(), { ...aConfig(), calendars: [calendar(validUntil)] }, steady(), noon).plan.alerts.map(
        ({ labels }) => labels['calendar'],
      );
    expect(names('2026-12-10')).toEqual(['bank']);
    expect(names('2027-12-31')).toEqual([]);
  });
});
