// The simulation's own promises: taking, leaving, undoing, and packing into new nodes.
import { describe, expect, it } from 'vitest';
import { pack, Simulation } from '../../../../src/policies/nodes/fit/simulation.ts';
import type { Room } from '../../../../src/policies/nodes/room.ts';
import { aPod } from '../../../builders.ts';

const room = (name: string, capacity: Record<string, number> = { cpu: 1000, memory: 8e12, pods: 10_000 }): Room => ({
  name,
  labels: { 'kubernetes.io/hostname': name },
  taints: [],
  capacity,
  free: capacity,
});

describe('a simulation', () => {
  it('gives pods that are alike one object of needs', () => {
    const simulation = new Simulation({});
    const one = simulation.needsOf(aPod('a').requesting({ cpu: '1' }).build());
    expect(simulation.needsOf(aPod('b').requesting({ cpu: '1' }).on('elsewhere').build())).toBe(one);
    expect(simulation.needsOf(aPod('c').requesting({ cpu: '2' }).build())).not.toBe(one);
  });

  it('counts what runs on a node, and undoes everything since a checkpoint', () => {
    const simulation = new Simulation({});
    simulation.addRoom(room('a'), [aPod('runs').requesting({ cpu: '600m' }).on('a').build()]);
    simulation.addRoom(room('b'), []);
    expect(simulation.freeOf('a', 'cpu')).toBe(400);
    const before = simulation.checkpoint();
    const needs = simulation.needsOf(aPod('new').requesting({ cpu: '500m' }).build());
    expect(simulation.misfit(needs, 'a')?.rule).toBe('resource');
    expect(simulation.placeAnywhere(needs)).toBe('b');
    simulation.removeRoom('a');
    expect(simulation.has('a')).toBe(false);
    simulation.rollBack(before);
    expect([...simulation.roomNames()]).toEqual(['a', 'b']);
    expect([simulation.freeOf('a', 'cpu'), simulation.freeOf('b', 'cpu')]).toEqual([400, 1000]);
  });

  it('packs first-fit decreasing into new nodes', () => {
    const simulation = new Simulation({});
    const small = { needs: simulation.needsOf(aPod('s').requesting({ cpu: '200m' }).build()), pods: 3 };
    const large = { needs: simulation.needsOf(aPod('l').requesting({ cpu: '700m' }).build()), pods: 2 };
    const packing = pack(simulation, [small, large], { room: room('new'), daemons: [] }, 10);
    expect(packing.rooms).toHaveLength(3);
    expect(packing.left).toEqual([]);
    expect(simulation.has('new-3')).toBe(true);
  });
});
