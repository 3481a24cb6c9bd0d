// Placing pods: first-fit decreasing over rooms, the way a scheduler's answer is foreseen.
import type { PodSpec } from '../../model/kubernetes.ts';
import type { TargetRef } from '../../model/target.ts';
import type { Requests } from '../pod-facts.ts';
import { cloneRoom, hasRoomFor, mayRunOn, take, type Room } from './room.ts';

/** Pods of one shape that need a place: existing ones by name, or replicas that were just decided on. */
export interface Demand {
  readonly target: TargetRef;
  readonly spec: PodSpec | undefined;
  readonly requests: Requests;
  readonly pods: number;
}

/** Large ones first: score = cpu/allocatable + memory/allocatable, against the largest room there is. */
export function byDecreasingSize<Kind extends Demand>(
  demands: readonly Kind[],
  rooms: readonly Room[],
): readonly Kind[] {
  const most = (name: string): number => rooms.reduce((top, room) => Math.max(top, room.capacity[name] ?? 0), 1);
  const cpu = most('cpu');
  const memory = most('memory');
  const score = (demand: Demand): number =>
    (demand.requests['cpu'] ?? 0) / cpu + (demand.requests['memory'] ?? 0) / memory;
  return demands
    .map((demand) => ({ demand, score: score(demand) }))
    .sort((one, other) => other.score - one.score)
    .map(({ demand }) => demand);
}

/** Fills the rooms (their free room changes) and answers what found no place. */
export function place<Kind extends Demand>(demands: readonly Kind[], rooms: readonly Room[]): readonly Kind[] {
  const left: Kind[] = [];
  for (const demand of byDecreasingSize(demands, rooms)) {
    let pods = demand.pods;
    for (const room of rooms) {
      if (pods === 0) break;
      if (!mayRunOn(demand.spec, room)) continue;
      while (pods > 0 && hasRoomFor(demand.requests, room)) {
        take(demand.requests, room);
        pods -= 1;
      }
    }
    if (pods > 0) left.push({ ...demand, pods });
  }
  return left;
}

export interface Packing<Kind extends Demand> {
  readonly rooms: readonly Room[];
  /** what found a place on the new nodes */
  readonly placed: readonly Kind[];
  readonly left: readonly Kind[];
}

/** How many new nodes of one shape the demands need, at most `limit`. */
export function pack<Kind extends Demand>(demands: readonly Kind[], shape: Room, limit: number): Packing<Kind> {
  const rooms: Room[] = [];
  const placed: Kind[] = [];
  const left: Kind[] = [];
  for (const demand of byDecreasingSize(demands, [shape])) {
    let pods = demand.pods;
    if (mayRunOn(demand.spec, shape) && hasRoomFor(demand.requests, shape)) {
      for (const room of rooms)
        while (pods > 0 && hasRoomFor(demand.requests, room)) {
          take(demand.requests, room);
          pods -= 1;
        }
      while (pods > 0 && rooms.length < limit) {
        const room = cloneRoom({ ...shape, name: `${shape.name}-${rooms.length + 1}` });
        rooms.push(room);
        while (pods > 0 && hasRoomFor(demand.requests, room)) {
          take(demand.requests, room);
          pods -= 1;
        }
      }
    }
    if (pods < demand.pods) placed.push({ ...demand, pods: demand.pods - pods });
    if (pods > 0) left.push({ ...demand, pods });
  }
  return { rooms, placed, left };
}
