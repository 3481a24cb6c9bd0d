// Reading only what is wanted must give what a parse and a cut of it gives, for any JSON, any spacing and any wish.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokenText, JsonReader, keptOf, type Wish } from '../../../src/clients/kubernetes/json-text.ts';
import { watchedLists, watchedResources } from '../../../src/clients/kubernetes/resources.ts';
import { aWholePod, aWholeWorkload } from './whole-objects.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same by a parse of everything. */
function cut(value: unknown, wish: Wish): unknown {
  if (wish === true) return value;
  if (Array.isArray(wish)) return Array.isArray(value) ? value.map((one) => cut(one, (wish as [Wish])[0])) : value;
  if (!isObject(value)) return value;
  const wishes = new Map(Object.entries(wish));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => {
      const wanted = wishes.get(key);
      return wanted === undefined ? [] : [[key, cut(one, wanted)]];
    }),
  );
}

const keys = ['a', 'b', 'c', 'odd "key\\', ''];
const { wish } = fc.letrec<{ wish: Wish }>((tie) => ({
  wish: fc.oneof(
    { maxDepth: 3 },
    fc.constant(true as const),
    fc.dictionary(fc.constantFrom(...keys), tie('wish'), { noNullPrototype: true }),
    fc.tuple(tie('wish')),
  ),
}));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom(...keys), tie('value'), { noNullPrototype: true }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
}));

describe('JsonReader', () => {
  it('reads what is wanted and nothing else', () => {
    fc.assert(
      fc.property(value, wish, fc.constantFrom(0, 2, '\t'), (given, wanted, spacing) => {
        const text = JSON.stringify(given, null, spacing);
        expect(new JsonReader(text).read(keptOf(wanted))).toEqual(cut(JSON.parse(text), wanted));
      }),
    );
  });

  it('refuses every text that is cut off, and never hangs', () => {
    const text = JSON.stringify({ a: ['b', '\\"', { c: null }], b: { a: 1 } });
    const wishes: readonly Wish[] = [true, { a: true }, { a: [{ c: true }] }, { z: true }];
    for (let length = 0; length < text.length; length++)
      for (const wanted of wishes)
        expect(() => new JsonReader(text.slice(0, length)).read(keptOf(wanted))).toThrow(BrokenText);
  });

  it.each(['{a:1}', '{"a" 1}', '{"a":1 "b":2}', '[1 2]', '{"a":}', '{"a":tru}'])('refuses %s', (text) => {
    expect(() => new JsonReader(text).read(keptOf(text.startsWith('[') ? [true] : { a: true }))).toThrow(BrokenText);
  });
});

describe('the fields that are read of a kind', () => {
  const samples: Readonly<Record<string, unknown>> = {
    pods: aWholePod,
    nodes: {
      metadata: {
        name: 'n',
        labels: { env: 'prod' },
        annotations: { a: 'b' },
        managedFields: [{ manager: 'kubelet' }],
      },
      spec: { providerID: 'openstack:///u', unschedulable: true, taints: [{ key: 'k', effect: 'NoSchedule' }] },
      status: {
        capacity: { cpu: '4' },
        allocatable: { cpu: '4' },
        images: [{ names: ['a'] }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
        conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: 'x', lastTransitionTime: 'y' }],
        nodeInfo: { systemUUID: 'u', kubeletVersion: 'v' },
      },
    },
    deployments: aWholeWorkload,
    statefulsets: aWholeWorkload,
    replicasets: aWholeWorkload,
    replicationcontrollers: { ...aWholeWorkload, spec: { ...aWholeWorkload.spec, selector: { app: 'web' } } },
    daemonsets: aWholeWorkload,
  };

  it.each(watchedLists.filter((list) => watchedResources[list].fields !== 'whole'))(
    'of %s are those that its projection keeps',
    (list) => {
      const { project, fields, kind, versions } = watchedResources[list];
      const text = JSON.stringify(samples[list]);
      const [version] = versions;
      const whole = project(JSON.parse(text) as Record<string, unknown>, version, kind);
      const read = project(new JsonReader(text).read(fields) as Record<string, unknown>, version, kind);
      expect(read).toEqual(whole);
    },
  );
});
