// The election by itself: tables of single steps, and two candidates with any network between them and the lease.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginning,
  freeAt,
  givenBack,
  granted,
  leaseFor,
  nextStep,
  notGranted,
  renewWithin,
  retryAfter,
  saw,
  steppedDown,
  type Me,
  type Moment,
  type Standing,
} from '../../src/leader/election.ts';
import { createFence } from '../../src/leader/fence.ts';
import { leaseOf, objectOf, type LeaseRecord, type SeenLease } from '../../src/leader/lease.ts';

const name = { namespace: 'springtide', name: 'springtide' };
const me: Me = { identity: 'a_1', address: 'http://10.0.0.1:9093' };
const moment = (at: number, ticks = true): Moment => ({ at, ticks, stamp: `stamp ${at}` });

function lease(record: Partial<LeaseRecord> = {}, version = 1): SeenLease {
  const whole: LeaseRecord = {
    ...{ holder: 'b_2', durationSeconds: 15, acquireTime: 't0', renewTime: 't1', transitions: 3, address: null },
    ...record,
  };
  const object = objectOf(whole, null, name);
  return leaseOf({ ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: String(version) } });
}

/** Seen by the watch at `at`, and read for certain at `readAt`. */
function follower(seen: SeenLease | null, at: number, readAt = at): Standing {
  return saw(saw(beginning, seen, at, 'watch'), seen, readAt, 'read');
}

describe('a follower', () => {
  it('reads before anything else', () => {
    expect(nextStep(beginning, me, moment(0))).toEqual({ do: 'read' });
  });

  it('takes a lease that does not exist, or that was given back, at once', () => {
    expect(nextStep(follower(null, 5), me, moment(5))).toMatchObject({ do: 'write', over: null });
    const given = lease({ holder: '', durationSeconds: 1 });
    expect(nextStep(follower(given, 5), me, moment(5))).toMatchObject({
      do: 'write',
      record: { holder: me.identity, transitions: 4, durationSeconds: 15, address: me.address, acquireTime: 'stamp 5' },
    });
  });

  it.each([
    { renewTime: '1999-01-01T00:00:00.000000Z', why: 'the clock of its holder is years behind' },
    { renewTime: '2999-01-01T00:00:00.000000Z', why: 'the clock of its holder is years ahead' },
    { renewTime: 'nonsense', why: 'its time cannot be read' },
  ])('waits 15 s of its own clock though $why', ({ renewTime }) => {
    const standing = follower(lease({ renewTime }), 100);
    expect(nextStep(standing, me, moment(100 + leaseFor - 1))).toEqual({ do: 'wait', until: 100 + leaseFor });
  });

  it('looks a last time before it takes it: a watch may be behind', () => {
    const standing = follower(lease(), 100);
    expect(nextStep(standing, me, moment(100 + leaseFor))).toEqual({ do: 'read' });
    const same = saw(standing, lease(), 100 + leaseFor, 'read');
    expect(nextStep(same, me, moment(100 + leaseFor))).toMatchObject({ do: 'write', record: { transitions: 4 } });
    const renewed = saw(standing, lease({ renewTime: 't2' }, 2), 100 + leaseFor, 'read');
    expect(nextStep(renewed, me, moment(100 + leaseFor))).toEqual({ do: 'wait', until: 100 + 2 * leaseFor });
  });

  it('counts renewals as signs of life, and nothing else that is written on the lease', () => {
    const standing = follower(lease(), 100);
    const noted = saw(standing, lease({ address: 'http://elsewhere' }, 2), 5_000, 'watch');
    expect(noted).toMatchObject({ sighting: { since: 100 } });
    expect(saw(noted, lease({ renewTime: 't2' }, 3), 6_000, 'watch')).toMatchObject({ sighting: { since: 6_000 } });
  });

  it('leaves the holder his time where the lease was deleted under him', () => {
    const standing = saw(follower(lease(), 100), null, 3_000, 'read');
    expect(nextStep(standing, me, moment(3_000))).toEqual({ do: 'wait', until: 100 + leaseFor });
  });

  it('goes on with a lease that is its own already: only the answer was lost', () => {
    const standing = follower(lease({ holder: me.identity }), 100);
    expect(nextStep(standing, me, moment(100))).toMatchObject({ do: 'write', record: { transitions: 3 } });
  });

  it('reads again after a write that was refused, and pauses after one that failed', () => {
    const standing = follower(null, 0);
    expect(nextStep(notGranted(standing, 'conflict', 10), me, moment(10))).toEqual({ do: 'read' });
    const failed = notGranted(standing, 'failed', 10);
    expect(nextStep(failed, me, moment(10))).toEqual({ do: 'wait', until: 10 + retryAfter });
    expect(nextStep(failed, me, moment(10 + retryAfter))).toEqual({ do: 'read' });
  });

  it('leaves it to others for a while when it could not tick', () => {
    expect(nextStep(steppedDown('TicksStopped', 50), me, moment(50))).toEqual({ do: 'wait', until: 50 + leaseFor });
    expect(nextStep(steppedDown('NotRenewed', 50), me, moment(50))).toEqual({ do: 'read' });
  });
});

