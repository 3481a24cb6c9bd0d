// The course of a process: alone it leads from its start to its end; beside others it follows, leads, and follows again.
import type { Logger } from 'pino';
import type { House } from './assemble.ts';
import { createOwnObjects } from './clients/kubernetes/own-objects.ts';
import { sleep, type Clock } from './clock.ts';
import { untilSeen } from './first-sight.ts';
import { Elector, type Mandate } from './leader/elector.ts';
import type { LeaseFence, Monotonic } from './leader/fence.ts';
import type { LeaseName, SeenLease } from './leader/lease.ts';
import { createPulse } from './leader/pulse.ts';
import { runLoop } from './loop.ts';
import { seconds, type Milliseconds } from './model/units.ts';

export interface Course {
  readonly clock: Clock;
  readonly interval: () => Milliseconds;
  /** calls back when the next tick is to begin at once */
  readonly hurry: (listener: () => void) => () => void;
  /** aborted: what is under way ends in order */
  readonly signal: AbortSignal;
}

/** One term, from the opening of memory and ledger to their end. */
async function serve(house: House, course: Course, mandate: Mandate, onSign: () => void): Promise<void> {
  const { signal } = mandate;
  const term = await house.lead(mandate.tookFrom);
  try {
    // Nothing is decided before the cluster has been seen; alerts are taken in and told meanwhile.
    await untilSeen(house.firstSight, {
      clock: course.clock,
      signal,
      onSign: () => {
        house.health.alive();
        onSign();
      },
    });
    await runLoop({
      ...course,
      signal,
      tick: async (due, breaking) => {
        await term.tick(due, breaking);
        onSign();
      },
      prepare: () => house.world.collect.askAhead(),
    });
  } finally {
    await term.close();
  }
}

export function leadAlone(house: House, course: Course): Promise<void> {
  return serve(house, course, { signal: course.signal, tookFrom: null }, () => undefined);
}

export interface Turns extends Course {
  readonly fence: LeaseFence;
  readonly monotonic: Monotonic;
  readonly lease: LeaseName;
  /** as it stands in the lease: the pod's name and something that no other process has */
  readonly identity: string;
  /** where this process takes alerts in for the others */
  readonly address: string | null;
  readonly log: Logger;
  readonly onSeen: (lease: SeenLease | null) => void;
}

const betweenLooks = seconds(30);

/** Whoever follows is ready when he has seen the cluster: he may be the next one. */
async function readyWhenSeen(house: House, { clock, signal }: Course): Promise<void> {
  while (!signal.aborted) {
    try {
      await house.world.kubernetes.lists.ready(betweenLooks);
      house.health.seen();
      return;
    } catch {
      // What cannot be listed the log has said; a moment later it may be.
      await sleep(clock, seconds(1), signal);
    }
  }
}

export async function takeTurns(house: House, turns: Turns): Promise<void> {
  const { clock, monotonic, fence, lease, identity, address, log } = turns;
  const { kubernetes } = house.world;
  const pulse = createPulse(monotonic, turns.interval);
  const elector = new Elector({
    objects: createOwnObjects({ transport: kubernetes.transport, timeout: seconds(4) }),
    name: lease,
    me: { identity, address },
    clock,
    monotonic,
    fence,
    log,
    ticks: () => pulse.beats(),
    lead: (mandate) => {
      pulse.beat();
      return serve(house, turns, mandate, () => pulse.beat());
    },
    onSeen: turns.onSeen,
    onStep: () => house.health.alive(),
  });
  await Promise.all([elector.run(turns.signal), readyWhenSeen(house, turns)]);
}
