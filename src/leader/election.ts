// Who may lead: pure. A lease is free when nothing of it has moved for 15 s of our own clock; what its times say is never believed.
import { seconds } from '../model/units.ts';
import { writesFor } from './fence.ts';
import type { LeaseRecord, SeenLease } from './lease.ts';

/** All times here are readings of one monotonic clock, in milliseconds. */
export const leaseFor = seconds(15);
/** The fence closes by itself then: a renewal that comes later is none. */
export const renewWithin = writesFor;
export const retryAfter = seconds(2);

export interface Me {
  readonly identity: string;
  readonly address: string | null;
}

/** The lease as we know it, and since when nothing of what a holder writes has changed. */
export interface Sighting {
  /** null: there is none */
  readonly lease: SeenLease | null;
  readonly since: number;
  /** somebody held it at `since`: a lease that is deleted does not end his time */
  readonly held: boolean;
  /** when it was last read itself; a watch may be late */
  readonly readAt: number;
}

export type Standing =
  | { readonly role: 'following'; readonly sighting: Sighting | null; readonly notBefore: number }
  | {
      readonly role: 'leading';
      /** what the next renewal is based on; unknown: it has to be read first */
      readonly lease: SeenLease | null | 'unknown';
      readonly holder: LeaseRecord;
      /** when the newest renewal that was granted was sent */
      readonly grantedAt: number;
      readonly notBefore: number;
    };

export type Loss = 'Taken' | 'NotRenewed' | 'TicksStopped';

export type Step =
  | { readonly do: 'wait'; readonly until: number }
  | { readonly do: 'read' }
  | { readonly do: 'write'; readonly record: LeaseRecord; readonly over: SeenLease | null }
  | { readonly do: 'stepDown'; readonly why: Loss };

export const beginning: Standing = { role: 'following', sighting: null, notBefore: 0 };

export interface Moment {
  readonly at: number;
  /** the same moment as it is written down for people */
  readonly stamp: string;
  /** whether this process does what a leader is there for */
  readonly ticks: boolean;
}

const signOfLife = (lease: SeenLease | null): string =>
  lease === null ? '' : JSON.stringify([lease.holder, lease.renewTime, lease.acquireTime, lease.transitions]);

/** When a lease that stays as it is may be taken. */
export function freeAt({ lease, since, held }: Sighting): number {
  if (lease === null) return held ? since + leaseFor : since;
  return lease.holder === '' ? since : since + leaseFor;
}

/** A look at the lease, by the watch or by reading it. */
export function saw(standing: Standing, lease: SeenLease | null, now: number, by: 'watch' | 'read'): Standing {
  switch (standing.role) {
    case 'following':
      return { ...standing, sighting: sighted(standing.sighting, lease, now, by) };
    case 'leading':
      if (by === 'read') return { ...standing, lease };
      // A watch shows what was: somebody else in it is reason enough to look, and not more.
      return lease?.holder === standing.holder.holder ? standing : { ...standing, lease: 'unknown', notBefore: now };
  }
}

function sighted(before: Sighting | null, lease: SeenLease | null, now: number, by: 'watch' | 'read'): Sighting {
  const readAt = by === 'read' ? now : (before?.readAt ?? -Infinity);
  if (before !== null && signOfLife(before.lease) === signOfLife(lease)) return { ...before, lease, readAt };
  const heldBefore = before !== null && (before.lease === null ? before.held : before.lease.holder !== '');
  const isGone = lease === null && heldBefore;
  // Deleted under its holder: he may not have noticed, and his time runs from when he was last seen alive.
  const since = isGone && before !== null ? before.since : now;
  return { lease, since, held: lease === null ? isGone : lease.holder !== '', readAt };
}

export function nextStep(standing: Standing, me: Me, moment: Moment): Step {
  switch (standing.role) {
    case 'following':
      return stepOfFollower(standing, me, moment);
    case 'leading':
      return stepOfLeader(standing, me, moment);
  }
}

type Following = Extract<Standing, { readonly role: 'following' }>;
type Leading = Extract<Standing, { readonly role: 'leading' }>;

function stepOfFollower({ sighting, notBefore }: Following, me: Me, { at, stamp }: Moment): Step {
  if (at < notBefore) return { do: 'wait', until: notBefore };
  if (sighting === null) return { do: 'read' };
  const { lease } = sighting;
  // It is ours already where the answer to our own write was lost.
  const free = lease?.holder === me.identity ? sighting.since : freeAt(sighting);
  if (at < free) return { do: 'wait', until: free };
  // The watch may be behind: nobody is replaced who was not looked at a last time.
  if (sighting.readAt < free) return { do: 'read' };
  const transitions = lease === null ? 0 : lease.transitions + (lease.holder === me.identity ? 0 : 1);
  const times = { acquireTime: stamp, renewTime: stamp };
  const record = { holder: me.identity, address: me.address, durationSeconds: leaseFor / 1000, transitions, ...times };
  return { do: 'write', record, over: lease };
}

function stepOfLeader({ lease, holder, grantedAt, notBefore }: Leading, me: Me, { at, stamp, ticks }: Moment): Step {
  if (lease !== 'unknown' && lease !== null && lease.holder !== me.identity) return { do: 'stepDown', why: 'Taken' };
  const end = grantedAt + renewWithin;
  if (at >= end) return { do: 'stepDown', why: ticks ? 'NotRenewed' : 'TicksStopped' };
  if (at < notBefore) return { do: 'wait', until: Math.min(notBefore, end) };
  // Whoever does not tick lets the lease run out: somebody else may do better.
  if (!ticks) return { do: 'wait', until: Math.min(at + retryAfter, end) };
  if (lease === 'unknown') return { do: 'read' };
  return { do: 'write', record: { ...holder, renewTime: stamp }, over: lease };
}

/** The API server has taken our write that was sent at `sentAt`. */
export function granted(lease: SeenLease, sentAt: number): Leading {
  return { role: 'leading', lease, holder: lease, grantedAt: sentAt, notBefore: sentAt + retryAfter };
}

/** It was refused because somebody else has written, or nobody knows what became of it: either way it is read again. */
export function notGranted(standing: Standing, why: 'conflict' | 'failed', now: number): Standing {
  const notBefore = why === 'conflict' ? now : now + retryAfter;
  switch (standing.role) {
    case 'following':
      return { ...standing, sighting: standing.sighting && { ...standing.sighting, readAt: -Infinity }, notBefore };
    case 'leading':
      return { ...standing, lease: 'unknown', notBefore };
  }
}

/** Whoever could not tick leaves the others the time to take it. */
export const steppedDown = (why: Loss, now: number): Standing => ({
  ...beginning,
  notBefore: why === 'TicksStopped' ? now + leaseFor : now,
});

/** What is written by whoever gives it back. */
export const givenBack = (record: LeaseRecord, stamp: string): LeaseRecord => ({
  ...record,
  holder: '',
  address: null,
  durationSeconds: 1,
  renewTime: stamp,
});
