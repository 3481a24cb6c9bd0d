// Routes and groups beside what the vectors say: places in the tree, what is inherited, names of groups.
import { describe, expect, it } from 'vitest';
import { groupKeyOf } from '../../src/alerts/group.ts';
import { buildRoutes, routesOf } from '../../src/alerts/route.ts';
import type { Route } from '../../src/alerts/route.ts';
import { anAlertsDocument } from './builders.ts';

const rootOf = (text: string): Route =>
  buildRoutes(anAlertsDocument(`{ route: { receiver: any, ${text} }, receivers: [{ name: any }] }`).route);

describe('the tree', () => {
  const root = rootOf(`routes: [
    { matchers: ['a=b', 'c=~"d|e"'], match: { a: b }, labels: { team: one }, active_time_intervals: [day],
      routes: [{ match_re: { f: 'g+' }, continue: true }, { match: { f: g } }] },
    { match: { a: x } }]`);

  it('tells where each route stands, and what it inherits', () => {
    const taken = routesOf(root, { a: 'b', c: 'd', f: 'g' });
    expect(taken.map(({ path, id, labels }) => ({ path, id, labels }))).toEqual([
      { path: [0, 0], id: '{}/{a="b",a="b",c=~"d|e"}/0/{f=~"^(?:g+)$"}/0', labels: { team: 'one' } },
      { path: [0, 1], id: '{}/{a="b",a="b",c=~"d|e"}/0/{f="g"}/1', labels: { team: 'one' } },
    ]);
    expect(taken.map(({ activeIntervals }) => activeIntervals)).toEqual([[], []]);
  });

  it('is left where a node stands for itself', () => {
    expect(routesOf(root, { a: 'b', c: 'e' }).map(({ path }) => path)).toEqual([[0]]);
    expect(routesOf(root, { a: 'b' }).map(({ path }) => path)).toEqual([[]]);
  });

  it('is not confused by labels that every object has', () => {
    const odd = rootOf(`routes: [{ match: { constructor: '' } }]`);
    expect(routesOf(odd, {}).map(({ path }) => path)).toEqual([[0]]);
  });
});

describe('groups', () => {
  it('are named by route and labels', () => {
    const [route] = routesOf(rootOf('group_by: [alertname], routes: [{ matchers: [a=b] }]'), { a: 'b' });
    expect(route && groupKeyOf(route, { alertname: 'X', cluster: 'c"1' })).toBe(
      '{}/{a="b"}:{alertname="X", cluster="c\\"1"}',
    );
  });
});
