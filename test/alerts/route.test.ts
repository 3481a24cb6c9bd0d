// Routes and groups: Alertmanager's own trees and label sets.
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fingerprintOf } from '../../src/alerts/fingerprint.ts';
import { groupKeyOf, groupLabelsOf } from '../../src/alerts/group.ts';
import { quote } from '../../src/matching/matchers.ts';
import { buildRoutes, routesOf } from '../../src/alerts/route.ts';
import type { Route } from '../../src/alerts/route.ts';
import { alertsDocument } from '../../src/config/schema/alerts.ts';
import { readVectors } from './vectors.ts';

type Labels = Readonly<Record<string, string>>;
interface OldRoute {
  match?: Labels;
  match_re?: Labels;
  matchers?: string[];
  routes?: OldRoute[];
}
interface RouteVectors {
  readonly trees: readonly {
    readonly name: string;
    readonly route_yaml: string;
    readonly cases: readonly {
      readonly labels: Labels;
      readonly expect_keys: readonly string[];
      readonly expect_routes: readonly {
        readonly receiver: string;
        readonly group_by: readonly string[];
        readonly group_by_all: boolean;
        readonly group_wait_s: number;
        readonly group_interval_s: number;
        readonly repeat_interval_s: number;
      }[];
    }[];
  }[];
  readonly walk: { readonly expect_receivers_depth_first: readonly string[] };
  readonly group_by_all_inheritance: { readonly route_yaml: string };
}
const vectors = readVectors('route') as RouteVectors;

/** match and match_re are the spelling before `matchers`. */
function modern({ match = {}, match_re: matchRe = {}, matchers = [], routes = [], ...rest }: OldRoute): OldRoute {
  const equal = Object.entries(match).map(([name, value]) => `${name}=${quote(value)}`);
  const like = Object.entries(matchRe).map(([name, value]) => `${name}=~${quote(`^(?:${value})$`)}`);
  return { ...rest, matchers: [...matchers, ...equal, ...like], routes: routes.map((route) => modern(route)) };
}

function rootOf(text: string): Route {
  const route: OldRoute = modern((parse(text) ?? {}) as OldRoute);
  delete route.matchers;
  const document = alertsDocument.parse({ route: { receiver: 'notify-def', ...route }, receivers: [{ name: 'any' }] });
  return buildRoutes(document.route);
}

describe.each(vectors.trees)('$name', ({ route_yaml: text, cases }) => {
  const root = rootOf(text);
  it.each(cases)('$labels', ({ labels, expect_routes: expected, expect_keys: keys }) => {
    const taken = routesOf(root, labels);
    expect(taken.map((route) => route.key)).toEqual(keys);
    expect(
      taken.map((route) => ({
        group_by: route.groupBy === 'all' ? [] : route.groupBy,
        group_by_all: route.groupBy === 'all',
        group_wait_s: route.timers.groupWait / 1000,
        group_interval_s: route.timers.groupInterval / 1000,
        repeat_interval_s: route.timers.repeatInterval / 1000,
        receiver: route.receiver,
      })),
    ).toEqual(expected);
  });
});

describe('the tree', () => {
  it('is walked depth first', () => {
    const receivers = (route: Route): string[] => [route.receiver, ...route.routes.flatMap(receivers)];
    expect(receivers(rootOf(vectors.trees[0]?.route_yaml ?? ''))).toEqual(vectors.walk.expect_receivers_depth_first);
  });

  it('hands down grouping by all, until a child names its own', () => {
    const [parent] = rootOf(vectors.group_by_all_inheritance.route_yaml).routes;
    expect(parent?.groupBy).toBe('all');
    expect(parent?.routes.map((route) => route.groupBy)).toEqual(['all', ['foo']]);
  });

  it('tells where each route stands', () => {
    const [taken] = routesOf(rootOf(vectors.trees[0]?.route_yaml ?? ''), { group_by: 'role', env: 'testing' });
    expect(taken?.path).toEqual([2, 0]);
  });
});

interface GroupVectors {
  readonly group_labels: readonly {
    readonly labels: Labels;
    readonly group_by: readonly string[] | '...';
    readonly expect: Labels;
  }[];
}

describe('groups', () => {
  it.each((readVectors('group_labels') as GroupVectors).group_labels)(
    '$labels by $group_by',
    ({ labels, group_by: groupBy, expect: expected }) => {
      const route = { ...rootOf(''), groupBy: groupBy === '...' ? ('all' as const) : groupBy };
      expect(groupLabelsOf(route, labels)).toEqual(expected);
    },
  );

  it('are named by route and labels', () => {
    const [route] = routesOf(rootOf('group_by: [alertname]\nroutes: [{matchers: [a=b]}]'), { a: 'b' });
    expect(route && groupKeyOf(route, { alertname: 'X', cluster: 'c"1' })).toBe(
      '{}/{a="b"}:{alertname="X", cluster="c\\"1"}',
    );
  });
});

interface FingerprintVectors {
  readonly fingerprint: readonly { readonly labels: Labels; readonly expect: string }[];
}

describe('fingerprints', () => {
  it.each((readVectors('fingerprint') as FingerprintVectors).fingerprint)('$expect', ({ labels, expect: expected }) => {
    expect(fingerprintOf(labels)).toBe(expected);
  });
});
