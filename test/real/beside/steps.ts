// The course of the load, the same in every run, and the replicas that the HPA's arithmetic makes of it. Pure.

/** A metric of 100 is the work of one replica. */
export const target = 100;
export const bounds = { min: 2, max: 30 } as const;
const tolerance = 0.1;

export interface PlannedStep {
  readonly kind: 'move' | 'hold';
  readonly load: number;
  readonly from: number;
  /** Each number of replicas that is written on the way, in order; empty where the load asks for nothing. */
  readonly path: readonly number[];
}

/** One tick: tolerance, then the default rates (the larger of 4 pods and 100 %), then the bounds. */
function next(current: number, load: number): number {
  const ratio = load / (target * current);
  const within = 1 - tolerance <= ratio && ratio <= 1 + tolerance;
  const wanted = within ? current : Math.ceil(load / target);
  const fastest = Math.max(current + 4, current * 2);
  return Math.max(bounds.min, Math.min(wanted, fastest, bounds.max));
}

function pathOf(current: number, load: number): readonly number[] {
  const following = next(current, load);
  return following === current ? [] : [following, ...pathOf(following, load)];
}

export type Chance = () => number;

/** Park and Miller's generator: the same numbers on every machine. */
export function chanceFrom(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const upTo = (chance: Chance, count: number): number => Math.floor(chance() * count);

/** A load that rests at so many replicas: the ratio there is inside the tolerance, whatever the last digit. */
function loadFor(replicas: number, chance: Chance): number {
  const below = 0.02 + chance() * (0.06 * replicas - 0.02);
  return Math.round((replicas - Math.min(0.9, below)) * target);
}

/** Far enough from the edges of the tolerance that a rounding decides nothing. */
const isPlain = (current: number, load: number): boolean => {
  const off = Math.abs(load / (target * current) - 1);
  return off < 0.07 || off > 0.13;
};

type Reach = 'oneTick' | 'any';

function loadFrom(current: number, chance: Chance, reach: Reach): number {
  const kind = chance();
  if (kind < 0.08) return bounds.max * target * 1.3;
  if (kind < 0.16) return 0;
  const far = reach === 'any' && kind < 0.4;
  const highest = far ? bounds.max : Math.min(bounds.max, Math.max(current + 4, current * 2));
  return loadFor(bounds.min + upTo(chance, highest - bounds.min + 1), chance);
}

function moveOf(current: number, chance: Chance, reach: Reach): { load: number; path: readonly number[] } {
  for (;;) {
    const load = loadFrom(current, chance, reach);
    const path = pathOf(current, load);
    const plain = [current, ...path].every((replicas) => isPlain(replicas, load));
    if (plain && (reach === 'any' ? path.length > 0 : path.length === 1)) return { load, path };
  }
}

export interface Course {
  readonly seed: number;
  readonly moves: number;
  readonly holds: number;
  /** `oneTick`: no move that the rates spread over several. */
  readonly reach: Reach;
}

/** Moves of the load, and holds (changes inside the tolerance) spread among them. */
export function plan({ seed, moves, holds, reach }: Course): readonly PlannedStep[] {
  const chance = chanceFrom(seed);
  const steps: PlannedStep[] = [];
  let current: number = bounds.min;
  for (let index = 0; index < moves; index += 1) {
    const { load, path } = moveOf(current, chance, reach);
    steps.push({ kind: 'move', load, from: current, path });
    current = path.at(-1) ?? current;
    if (Math.floor(((index + 1) * holds) / moves) > Math.floor((index * holds) / moves)) {
      const held = Math.round(current * target * (chance() < 0.5 ? 0.94 : 1.06));
      steps.push({ kind: 'hold', load: held, from: current, path: [] });
    }
  }
  return steps;
}