describe('one who leads', () => {
  const mine = lease({ holder: me.identity, address: me.address });
  const standing = granted(mine, 1_000);

  it('renews every two seconds, over what it has written last', () => {
    expect(nextStep(standing, me, moment(1_500))).toEqual({ do: 'wait', until: 1_000 + retryAfter });
    expect(nextStep(standing, me, moment(3_000))).toMatchObject({
      do: 'write',
      over: mine,
      record: { acquireTime: 't0', renewTime: 'stamp 3000', transitions: 3 },
    });
  });

  it('steps down ten seconds after the request of the last granted renewal', () => {
    const failed = notGranted(standing, 'failed', 1_000 + renewWithin - 500);
    expect(nextStep(failed, me, moment(1_000 + renewWithin - 500))).toEqual({ do: 'wait', until: 1_000 + renewWithin });
    expect(nextStep(failed, me, moment(1_000 + renewWithin))).toEqual({ do: 'stepDown', why: 'NotRenewed' });
  });

  it('steps down at once when it reads that somebody else holds it', () => {
    const doubtful = notGranted(standing, 'conflict', 3_000);
    expect(nextStep(doubtful, me, moment(3_000))).toEqual({ do: 'read' });
    const taken = saw(doubtful, lease(), 3_010, 'read');
    expect(nextStep(taken, me, moment(3_010))).toEqual({ do: 'stepDown', why: 'Taken' });
  });

  it('goes on where only its answer was lost, and where the lease was deleted', () => {
    const doubtful = notGranted(standing, 'conflict', 3_000);
    expect(nextStep(saw(doubtful, mine, 3_010, 'read'), me, moment(3_010))).toMatchObject({ do: 'write', over: mine });
    expect(nextStep(saw(doubtful, null, 3_010, 'read'), me, moment(3_010))).toMatchObject({ do: 'write', over: null });
  });

  it('looks when the watch shows somebody else, and is not impressed by its own renewals', () => {
    expect(saw(standing, mine, 1_200, 'watch')).toBe(standing);
    expect(nextStep(saw(standing, lease(), 1_200, 'watch'), me, moment(1_200))).toEqual({ do: 'read' });
  });

  it('does not renew while no tick ends, and goes on when one does', () => {
    expect(nextStep(standing, me, moment(3_000, false))).toEqual({ do: 'wait', until: 3_000 + retryAfter });
    expect(nextStep(standing, me, moment(5_000, true))).toMatchObject({ do: 'write' });
    const end = 1_000 + renewWithin;
    expect(nextStep(standing, me, moment(end, false))).toEqual({ do: 'stepDown', why: 'TicksStopped' });
  });

  it('gives it back with nobody in it', () => {
    expect(givenBack(mine, 'now')).toMatchObject({ holder: '', durationSeconds: 1, address: null, transitions: 3 });
    expect(freeAt({ lease: lease(givenBack(mine, 'now')), since: 7, held: false, readAt: 7 })).toBe(7);
  });
});

