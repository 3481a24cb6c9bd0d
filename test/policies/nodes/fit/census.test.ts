// Who runs where, kept while pods come, change and go: always what counting anew would give, whenever somebody first asks.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../../src/model/kubernetes.ts';
import { Census, type Kins } from '../../../../src/policies/nodes/fit/census.ts';
import { imageOf } from '../../../../src/policies/nodes/fit/image.ts';
import { kinFor, type Kin } from '../../../../src/policies/nodes/fit/needs.ts';
import { Simulation } from '../../../../src/policies/nodes/fit/simulation.ts';
import { naivelyFits, type NaiveNode, type Resident } from './naive.ts';
import { aRoom, zone } from './rooms.ts';

const namespaces = ['shop', 'bank', 'farm'];
const nodes = ['a', 'b', 'c', 'd'];

const aPod = (namespace: string, app: string, ended = false): Pod => ({
  metadata: { namespace, name: 'p', labels: { app } },
  spec: { containers: [] },
  ...(ended && { status: { phase: 'Succeeded' } }),
});

type Change =
  | { readonly does: 'come'; readonly node: number; readonly pod: Pod }
  | { readonly does: 'become'; readonly node: number; readonly which: number; readonly pod: Pod }
  | { readonly does: 'go'; readonly node: number; readonly which: number }
  | { readonly does: 'forget'; readonly node: number }
  | { readonly does: 'ask'; readonly namespace: string | null };

const node = fc.nat(nodes.length - 1);
const which = fc.nat(9);
const pod = fc
  .record({ namespace: fc.constantFrom(...namespaces), app: fc.constantFrom('x', 'y'), ended: fc.boolean() })
  .map(({ namespace, app, ended }) => aPod(namespace, app, ended));
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant('come' as const), node, pod }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('become' as const), node, which, pod }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('go' as const), node, which }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('forget' as const), node }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('ask' as const), namespace: fc.constantFrom(...namespaces, null) }),
  },
);

type Seen = ReadonlyMap<Kin, Readonly<Record<string, number>>>;

const seen = (all: Iterable<Kins>, nameOf: (row: number) => string): Seen => {
  const answer = new Map<Kin, Record<string, number>>();
  for (const kins of all)
    for (const [kin, { rows, counts }] of kins)
      answer.set(
        kin,
        Object.fromEntries(rows.map((row, index): [string, number] => [nameOf(row), counts[index] ?? 0])),
      );
  return answer;
};

function anew(lists: ReadonlyMap<string, readonly Pod[]>, namespace: string | null): Seen {
  const answer = new Map<Kin, Record<string, number>>();
  for (const [name, pods] of lists)
    for (const one of pods) {
      if (one.status?.phase === 'Succeeded') continue;
      if (namespace !== null && one.metadata.namespace !== namespace) continue;
      const counts = answer.get(kinFor(one)) ?? {};
      answer.set(kinFor(one), counts);
      counts[name] = (counts[name] ?? 0) + 1;
    }
  return answer;
}

describe('the census', () => {
  it('knows what counting anew would give', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const census = new Census();
        const lists = new Map<string, readonly Pod[]>();
        const rows = new Map<string, number>();
        const put = (name: string, pods: readonly Pod[]): void => {
          lists.set(name, pods);
          const row = census.rowOf(name);
          rows.set(name, row);
          census.set(row, imageOf(pods));
        };
        const ask = (namespace: string | null): void => {
          const found = namespace === null ? census.everywhere() : [census.kinsIn(namespace)];
          const nameOf = (row: number) => [...rows].find(([, one]) => one === row)?.[0] ?? '';
          expect(seen(found, nameOf)).toEqual(anew(lists, namespace));
        };
        for (const one of changes) {
          if (one.does === 'ask') {
            ask(one.namespace);
            continue;
          }
          const name = nodes[one.node] ?? '';
          const pods = lists.get(name) ?? [];
          if (one.does === 'come') put(name, [...pods, one.pod]);
          else if (one.does === 'become')
            put(
              name,
              pods.map((known, index) => (index === one.which ? one.pod : known)),
            );
          else if (one.does === 'go')
            put(
              name,
              pods.filter((_, index) => index !== one.which),
            );
          else if (rows.has(name)) {
            lists.delete(name);
            rows.delete(name);
            census.keepOnly(rows.size, (row) => [...rows.values()].includes(row));
          }
        }
        for (const namespace of [...namespaces, null]) ask(namespace);
      }),
      { numRuns: 150 },
    );
  });
});

/** So many that the census of the cluster is asked, and not one of a few nodes that are tried out. */
const many = 70;
const apps = ['x', 'y', 'z'];

const spread = (app: string): Resident => ({
  namespace: 'shop',
  labels: { app },
  spec: {
    containers: [],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app } } },
    ],
  },
});
const apart = (app: string): Resident => ({
  namespace: 'bank',
  labels: { app },
  spec: {
    containers: [],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: zone, labelSelector: { matchLabels: { app } }, namespaces: ['shop', 'bank'] },
        ],
      },
    },
  },
});

describe('simulations of one tick after the other', () => {
  it('agree with a second reading of the rules, though what they count is kept', () => {
    const drawn = fc.record({ on: fc.nat(5), app: fc.constantFrom(...apps), alone: fc.boolean(), gone: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(fc.array(drawn, { maxLength: 4 }), { minLength: 2, maxLength: 5 }), (ticks) => {
        const running = new Map<string, readonly { readonly one: Resident; readonly pod: Pod }[]>();
        for (const [tick, comes] of ticks.entries()) {
          for (const { on, app, alone, gone } of comes) {
            const one = alone ? apart(app) : spread(app);
            const pod: Pod = { metadata: { name: 'p', namespace: one.namespace, labels: one.labels }, spec: one.spec };
            running.set(`n${on}`, [...(running.get(`n${on}`) ?? []), { one, pod }]);
            running.set(`n${gone}`, (running.get(`n${gone}`) ?? []).slice(1));
          }
          // Each tick another node is not there.
          const rooms = Array.from({ length: many }, (_, index) =>
            aRoom(`n${index}`, { zone: ['a', 'b', 'c'][index % 3] ?? 'a' }),
          ).filter((_, index) => index !== tick);
          const simulation = new Simulation({ namespaces: [] });
          const all: NaiveNode[] = rooms.map((room) => {
            const here = running.get(room.name) ?? [];
            simulation.addRoom(
              room,
              here.map(({ pod }) => pod),
            );
            return { room, pods: here.map(({ one }) => one) };
          });
          if (tick % 2 === 0) for (const step of simulation.prepare()) expect(step).toBeUndefined();
          for (const one of apps.flatMap((app) => [spread(app), apart(app)])) {
            const needs = simulation.needsOf({
              metadata: { namespace: one.namespace, labels: one.labels },
              spec: one.spec,
            });
            for (const node of all.slice(0, 6))
              expect([node.room.name, simulation.misfit(needs, node.room.name) === null]).toEqual([
                node.room.name,
                naivelyFits(one, node, all, {}),
              ]);
          }
        }
      }),
      { numRuns: 15 },
    );
  });
});
