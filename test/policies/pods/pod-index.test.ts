// Finding pods by selector: the right ones, the same list while nothing changes, and no look at a pod more than needed.
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/kubernetes.ts';
import { PodIndex, podIndexOf } from '../../../src/policies/pods/pod-index.ts';

const pod = (namespace: string, name: string, labels: Readonly<Record<string, string>> = { app: name }): Pod => ({
  metadata: { namespace, name, labels },
});
const names = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.name);

describe('a selector', () => {
  const index = new PodIndex([
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
      const index = podIndexOf(list, series);
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

  it('looks again only where something has changed', () => {
    const { pods, make, askAll } = counted(4, 25, 5);
    const series = {};
    askAll(pods, series);
    expect(askAll([...pods], series)).toBe(0);
    const changed = pods.with(0, make('n0', 'a0', 'other'));
    expect(askAll(changed, series)).toBe(pods.length / 4);
  });

  it('gives the same list where its pods are the same, and a new one where they are not', () => {
    const pods = [pod('shop', 'web'), pod('shop', 'api'), pod('pay', 'web')];
    const first = new PodIndex(pods);
    const [web, api] = [first.podsOf('shop', { app: 'web' }), first.podsOf('shop', { app: 'api' })];
    const next = new PodIndex([pod('shop', 'web'), ...pods.slice(1)], first);
    expect(next.podsOf('shop', { app: 'api' })).toBe(api);
    expect(next.podsOf('shop', { app: 'web' })).not.toBe(web);
    expect(names(next.podsOf('shop', { app: 'web' }))).toEqual(['web']);
  });
});
