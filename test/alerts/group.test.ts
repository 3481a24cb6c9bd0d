// The order in which alerts are read.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { byCodeUnit } from '../../src/alerts/fingerprint.ts';
import { gravity, groupKeyOf, groupLabelsOf, inOrder, labelsIn } from '../../src/alerts/group.ts';
import { buildRoutes } from '../../src/alerts/route.ts';
import { later, seconds } from '../../src/model/units.ts';
import { fresh } from '../property-runs.ts';
import { anAlert, anAlertsDocument, start } from './builders.ts';

const drawn = fc
  .record({
    fingerprint: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 9 }),
      fc.stringMatching(/^[0-9a-f]{16}$/),
      fc.constantFrom(
        '',
        'a',
        'ab',
        'abcdef',
        'abcdefg',
        'abcdefh',
        '\u00feb',
        '\u00ffa',
        '\u00ff',
        '\u0100',
        '\u0101a',
      ),
    ),
    severity: fc.constantFrom('page', 'warning', 'info', 'other'),
    since: fc.integer({ min: 0, max: 2 }),
    isOver: fc.boolean(),
  })
  .map(({ fingerprint, severity, since, isOver }): Alert => ({
    ...anAlert({}, { severity }),
    fingerprint,
    since: later(start, seconds(since)),
    ended: isOver ? start : null,
  }));

it('an alert that is as grave as an object is a constructor is no graver than others', () => {
  for (const severity of ['constructor', 'toString', '__proto__', 'other'])
    expect(gravity(anAlert({}, { [severity]: 'x', severity }))).toBe(1);
});

it.each(['constructor', 'toString', '__proto__'])('a group by %s has that label where its alerts have it', (name) => {
  const { route } = anAlertsDocument(`
route: { receiver: duty, group_by: ['${name}', alertname] }
receivers: [{ name: duty }]`);
  const root = buildRoutes(route);
  expect(groupLabelsOf(root, { alertname: 'Down' })).toEqual({ alertname: 'Down' });
  const labels = groupLabelsOf(root, Object.fromEntries([[name, 'a']]));
  expect(Object.entries(labels)).toEqual([[name, 'a']]);
});

it('alerts are read by what fires, then by how grave and how old they are, then by their fingerprints', () => {
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 30 }), (alerts) => {
      const plain = alerts.toSorted(
        (one, other) =>
          Number(one.ended !== null) - Number(other.ended !== null) ||
          gravity(one) - gravity(other) ||
          one.since - other.since ||
          byCodeUnit(one.fingerprint, other.fingerprint),
      );
      expect(inOrder(alerts)).toEqual(plain);
    }),
  );
});

const pieces = fc.constantFrom(
  'team',
  ' ',
  'a.b',
  ':{',
  '{',
  '}',
  ',',
  ', ',
  '=',
  '="',
  '"',
  '\\',
  '\n',
  '\\n',
  '组',
  '~',
);
const textOf = (least: number) => fc.array(pieces, { minLength: least, maxLength: 5 }).map((parts) => parts.join(''));
// what stands before a quote or a brace in a name cannot be told from the end of another one
const labelName = textOf(1).map((name) => name.replace(/["{}:]/g, '_'));

it('a key gives back the labels that it was made of, whatever their names and values hold', () => {
  const { route } = anAlertsDocument("route: {receiver: a, group_by: ['...']}\nreceivers: [{name: a}]");
  const root = buildRoutes(route);
  fc.assert(
    fc.property(fc.dictionary(labelName, textOf(1), { minKeys: 0, maxKeys: 4 }), (labels) => {
      expect(labelsIn(groupKeyOf(root, labels))).toEqual(labels);
    }),
    fresh(300),
  );
  expect(labelsIn('{}/{team="a"}:{data center="b \\"1\\"", 机房="c"}')).toEqual({ 'data center': 'b "1"', 机房: 'c' });
});