// The network between candidates and the lease: each call takes its time, is lost on the way there or on the way back.
interface Weather {
  readonly there: number;
  readonly back: number;
  readonly fate: 'answered' | 'lostThere' | 'lostBack';
}

const deadline = 3_000;
/** Mostly quick, sometimes slower than anybody waits for. */
const delay = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) }, fc.integer({ min: 0, max: 4_000 }));
const weather = fc.record<Weather>({
  there: delay,
  back: delay,
  fate: fc.oneof(
    { weight: 8, arbitrary: fc.constant<Weather['fate']>('answered') },
    fc.constantFrom<Weather['fate'][]>('lostThere', 'lostBack'),
  ),
});
/** A process stands still for so long after so many of its steps. */
const freezes = fc.array(
  fc.record({ after: fc.integer({ min: 1, max: 60 }), for: fc.integer({ min: 1_000, max: 40_000 }) }),
  { minLength: 1, maxLength: 6 },
);

class LeaseServer {
  lease: SeenLease | null = null;
  readonly watchers: ((lease: SeenLease) => void)[] = [];
  #version = 0;

  write(record: LeaseRecord, over: SeenLease | null): SeenLease | null {
    const [ours, theirs] = [this.lease?.object.metadata.resourceVersion, over?.object.metadata.resourceVersion];
    if (ours !== theirs) return null;
    const object = objectOf(record, over, name);
    this.#version += 1;
    this.lease = leaseOf({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    });
    const written = this.lease;
    this.watchers.forEach((watcher) => watcher(written));
    return written;
  }
}

interface Happening {
  readonly at: number;
  readonly run: () => void;
}

const lookEvery = 250;

class Play {
  readonly #queue: Happening[] = [];
  now = 0;

  at(at: number, run: () => void): void {
    const index = this.#queue.findIndex((other) => other.at > at);
    this.#queue.splice(index < 0 ? this.#queue.length : index, 0, { at, run });
  }

  /** Plays what happens; `look` is called between, a few times a second. */
  until(end: number, look: (now: number) => void = () => undefined): void {
    for (let next = this.#queue.shift(); next !== undefined && next.at <= end; next = this.#queue.shift()) {
      for (this.now += lookEvery; this.now < next.at; this.now += lookEvery) look(this.now);
      this.now = next.at;
      next.run();
      look(next.at);
    }
  }
}

interface Script {
  readonly weathers: readonly Weather[];
  readonly freezes: readonly { readonly after: number; readonly for: number }[];
}

/** One process: its clock has an origin of its own, and it may stand still at any time. */
class Candidate {
  readonly me: Me;
  readonly #fence;
  readonly #play: Play;
  readonly #server: LeaseServer;
  readonly #script: Script;
  readonly #origin: number;
  #standing: Standing = beginning;
  #steps = 0;
  #calls = 0;
  everLed = false;

  constructor(identity: string, play: Play, server: LeaseServer, script: Script, origin: number) {
    this.me = { identity, address: null };
    this.#play = play;
    this.#server = server;
    this.#script = script;
    this.#origin = origin;
    this.#fence = createFence(() => this.#clock());
    play.at(0, () => this.step());
    server.watchers.push((lease) => {
      const { there, fate } = this.#nextWeather();
      if (fate !== 'answered') return;
      play.at(play.now + there, () => {
        this.#standing = saw(this.#standing, lease, this.#clock(), 'watch');
      });
    });
  }

