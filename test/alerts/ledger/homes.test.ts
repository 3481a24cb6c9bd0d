// Both homes of the ledger, file and Kubernetes, against the plain fold of the same records: whatever happens, and whenever it is reopened.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { codeOf } from '../../../src/alerts/acknowledge-code.ts';
import { openLedgerInKubernetes } from '../../../src/alerts/ledger/in-kubernetes.ts';
import { openLedger, volatileLedger, type Ledger } from '../../../src/alerts/ledger/ledger.ts';
import type { Intent, LedgerRecord } from '../../../src/alerts/ledger/records.ts';
import type { LedgerState } from '../../../src/alerts/ledger/state.ts';
import { groupOwner } from '../../../src/alerts/ledger/state.ts';
import { later, seconds, type Instant } from '../../../src/model/units.ts';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { temporaryDirectory } from '../../temporary-directory.ts';
import { startOwnWorld } from '../../state/own.ts';
import { anAlert, anIntent, start } from '../builders.ts';
import { settle } from './turns.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** Opens it, and opens it again. */
type Home = (clock: VirtualClock) => Promise<() => Promise<Ledger>>;

const homes: Readonly<Record<string, Home>> = {
  directory: async (clock) => {
    const directory = await temporaryDirectory();
    return () => openLedger(directory, { clock, fsync: false });
  },
  kubernetes: async (clock) => {
    const { own, ...world } = await startOwnWorld(clock);
    opened.push(() => world.close());
    return () => openLedgerInKubernetes({ own, namespace: 'springtide', clock, instance: 'springtide-0' });
  },
};

const groupKey = (group: number): string => `{}:{group="${group}"}`;
const intentOf = (id: string, group: number, at: Instant, covers: readonly number[]): Intent => {
  const alert = anAlert({}, { group: String(group) });
  const period = `${alert.fingerprint}@${alert.since}`;
  return anIntent(id, {
    groupKey: groupKey(group),
    at,
    alerts: [alert],
    firing: [period],
    ...(covers.length > 0 && {
      covers: [group, ...covers].map((one) => ({ groupKey: groupKey(one), firing: [period], resolved: [] })),
    }),
    to: ['zhang', 'li'],
    acknowledgeCode: codeOf(id, 'key'),
  });
};

type Step =
  | { readonly do: 'alert' | 'forgotten' | 'silence' | 'episode' | 'held' | 'watchdog'; readonly group: number }
  | {
      readonly do: 'notify';
      readonly group: number;
      readonly how: 'sent' | 'failed' | 'owed';
      readonly covers: readonly number[];
    }
  | { readonly do: 'reopen' };

const group = fc.integer({ min: 0, max: 4 });
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('alert', 'forgotten', 'silence', 'episode', 'held', 'watchdog'),
        group,
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('notify'),
        group,
        how: fc.constantFrom('sent', 'failed', 'owed'),
        covers: fc.uniqueArray(group, { maxLength: 2 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen') }) },
  ),
  { maxLength: 14 },
) as fc.Arbitrary<readonly Step[]>;

