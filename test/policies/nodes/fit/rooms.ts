// Nodes as the tests of fit write them down: a name, a zone, and what else matters.
import type { Room } from '../../../../src/policies/nodes/room.ts';

export const hostname = 'kubernetes.io/hostname';
export const zone = 'topology.kubernetes.io/zone';

const gibi = 2 ** 30 * 1000;

export interface RoomDraft extends Partial<Omit<Room, 'capacity' | 'free'>> {
  readonly zone?: string;
  readonly capacity?: Readonly<Record<string, number>>;
}

export function aRoom(name: string, { zone: where, labels, capacity, ...more }: RoomDraft = {}): Room {
  const whole = { cpu: 4000, memory: 8 * gibi, pods: 110_000, ...capacity };
  return {
    name,
    labels: { [hostname]: name, ...(where === undefined ? {} : { [zone]: where }), ...labels },
    taints: [],
    capacity: whole,
    free: whole,
    ...more,
  };
}