  #nextWeather(): Weather {
    const { weathers } = this.#script;
    return weathers[this.#calls++ % weathers.length] ?? { there: 0, back: 0, fate: 'answered' };
  }

  #clock(): number {
    return this.#play.now + this.#origin;
  }

  /** A write that begins now may be under way for another four seconds. */
  mayWrite(): boolean {
    return this.#fence.refusal() === null;
  }

  step(): void {
    this.#steps += 1;
    const freeze = this.#script.freezes.find(({ after }) => after === this.#steps);
    if (freeze === undefined) this.#go();
    else this.#play.at(this.#play.now + freeze.for, () => this.#go());
  }

  #go(): void {
    const at = this.#clock();
    const step = nextStep(this.#standing, this.me, { at, ticks: true, stamp: String(at) });
    switch (step.do) {
      case 'wait': {
        this.#play.at(step.until - this.#origin, () => this.step());
        return;
      }
      case 'stepDown':
        this.#fence.close();
        this.#standing = steppedDown(step.why, at);
        {
          this.#play.at(this.#play.now, () => this.step());
          return;
        }
      case 'read': {
        this.#call(
          () => this.#server.lease,
          (lease) => {
            this.#standing = saw(this.#standing, lease, this.#clock(), 'read');
          },
        );
        return;
      }
      case 'write': {
        this.#call(
          () => this.#server.write(step.record, step.over),
          (lease) => {
            if (lease === null) this.#standing = notGranted(this.#standing, 'conflict', this.#clock());
            else {
              this.#fence.renewed(at);
              this.#standing = granted(lease, at);
              this.everLed = true;
            }
          },
        );
        return;
      }
    }
  }

  #call(serve: () => SeenLease | null, answer: (lease: SeenLease | null) => void): void {
    const sent = this.#play.now;
    const { there, back, fate } = this.#nextWeather();
    let over = false;
    const fail = (): void => {
      if (over) return;
      over = true;
      this.#standing = notGranted(this.#standing, 'failed', this.#clock());
      this.step();
    };
    this.#play.at(sent + deadline, fail);
    if (fate === 'lostThere') return;
    this.#play.at(sent + there, () => {
      const lease = serve();
      if (fate === 'lostBack') return;
      this.#play.at(this.#play.now + back, () => {
        if (over) return;
        over = true;
        answer(lease);
        this.step();
      });
    });
  }
}

const scripts = fc.record({ weathers: fc.array(weather, { minLength: 1, maxLength: 40 }), freezes });
const writeLasts = 4_000;
const playFor = 180_000;

describe('two candidates', () => {
  it('never both may write, nor does a write of one reach into the term of the other, whatever the network and the clocks do', () => {
    fc.assert(
      fc.property(scripts, scripts, fc.integer({ min: -1e9, max: 1e9 }), (one, other, origin) => {
        const play = new Play();
        const server = new LeaseServer();
        const first = new Candidate('first', play, server, one, 0);
        const second = new Candidate('second', play, server, other, origin);
        // until when what each of them has begun may be under way
        const underWay = [-Infinity, -Infinity];
        const violations: number[] = [];
        play.until(playFor, (now) => {
          for (const [index, candidate] of [first, second].entries()) {
            if (!candidate.mayWrite()) continue;
            if ((underWay[1 - index] ?? 0) >= now) violations.push(now);
            underWay[index] = now + writeLasts;
          }
        });
        expect(violations).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('one of them leads within a minute where the network is well', () => {
    const well: Script = { weathers: [{ there: 5, back: 5, fate: 'answered' }], freezes: [] };
    const play = new Play();
    const server = new LeaseServer();
    const candidates = ['first', 'second'].map((identity) => new Candidate(identity, play, server, well, 0));
    play.until(60_000);
    expect(candidates.filter(({ everLed }) => everLed)).toHaveLength(1);
    expect(candidates.filter((candidate) => candidate.mayWrite())).toHaveLength(1);
  });
});
