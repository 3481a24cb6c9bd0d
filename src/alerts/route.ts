// The route tree: which routes an alert takes, what each inherits, and the key that names it.
import type { AlertsDocument } from '../model/config.ts';
import type { Milliseconds } from '../model/units.ts';
import { byCodeUnit } from './fingerprint.ts';
import type { LabelSet } from './alert.ts';
import { compileMatcher, oldMatchers, parseMatchers, printMatcher } from '../matching/matchers.ts';
import type { CompiledMatcher, Matcher } from '../matching/matchers.ts';
import { candidatesIn } from './route-index.ts';

export interface RouteTimers {
  readonly groupWait: Milliseconds;
  readonly groupInterval: Milliseconds;
  readonly repeatInterval: Milliseconds;
}

export interface Route {
  /** child numbers from the root down: `[]` is the root */
  readonly path: readonly number[];
  /** Alertmanager's: the matchers from the root down; not unique */
  readonly key: string;
  /** as the key, with the number of each child: unique */
  readonly id: string;
  /** for templates: a child's own beside its parents' */
  readonly labels: LabelSet;
  readonly receiver: string;
  readonly groupBy: readonly string[] | 'all';
  readonly timers: RouteTimers;
  readonly continue: boolean;
  /** names of time_intervals: not inherited */
  readonly muteIntervals: readonly string[];
  readonly activeIntervals: readonly string[];
  readonly matchers: readonly CompiledMatcher[];
  readonly routes: readonly Route[];
  /** those of `routes` that such labels may match */
  readonly candidates: (labels: LabelSet) => Iterable<Route>;
}

type RootDocument = AlertsDocument['route'];
type ChildDocument = RootDocument['routes'][number];

/** Throws a MatcherError for a matcher that cannot be used. */
export function buildRoutes(root: RootDocument): Route {
  const route: Route = {
    path: [],
    key: '{}',
    id: '{}',
    labels: root.labels,
    receiver: root.receiver,
    groupBy: groupByOf(root.group_by),
    timers: { groupWait: root.group_wait, groupInterval: root.group_interval, repeatInterval: root.repeat_interval },
    continue: false,
    muteIntervals: [],
    activeIntervals: [],
    matchers: [],
    ...withChildren([]),
  };
  return { ...route, ...withChildren(root.routes.map((child, index) => buildChild(child, route, index))) };
}

function buildChild(document: ChildDocument, parent: Route, index: number): Route {
  const matchers = [
    ...document.matchers.flatMap((text) => parseMatchers(text)),
    ...oldMatchers(document.match, document.match_re),
  ].sort(byNameValueOperator);
  const printed = `{${matchers.map((matcher) => printMatcher(matcher)).join(',')}}`;
  const route: Route = {
    path: [...parent.path, index],
    key: `${parent.key}/${printed}`,
    id: `${parent.id}/${printed}/${index}`,
    labels: { ...parent.labels, ...document.labels },
    receiver: document.receiver ?? parent.receiver,
    groupBy: document.group_by === undefined ? parent.groupBy : groupByOf(document.group_by),
    timers: {
      groupWait: document.group_wait ?? parent.timers.groupWait,
      groupInterval: document.group_interval ?? parent.timers.groupInterval,
      repeatInterval: document.repeat_interval ?? parent.timers.repeatInterval,
    },
    continue: document.continue,
    muteIntervals: document.mute_time_intervals,
    activeIntervals: document.active_time_intervals,
    matchers: matchers.map((matcher) => compileMatcher(matcher)),
    ...withChildren([]),
  };
  return { ...route, ...withChildren(document.routes.map((child, number) => buildChild(child, route, number))) };
}

const withChildren = (routes: readonly Route[]): Pick<Route, 'routes' | 'candidates'> => ({
  routes,
  candidates: candidatesIn(routes),
});

const operators = ['=', '!=', '=~', '!~'];

const byNameValueOperator = (left: Matcher, right: Matcher): number =>
  byCodeUnit(left.name, right.name) ||
  byCodeUnit(left.value, right.value) ||
  operators.indexOf(left.operator) - operators.indexOf(right.operator);

const groupByOf = (names: readonly string[]): readonly string[] | 'all' =>
  names.includes('...') ? 'all' : [...names].sort(byCodeUnit);

/** Depth first, left to right; a node stands for itself where no child matches. */
export function routesOf(route: Route, labels: LabelSet): Route[] {
  if (!route.matchers.every((matcher) => matcher.matches(labels))) return [];
  const taken: Route[] = [];
  for (const child of route.candidates(labels)) {
    const below = routesOf(child, labels);
    taken.push(...below);
    if (below.length > 0 && !child.continue) break;
  }
  return taken.length === 0 ? [route] : taken;
}
