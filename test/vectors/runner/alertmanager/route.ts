// alertmanager: which routes an alert takes, what they inherit, and how they are named.
import { parse } from 'yaml';
import { buildRoutes, routesOf, type Route } from '../../../../src/alerts/route.ts';
import { alertsDocument } from '../../../../src/config/schema/alerts.ts';
import { wholeAdapter, type Fields, type VectorFile } from '../vector.ts';

type Labels = Readonly<Record<string, string>>;

interface Tree {
  readonly name: string;
  readonly route_yaml: string;
  readonly cases: readonly Fields[];
}

interface TreeCase {
  readonly route_yaml: string;
  readonly labels: Labels;
  readonly expect_routes?: readonly Fields[];
  readonly expect_keys?: readonly string[];
}

/** A tree without a root's receiver is a tree all the same. */
function rootOf(yaml: string): Route {
  const route = (parse(yaml) ?? {}) as Fields;
  const receivers = [{ name: 'any' }];
  return buildRoutes(alertsDocument.parse({ route: { receiver: 'any', ...route }, receivers }).route);
}

export const casesOfTree = (tree: unknown): readonly unknown[] => {
  const { cases, ...rest } = tree as Tree;
  return cases.map((one) => ({ ...rest, ...one }));
};

const inSeconds = (route: Route): Fields => ({
  group_by: route.groupBy === 'all' ? [] : route.groupBy,
  group_by_all: route.groupBy === 'all',
  group_wait_s: route.timers.groupWait / 1000,
  group_interval_s: route.timers.groupInterval / 1000,
  repeat_interval_s: route.timers.repeatInterval / 1000,
  receiver: route.receiver,
  mute_time_intervals: route.muteIntervals,
  active_time_intervals: route.activeIntervals,
  labels: route.labels,
});

const only = (wanted: Fields, all: Fields): Fields =>
  Object.fromEntries(Object.keys(wanted).map((key) => [key, all[key]]));

export const treeCase = wholeAdapter<{ whole: TreeCase }>((whole) => {
  const taken = routesOf(rootOf(whole.route_yaml), whole.labels);
  const { expect_routes: routes, expect_keys: keys } = whole;
  return {
    expected: { count: taken.length, ...(routes !== undefined && { routes }), ...(keys !== undefined && { keys }) },
    got: {
      count: routes?.length ?? keys?.length,
      routes: taken.map((route, index) => only(routes?.[index] ?? {}, inSeconds(route))),
      keys: taken.map(({ key }) => key),
    },
  };
});

const depthFirst = (route: Route): readonly Route[] => [route, ...route.routes.flatMap(depthFirst)];

function yamlOf(whole: Fields, file: VectorFile): string {
  if (typeof whole['route_yaml'] === 'string') return whole['route_yaml'];
  return (file['trees'] as readonly Tree[]).find(({ name }) => name === whole['route_yaml_of'])?.route_yaml ?? '';
}

export const walkCase = wholeAdapter<{ whole: Fields; file: VectorFile }>((whole, file) => ({
  expected: { receivers: whole['expect_receivers_depth_first'] },
  got: { receivers: depthFirst(rootOf(yamlOf(whole, file))).map(({ receiver }) => receiver) },
}));

export const idsCase = wholeAdapter<{ whole: { readonly route_yaml: string; readonly expect_ids: unknown } }>(
  ({ route_yaml: yaml, expect_ids: ids }) => ({
    expected: { ids },
    got: { ids: depthFirst(rootOf(yaml)).map(({ id }) => id) },
  }),
);

/** The expectation names the routes below the root, in their order. */
export const groupByAllCase = wholeAdapter<{ whole: { readonly route_yaml: string; readonly expect: Fields } }>(
  ({ route_yaml: yaml, expect }) => ({
    expected: { all: Object.values(expect) },
    got: {
      all: depthFirst(rootOf(yaml))
        .slice(1)
        .map(({ groupBy }) => groupBy === 'all'),
    },
  }),
);

export const routeLabelsCase = wholeAdapter<{
  whole: { readonly route_yaml: string; readonly labels: Labels; readonly expect: Labels };
}>(({ route_yaml: yaml, labels, expect }) => ({
  expected: { labels: [expect] },
  got: { labels: routesOf(rootOf(yaml), labels).map((route) => route.labels) },
}));
