// Finding pods by selector: the right ones, the same list while nothing changes, and no look at a pod more than needed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { indexing, PodIndex } from '../../../src/policies/pods/pod-index.ts';
import { atOnce } from '../../../src/slices.ts';

const pod = (namespace: string, name: string, labels: Readonly<Record<string, string>> = { app: name }): Pod => ({
  metadata: { namespace, name, labels },
});
const indexOf = (pods: readonly Pod[], before?: PodIndex): PodIndex => atOnce(PodIndex.reading(pods, before));
const indexed = (pods: readonly Pod[], series: object): PodIndex => atOnce(indexing(pods, series));
const names = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.name);

describe('a selector', () => {
  const index = indexOf([
    pod('shop', 'web-1', { app: 'web', tier: 'front' }),
    pod('shop', 'web-2', { app: 'web', tier: 'back' }),
    pod('pay', 'web-3', { app: 'web', tier: 'front' }),
    pod('shop', 'bare', {}),
  ]);

  it.each([
    ['one label', { matchLabels: { app: 'web' } }, ['web-1', 'web-2']],
    ['a bare map', { app: 'web' }, ['web-1', 'web-2']],
    ['several labels', { matchLabels: { app: 'web', tier: 'back' } }, ['web-2']],
    [
      'a label and an expression',
      { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }] },
      ['web-1'],
    ],
    ['expressions only', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, ['bare']],
    ['nobody', { matchLabels: { app: 'queue' } }, []],
  ])('of %s', (_, selector, expected) => {
    expect(names(index.podsOf('shop', selector))).toEqual(expected);
  });

  it('finds nothing in a namespace without pods', () => {
    expect(index.podsOf('void', { app: 'web' })).toEqual([]);
  });
});

describe('from tick to tick', () => {
  /** Pods that count how often somebody looks at their labels. */
  function counted(namespaces: number, apps: number, each: number) {
    let looks = 0;
    const make = (namespace: string, app: string, name: string): Pod => ({
      metadata: {
        namespace,
        name,
        get labels() {
          looks += 1;
          return { app };
        },
      },
    });
    const pods: Pod[] = [];
    for (let one = 0; one < namespaces; one++)
      for (let app = 0; app < apps; app++)
        for (let number = 0; number < each; number++) pods.push(make(`n${one}`, `a${app}`, `a${app}-${number}`));
    const askAll = (list: readonly Pod[], series: object): number => {
      looks = 0;
      const index = indexed(list, series);
      for (let one = 0; one < namespaces; one++)
        for (let app = 0; app < apps; app++) index.podsOf(`n${one}`, { matchLabels: { app: `a${app}` } });
      return looks;
    };
    return { pods, make, askAll };
  }

  it('looks at each pod once, however many selectors there are', () => {
    const { pods, askAll } = counted(4, 25, 5);
    expect(askAll(pods, {})).toBe(pods.length);
  });

  it('takes a breath after some thousands of pods of a first look', () => {
    let looks = 0;
    const metadata = {
      name: 'web',
      get namespace() {
        looks += 1;
        return 'shop';
      },
    };
    const pods = Array.from({ length: 100_000 }, (): Pod => ({ metadata }));
    let most = 0;
    for (const course = indexing(pods, {}); course.next().done !== true; looks = 0) most = Math.max(most, looks);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(20_000);
  });

  it('looks again only at pods that have come', () => {
    const { pods, make, askAll } = counted(4, 25, 5);
    const series = {};
    askAll(pods, series);
    expect(askAll([...pods], series)).toBe(0);
    const changed = pods.with(0, make('n0', 'a0', 'other'));
    expect(askAll(changed, series)).toBe(1);
  });

  it('gives the same list where its pods are the same, and a new one where they are not', () => {
    const pods = [pod('shop', 'web'), pod('shop', 'api'), pod('pay', 'web')];
    const first = indexOf(pods);
    const [web, api] = [first.podsOf('shop', { app: 'web' }), first.podsOf('shop', { app: 'api' })];
    const next = indexOf([pod('shop', 'web'), ...pods.slice(1)], first);
    expect(next.podsOf('shop', { app: 'api' })).toBe(api);
    expect(next.podsOf('shop', { app: 'web' })).not.toBe(web);
    expect(names(next.podsOf('shop', { app: 'web' }))).toEqual(['web']);
  });

  it('finds the same pods as an index begun anew, whoever comes, goes, moves or is called otherwise', () => {
    const one = fc.record({
      namespace: fc.constantFrom('shop', 'pay'),
      app: fc.constantFrom('web', 'api', 'db', undefined),
      at: fc.nat(40),
      away: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(fc.array(one, { maxLength: 6 }), { maxLength: 6 }), (ticks) => {
        const series = {};
        let pods: readonly Pod[] = Array.from({ length: 12 }, (_, place) => pod('shop', `p${place}`, { app: 'web' }));
        for (const changes of ticks) {
          for (const { namespace, app, at, away } of changes) {
            const made = pod(namespace, `p${at}`, app === undefined ? {} : { app });
            const moved = pods.at(-1);
            pods = pods.toSpliced(at % (pods.length + 1), away, made);
            if (moved !== undefined && at % 5 === 0) pods = [moved, ...pods.filter((each) => each !== moved)];
          }
          const index = indexed(pods, series);
          for (const namespace of ['shop', 'pay'])
            for (const app of ['web', 'api', 'db', 'none']) {
              const expected = pods.filter(
                ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['app'] === app,
              );
              expect(index.podsOf(namespace, { app })).toEqual(expected);
              expect(index.podsOf(namespace, { app })).toBe(index.podsOf(namespace, { app }));
            }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('finds who is there after hundreds of values have come and gone', () => {
    const series = {};
    for (let tick = 0; tick < 500; tick++) {
      const index = indexed([pod('shop', 'web'), pod('shop', `job-${tick}`)], series);
      expect(names(index.podsOf('shop', { app: `job-${tick}` }))).toEqual([`job-${tick}`]);
      expect(index.podsOf('shop', { app: `job-${tick - 1}` })).toEqual([]);
      expect(names(index.podsOf('shop', { app: 'web' }))).toEqual(['web']);
    }
  });
});
