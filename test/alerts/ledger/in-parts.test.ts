// A group that is too large for one Kubernetes object: written in parts, whole after a kill between any two writes, within the budget.
import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLedgerInKubernetes } from '../../../src/alerts/ledger/in-kubernetes.ts';
import type { Ledger } from '../../../src/alerts/ledger/ledger.ts';
import type { Episode, LedgerRecord } from '../../../src/alerts/ledger/records.ts';
import { groupOwner } from '../../../src/alerts/ledger/state.ts';
import { ClientError } from '../../../src/clients/http/error.ts';
import type { OwnObject, OwnObjects } from '../../../src/clients/kubernetes/own-objects.ts';
import { minutes, seconds } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { anOwnWorld, namespace, startOwnWorld } from '../../state/own.ts';
import { start } from '../builders.ts';
import { settle, until } from './turns.ts';

const objectBytes = 600;
const ownerOf = (group: number): string => groupOwner(`{}:{group="${group}"}`, 'duty');

/** `periods` cannot be packed: 32 of them fill about two objects. */
function episodeOf(number: number, periods: number): Episode {
  const acknowledged = {
    by: 'zhang',
    at: start,
    periods: Array.from({ length: periods }, (_, index) =>
      createHash('sha256').update(`${number}/${index}`).digest('hex'),
    ),
  };
  return { step: number, began: start, accepted: null, acknowledged };
}
const said = (group: number, episode: Episode | null): LedgerRecord => ({
  kind: 'episode',
  owner: ownerOf(group),
  episode,
});

const isPart = (name: string): boolean => name.includes('.');

async function namesIn(own: OwnObjects): Promise<{ readonly heads: string[]; readonly parts: string[] }> {
  const { items } = await own.list('ConfigMap', { namespace, labelSelector: 'springtide.io/ledger' });
  const names = items.map(({ metadata }) => metadata.name);
  return { heads: names.filter((name) => !isPart(name)), parts: names.filter(isPart).toSorted() };
}

/** The parts that the heads name. */
async function named(own: OwnObjects): Promise<readonly string[]> {
  const { items } = await own.list('ConfigMap', { namespace, labelSelector: 'springtide.io/ledger' });
  return items
    .flatMap(({ metadata, data }) =>
      Array.from({ length: Number(data?.['parts'] ?? 0) }, (_, n) => `${metadata.name}.${data?.['generation']}.${n}`),
    )
    .toSorted();
}

/** Parts that nothing names are gone, and nothing named is missing. */
const isClean = async (own: OwnObjects): Promise<boolean> =>
  JSON.stringify((await namesIn(own)).parts) === JSON.stringify(await named(own));

/** What goes on without a clock has had its time. */
async function roundTrips(own: OwnObjects): Promise<void> {
  for (let trip = 0; trip < 8; trip += 1) await namesIn(own);
}

const unreachable = (): ClientError =>
  new ClientError({ code: 'Unreachable', source: 'Kubernetes', message: 'nobody there' });

interface Life {
  readonly own: OwnObjects;
  /** resolves when nothing of it is on its way any more */
  readonly kill: () => Promise<void>;
}

/** Of the write at which the process is killed nobody hears; nothing follows it. */
function lifeOf(own: OwnObjects, writes: number, lastArrives: boolean): Life {
  let left = writes;
  let underWay = 0;
  async function passed<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    left -= 1;
    if (left < 0 || (left === 0 && !lastArrives)) throw unreachable();
    underWay += 1;
    const answer = await send().finally(() => (underWay -= 1));
    if (left <= 0) throw unreachable();
    return answer;
  }
  return {
    own: {
      ...own,
      create: (object, options) => passed(() => own.create(object, options)),
      replace: (object, options) => passed(() => own.replace(object, options)),
      remove: (...what) => passed(() => own.remove(...what)),
    },
    kill: async () => {
      left = 0;
      while (underWay > 0) await turn();
    },
  };
}

const opening = (own: OwnObjects, clock: VirtualClock): Promise<Ledger> =>
  openLedgerInKubernetes({ own, namespace, clock, instance: 'springtide-0', objectBytes });

