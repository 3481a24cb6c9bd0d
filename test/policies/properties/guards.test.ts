// Guards over all policies hold ways down, never a way up, and let nothing beyond their limits go down.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyTargetMemory, type Memory } from '../../../src/model/memory.ts';
import { decide } from '../../../src/policies/decide.ts';
import { aConfig, aDeployment, aPodPolicy, aSnapshot, at, noon } from '../../builders.ts';
import { steady } from './simulate.ts';

const names = Array.from({ length: 8 }, (_, index) => `web-${index}`);
const policies = names.map((name) =>
  aPodPolicy(name, {
    metrics: [{ name: 'requests', query: name, target: { averageValue: 100 } }],
    behavior: { scaleDown: { stabilizationWindow: '0s' } },
  }),
);
const watched: Memory = {
  ...steady(),
  targets: Object.fromEntries(
    names.map((name) => [`shop/Deployment/${name}`, { ...emptyTargetMemory, firstSeen: at(-86_400) }]),
  ),
};
const given = fc.record({
  replicas: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 8, maxLength: 8 }),
  loads: fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 8, maxLength: 8 }),
  removed: fc.option(fc.integer({ min: 1, max: 99 })),
  lowered: fc.option(fc.integer({ min: 1, max: 99 })),
});

describe('guards', () => {
  it('hold downs only, all of them or none', () => {
    fc.assert(
      fc.property(given, ({ replicas, loads, removed, lowered }) => {
        let world = aSnapshot().deployments(
          ...names.map((name, index) => aDeployment('shop', name).replicas(replicas[index] ?? 1)),
        );
        for (const [index, name] of names.entries()) world = world.answering(name, loads[index] ?? 0);
        const pods = {
          ...(removed !== null && { removed: { percent: removed, per: '10m' } }),
          ...(lowered !== null && { targetsLowered: { percent: lowered, per: '10m' } }),
        };
        const plan = (daemon: object) =>
          decide(world.build(), aConfig(policies, [], { ...daemon }), watched, noon).plan.pods;
        const free = plan({});
        const guarded = plan({ guards: { pods } });
        const held = guarded.filter(({ reason }) => reason === 'GuardTripped');
        for (const [index, decision] of guarded.entries()) {
          const current = Number(decision.current);
          if (Number(free[index]?.desired) >= current) expect(decision.desired).toBe(free[index]?.desired);
          else expect(decision.desired).toBe(held.length > 0 ? current : free[index]?.desired);
        }
        const downs = guarded.filter(({ current, desired }) => Number(desired) < Number(current));
        const all = replicas.reduce((sum, one) => sum + one, 0);
        const gone = downs.reduce((sum, { current, desired }) => sum + Number(current) - Number(desired), 0);
        if (removed !== null) expect(gone * 100).toBeLessThanOrEqual(removed * all);
        if (lowered !== null && downs.length >= 3) expect(downs.length * 100).toBeLessThanOrEqual(lowered * 8);
      }),
      { numRuns: 80 },
    );
  });
});
