// New nodes of one shape: as many as are needed, none in vain, and pods that are spread or kept together where they belong.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../../src/model/kubernetes.ts';
import { pack, Simulation, type Needs } from '../../../../src/policies/nodes/fit/simulation.ts';
import { aPod } from '../../../builders.ts';
import { aRoom, hostname, zone } from './rooms.ts';

const web = { app: 'web' };
const needsOf = (simulation: Simulation, spec: PodSpec, cpu = '1'): Needs =>
  simulation.needsOf(aPod('web').labelled(web).requesting({ cpu }).spec(spec).requesting({ cpu }).build());
const shape = (name: string, where?: string) => ({
  room: aRoom(name, where === undefined ? {} : { zone: where }),
  daemons: [],
});
const near = (topologyKey: string) => ({
  requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels: web } }],
});

describe('packing', () => {
  const demand = fc.record({
    cpu: fc.integer({ min: 1, max: 5000 }),
    memory: fc.integer({ min: 1, max: 9000 }),
    pods: fc.integer({ min: 1, max: 30 }),
  });

  it('gives every pod that fits an empty node a place, overfills none, and opens none in vain', () => {
    fc.assert(
      fc.property(fc.array(demand, { maxLength: 8 }), fc.integer({ min: 1, max: 20 }), (given, podsEach) => {
        const simulation = new Simulation({});
        const capacity = { cpu: 4000, memory: 8_000_000, pods: podsEach * 1000 };
        const demands = given.map(({ cpu, memory, pods }) => ({
          needs: simulation.needsOf(
            aPod('p')
              .requesting({ cpu: `${cpu}m`, memory })
              .build(),
          ),
          pods,
        }));
        const packing = pack(simulation, demands, { room: aRoom('new', { capacity }), daemons: [] }, Infinity);
        for (const { name } of packing.rooms) {
          for (const resource of ['cpu', 'memory', 'pods'])
            expect(simulation.freeOf(name, resource)).toBeGreaterThanOrEqual(0);
          expect(simulation.freeOf(name, 'pods')).toBeLessThan(podsEach * 1000);
        }
        for (const { needs } of packing.left)
          expect((needs.requests['cpu'] ?? 0) > 4000 || (needs.requests['memory'] ?? 0) > 8_000_000).toBe(true);
        const podsIn = (all: readonly { pods: number }[]): number => all.reduce((sum, { pods }) => sum + pods, 0);
        expect(podsIn(packing.placed) + podsIn(packing.left)).toBe(podsIn(given));
      }),
      { numRuns: 80 },
    );
  });

  it('opens for pods of one size as many as arithmetic says, not one more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4000 }),
        fc.integer({ min: 1, max: 8000 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 20 }),
        (cpu, memory, pods, podsEach) => {
          const simulation = new Simulation({});
          const capacity = { cpu: 4000, memory: 8_000_000, pods: podsEach * 1000 };
          const needs = simulation.needsOf(
            aPod('p')
              .requesting({ cpu: `${cpu}m`, memory })
              .build(),
          );
          const each = Math.min(Math.floor(4000 / cpu), Math.floor(8000 / memory), podsEach);
          const { rooms, left } = pack(
            simulation,
            [{ needs, pods }],
            { room: aRoom('new', { capacity }), daemons: [] },
            Infinity,
          );
          expect(left).toEqual([]);
          expect(rooms).toHaveLength(Math.ceil(pods / each));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives each of those that keep apart a node of its own', () => {
    const simulation = new Simulation({});
    const needs = needsOf(simulation, { affinity: { podAntiAffinity: near(hostname) } });
    expect(pack(simulation, [{ needs, pods: 5 }], shape('new'), Infinity).rooms).toHaveLength(5);
  });

  it('keeps those that want to be together in one zone, and says who is left', () => {
    const simulation = new Simulation({});
    const needs = needsOf(simulation, { affinity: { podAffinity: near(zone) } });
    expect(pack(simulation, [{ needs, pods: 4 }], shape('a', 'a'), 1).left).toEqual([]);
    const { left, rooms } = pack(simulation, [{ needs, pods: 4 }], shape('b', 'b'), 9);
    expect([left, rooms]).toEqual([[{ needs, pods: 4 }], []]);
  });

  it('uses the room of other zones once a new node allows it', () => {
    const simulation = new Simulation({});
    const rule = {
      maxSkew: 1,
      topologyKey: zone,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: web },
    };
    const needs = needsOf(simulation, { topologySpreadConstraints: [rule] });
    simulation.addRoom(aRoom('full', { zone: 'a', capacity: { cpu: 0 } }), []);
    simulation.addRoom(aRoom('roomy', { zone: 'b' }), []);
    expect(simulation.placeMany(needs, 6)).toBe(1);
    const { left, rooms } = pack(simulation, [{ needs, pods: 5 }], shape('a', 'a'), Infinity);
    expect([left, rooms.length]).toEqual([[], 1]);
    expect([simulation.freeOf('roomy', 'cpu'), simulation.freeOf('a-1', 'cpu')]).toEqual([1000, 1000]);
  });

  it('counts the DaemonSet pods that come with a node', () => {
    const simulation = new Simulation({});
    const daemons = [aPod('agent').ownedBy('DaemonSet', 'agent').requesting({ cpu: '1' }).build()];
    const needs = needsOf(simulation, {}, '2');
    expect(pack(simulation, [{ needs, pods: 2 }], { room: aRoom('new'), daemons }, Infinity).rooms).toHaveLength(2);
  });

  it('opens as many as it may, and leaves the rest', () => {
    const simulation = new Simulation({});
    const needs = needsOf(simulation, {}, '3');
    expect(pack(simulation, [{ needs, pods: 5 }], shape('new'), 2).left).toEqual([{ needs, pods: 3 }]);
  });
});