const life = fc.record({
  killedAfter: fc.integer({ min: 1, max: 40 }),
  lastArrives: fc.boolean(),
  course: fc.array(fc.record({ group: fc.integer({ min: 0, max: 2 }), periods: fc.integer({ min: 0, max: 90 }) }), {
    minLength: 1,
    maxLength: 6,
  }),
});

describe('a group that no single object holds', () => {
  it('is after a kill between any two writes what was committed last, old or new, and whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
        const clock = new VirtualClock(start);
        const world = await startOwnWorld(clock);
        const { own } = world;
        const promised = new Map<string, Episode>();
        let number = 0;
        for (const { course, ...kill } of lives) {
          const alive = lifeOf(own, kill.killedAfter, kill.lastArrives);
          const ledger = await opening(alive.own, clock);
          let underWay: readonly [string, Episode] | null = null;
          for (const { group, periods } of course) {
            const episode = episodeOf((number += 1), periods);
            const isPromised = await settle(clock, ledger.append([said(group, episode)])).then(
              () => true,
              () => false,
            );
            underWay = isPromised ? null : [ownerOf(group), episode];
            if (!isPromised) break;
            promised.set(ownerOf(group), episode);
          }
          await alive.kill();
          const { state, damage } = await opening(own, clock);
          expect(damage).toEqual([]);
          const read = new Map(state.episodes);
          if (underWay !== null && read.get(underWay[0])?.step === underWay[1].step) promised.set(...underWay);
          expect(read).toEqual(promised);
        }
        // the next one that writes leaves nothing behind of those that were killed
        const last = await opening(own, clock);
        await settle(clock, last.append([said(3, episodeOf((number += 1), 0))]));
        await until(clock, () => isClean(own));
        await settle(clock, last.close());
        expect((await opening(own, clock)).state.episodes.size).toBe(promised.size + 1);
        await world.close();
      }),
      { numRuns: 10 },
    );
  }, 60_000);

  it('is written under a new generation each time, and in one object again when it fits', async () => {
    const clock = new VirtualClock(start);
    const { own } = await anOwnWorld(clock);
    const ledger = await opening(own, clock);
    const partsAfter = async (number: number, periods: number): Promise<readonly string[]> => {
      await settle(clock, ledger.append([said(1, episodeOf(number, periods))]));
      await until(clock, () => isClean(own));
      return (await namesIn(own)).parts;
    };
    const first = await partsAfter(1, 80);
    expect(first.length).toBeGreaterThan(3);
    expect(first[0]).toMatch(/^springtide-ledger-g-[0-9a-f]{16}\.1-[0-9a-f]{12}\.0$/);
    const second = await partsAfter(2, 80);
    expect(second[0]).toMatch(/\.2-[0-9a-f]{12}\.0$/);
    expect(await partsAfter(3, 0)).toEqual([]);
    expect((await opening(own, clock)).state.episodes.get(ownerOf(1))).toEqual(episodeOf(3, 0));
    await ledger.close();
  });

  it('is promised when the object that names the parts is there, and not before', async () => {
    const clock = new VirtualClock(start);
    const { own } = await anOwnWorld(clock);
    const order: string[] = [];
    const noted: OwnObjects = {
      ...own,
      create: async (object: OwnObject, options) => {
        const made = await own.create(object, options);
        order.push(isPart(object.metadata.name) ? 'part' : 'head');
        return made;
      },
    };
    const ledger = await opening(noted, clock);
    await settle(
      clock,
      ledger.append([said(1, episodeOf(1, 60))]).then(() => order.push('promised')),
    );
    expect(order.slice(-3)).toEqual(['part', 'head', 'promised']);
    expect(order.filter((one) => one !== 'part')).toHaveLength(2);
    await ledger.close();
  });

  it('writes five parts a second and not more', async () => {
    const clock = new VirtualClock(start);
    const { own, writes } = await anOwnWorld(clock);
    const ledger = await opening(own, clock);
    const large = ledger.append([said(0, episodeOf(1, 360))]);
    for (const expected of [5, 10]) {
      while (writes() < expected) await turn();
      await roundTrips(own);
      expect(writes()).toBe(expected);
      clock.advance(seconds(1));
    }
    await settle(clock, large);
    await ledger.close();
  });

  it('is whole also where nobody heard that it was committed, and others went on', async () => {
    const clock = new VirtualClock(start);
    const { own } = await anOwnWorld(clock);
    let isDeaf = true;
    const shaky: OwnObjects = {
      ...own,
      create: async (object, options) => {
        const made = await own.create(object, options);
        if (!isDeaf || isPart(object.metadata.name)) return made;
        isDeaf = false;
        throw unreachable();
      },
    };
    const ledger = await opening(shaky, clock);
    const large = settle(clock, ledger.append([said(0, episodeOf(1, 200))]));
    await expect(large).rejects.toMatchObject({ code: 'LedgerUnwritable', retryable: true });
    clock.advance(seconds(1));
    await ledger.append([said(1, episodeOf(2, 0))]);
    await roundTrips(own);
    const { damage, state } = await opening(own, clock);
    expect(damage).toEqual([]);
    expect(state.episodes.get(ownerOf(0))).toEqual(episodeOf(1, 200));
    await ledger.close();
  });

  it('leaves others every other write', async () => {
    const clock = new VirtualClock(start);
    const { own, writes } = await anOwnWorld(clock);
    const ledger = await opening(own, clock);
    let isLargeDone = false;
    let small = 0;
    // about twenty parts, and one more small group whenever one is done
    const large = ledger.append([said(0, episodeOf(1, 360))]).then(() => (isLargeDone = true));
    await until(clock, () => writes() >= 4);
    const others = (async () => {
      for (let group = 1; !isLargeDone; group += 1) {
        await ledger.append([said(group, episodeOf(group, 0))]);
        small += 1;
      }
    })();
    await settle(clock, Promise.all([large, others]));
    const ofLarge = (await named(own)).length - 4;
    expect(ofLarge).toBeGreaterThan(10);
    expect(small).toBeGreaterThanOrEqual(ofLarge - 3);
    await ledger.close();
  });

  it('is not begun again at once: a part a second in the long run', async () => {
    const clock = new VirtualClock(start);
    const { own } = await anOwnWorld(clock);
    const ledger = await opening(own, clock);
    await settle(clock, ledger.append([said(0, episodeOf(1, 150))]));
    const parts = (await named(own)).length;
    const committed = clock.now();
    await settle(clock, ledger.append([said(0, episodeOf(2, 150))]));
    expect(clock.now() - committed).toBeGreaterThanOrEqual(seconds(parts - 0.2));
    // and who has little to say does not wait for it, however long it takes
    clock.advance(seconds(1));
    const again = ledger.append([said(0, episodeOf(3, 150))]);
    await ledger.append([said(1, episodeOf(4, 0))]);
    await settle(clock, again);
    await ledger.close();
  });

  it('leaves neither parts nor an object when it is over', async () => {
    const clock = new VirtualClock(start);
    const { own } = await anOwnWorld(clock);
    const ledger = await opening(own, clock);
    await settle(clock, ledger.append([said(0, episodeOf(1, 80))]));
    await settle(clock, ledger.append([said(0, null)]));
    await until(clock, () => isClean(own));
    clock.advance(minutes(11));
    await settle(clock, ledger.append([said(1, episodeOf(2, 0))]));
    await ledger.close();
    expect(await namesIn(own)).toEqual({ heads: [expect.any(String)], parts: [] });
  });

  it('is told as damage where one of its parts is gone, and the others are read', async () => {
    const clock = new VirtualClock(start);
    const { own } = await anOwnWorld(clock);
    const ledger = await opening(own, clock);
    await settle(clock, ledger.append([said(0, episodeOf(1, 80)), said(1, episodeOf(2, 0))]));
    await ledger.close();
    const [one = ''] = await named(own);
    const uid = (await own.get('ConfigMap', namespace, one))?.metadata.uid ?? '';
    await own.remove('ConfigMap', namespace, one, { uid });
    const { damage, state } = await opening(own, clock);
    expect(damage[0]?.kind).toBe('damagedLine');
    expect([...state.episodes.keys()]).toEqual([ownerOf(1)]);
  });
});
