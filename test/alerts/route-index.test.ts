// The index of routes: it answers as if every route were asked.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildRoutes, routesOf } from '../../src/alerts/route.ts';
import type { Route } from '../../src/alerts/route.ts';
import { alertsDocument } from '../../src/config/schema/alerts.ts';

type Labels = Readonly<Record<string, string>>;

const name = fc.constantFrom('a', 'b', 'c', 'toString');
const matcher = fc
  .tuple(
    name,
    fc.constantFrom('=', '!=', '=~', '!~'),
    fc.constantFrom(
      '',
      '1',
      '2',
      '1|2',
      '1|',
      '[12]',
      '1.*',
      '1[0-9]*',
      '1+2?',
      '12',
      '.*',
      '.+',
      '.*12.*',
      '[0-9]+2',
      '.+1[0-9]*2',
      '.*1|2.+',
      '[12]*21[12]*',
      '(?i)a.*',
      '(?i)A|b',
      '(?i).*AB.*',
      '[a-z]+[0-9]*',
      '(?i)[a-z]*[0-9]',
      '[0-9a-z]*',
    ),
  )
  .map(([label, operator, value]) => `${label}${operator}"${value}"`);
const child = fc.record({ matchers: fc.array(matcher, { minLength: 1, maxLength: 2 }), continue: fc.boolean() });
const labels = fc.dictionary(
  name,
  fc.constantFrom('', '1', '2', '3', '12', '11', '1212', '2112', 'a1', 'A', 'aB', 'xAb1', '3'.repeat(40)),
);

function askedAll(route: Route, alert: Labels): Route[] {
  if (!route.matchers.every((one) => one.matches(alert))) return [];
  const taken: Route[] = [];
  for (const below of route.routes) {
    const found = askedAll(below, alert);
    taken.push(...found);
    if (found.length > 0 && !below.continue) break;
  }
  return taken.length === 0 ? [route] : taken;
}

function expectTheSame(routes: readonly unknown[], alerts: readonly Labels[]): void {
  const document = { route: { receiver: 'any', routes }, receivers: [{ name: 'any' }] };
  const root = buildRoutes(alertsDocument.parse(document).route);
  for (const alert of alerts)
    expect(routesOf(root, alert).map(({ id }) => id)).toEqual(askedAll(root, alert).map(({ id }) => id));
}

describe('many routes', () => {
  it('are found by a value, in their order', () => {
    fc.assert(
      fc.property(fc.array(child, { minLength: 8, maxLength: 20 }), fc.array(labels, { minLength: 4 }), expectTheSame),
      { numRuns: 60 },
    );
  });

  it('are found by expressions of which no text is known', () => {
    const range = fc.tuple(fc.nat(9), fc.nat(9)).map(([one, other]) => [Math.min(one, other), Math.max(one, other)]);
    const expression = fc
      .array(fc.tuple(range, fc.constantFrom('', '+', '*', '{2}')), { minLength: 1, maxLength: 3 })
      .map((pieces) => pieces.map(([[from, to], times]) => `[${from ?? 0}-${to ?? 0}]${times}`).join(''));
    const many = fc.array(
      fc.record({
        matchers: fc.tuple(name, expression).map(([label, text]) => [`${label}=~"${text}"`]),
        continue: fc.boolean(),
      }),
      { minLength: 250, maxLength: 270 },
    );
    fc.assert(fc.property(many, fc.array(labels, { minLength: 20 }), expectTheSame), { numRuns: 2 });
  });
});