function recordsOfStep(step: Exclude<Step, { do: 'reopen' }>, number: number, now: Instant): readonly LedgerRecord[] {
  const owner = groupOwner(groupKey(step.group), 'duty');
  const alert = anAlert({}, { group: String(step.group) });
  switch (step.do) {
    case 'alert':
      return [{ kind: 'alert', alert }];
    case 'forgotten':
      return [
        { kind: 'forgotten', fingerprint: alert.fingerprint, begun: { at: [now], until: later(now, seconds(3600)) } },
      ];
    case 'silence':
      return [{ kind: 'silenceForgotten', id: `s-${step.group}` }];
    case 'episode':
      return [{ kind: 'episode', owner, episode: { step: number, began: now, accepted: null, acknowledged: null } }];
    case 'held': {
      const held = {
        groupKey: groupKey(step.group),
        receiver: 'duty',
        channel: 'sms',
        index: 0,
        to: ['zhang'],
      } as const;
      return [{ kind: 'held', held: { ...held, why: 'digest', until: now } }];
    }
    case 'watchdog':
      return [
        { kind: 'watchdog', name: `w-${step.group}`, missingSince: number % 2 === 0 ? now : null },
        {
          kind: 'watchdogHeard',
          name: `w-${step.group}`,
          heard: number % 3 === 0 ? null : { at: now, silentFor: seconds(number) },
        },
      ];
    case 'notify': {
      const id = `n-${number}`;
      const covers = step.covers.filter((one) => one !== step.group);
      const way = `way-${number % 3}`;
      const people = { zhang: { sms: `+861380000000${number % 3}` } };
      const settings = { to: [], max_segments: 2 };
      const begun: LedgerRecord[] = [
        { kind: 'way', id: way, way: { channel: 'sms', settings, sendResolved: true, people } },
        // what is still owed is not owed twice by one integration: the next would take its place
        {
          kind: 'intent',
          intent: {
            ...intentOf(id, step.group, now, covers),
            index: step.how === 'owed' ? 1 + number : 0,
            way,
            truncated: number,
          },
        },
        { kind: 'attempt', id, to: ['zhang', 'li'], at: now },
      ];
      if (step.how === 'owed') return begun;
      const ends = ['zhang', 'li'].map((to): LedgerRecord =>
        step.how === 'sent'
          ? { kind: 'sent', id, to, at: now, providerId: `p-${number}-${to}` }
          : { kind: 'failed', id, to, at: now, reason: 'Refused', message: 'no' },
      );
      return [...begun, ...ends, { kind: 'settled', id, at: now, how: 'done' }];
    }
  }
}

const sorted = <Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] =>
  [...map].sort(([one], [other]) => (one < other ? -1 : 1));

const seen = (state: LedgerState) => ({
  alerts: sorted(state.alerts),
  open: sorted(state.open).map(([id, { intent, recipients }]) => [id, intent, sorted(recipients)]),
  openOf: sorted(state.openOf).map(([owner, ids]) => [owner, [...ids].sort()]),
  told: sorted(state.told),
  toldOf: sorted(state.toldOf).map(([of, keys]) => [of, [...keys].sort()]),
  begun: sorted(state.begun),
  ways: [
    ...sorted(state.told).map(([, { way }]) => way),
    ...sorted(state.open).map(([, { intent }]) => intent.way),
  ].map((way = '') => state.ways.get(way)),
  recent: state.recent.map(({ intent, recipients }) => [intent.id, sorted(recipients)]),
  episodes: sorted(state.episodes),
  held: sorted(state.held),
  codes: sorted(state.codes),
  watchdogs: sorted(state.missingWatchdogs),
  heard: sorted(state.watchdogsHeard),
});

describe.each(Object.keys(homes))('a ledger in its home: %s', (name) => {
  it('is after any course, reopened at any time, what its records add up to', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (course) => {
        const clock = new VirtualClock(start);
        const open = await (homes[name] as Home)(clock);
        const model = volatileLedger();
        let ledger = await open();
        for (const [number, step] of course.entries()) {
          clock.advance(seconds(1));
          if (step.do === 'reopen') {
            await settle(clock, ledger.close());
            ledger = await open();
            expect(ledger.damage).toEqual([]);
            continue;
          }
          const records = recordsOfStep(step, number, clock.now());
          await model.append(records);
          await settle(clock, ledger.append(records));
        }
        await settle(clock, ledger.close());
        const again = await open();
        expect(seen(again.state)).toEqual(seen(model.state));
        await again.close();
      }),
      { numRuns: 12 },
    );
  });

  it('keeps what was appended before a kill: nothing that was promised is lost', async () => {
    const clock = new VirtualClock(start);
    const open = await (homes[name] as Home)(clock);
    const ledger = await open();
    const model = volatileLedger();
    for (let number = 0; number < 4; number += 1) {
      const records = recordsOfStep({ do: 'notify', group: number, how: 'sent', covers: [4] }, number, clock.now());
      await model.append(records);
      await settle(clock, ledger.append(records));
    }
    // nobody closes it
    const again = await open();
    expect(seen(again.state)).toEqual(seen(model.state));
    await again.close();
    await settle(clock, ledger.close()).catch(() => undefined);
  });
});
