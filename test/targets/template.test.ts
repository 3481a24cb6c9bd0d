// Filling {{namespace}} and {{name}} into the strings of a query.
import { describe, expect, it } from 'vitest';
import type { QueryText } from '../../src/model/units.ts';
import { parsePromql } from '../../src/promql/parse.ts';
import { selectorsOf } from '../../src/promql/selectors.ts';
import { fillTemplate, hasPlaceholders } from '../../src/targets/template.ts';

const web = { namespace: 'shop', name: 'web.v2' };
const fill = (text: string, target = web): string => fillTemplate(text as QueryText, target);

describe('fillTemplate', () => {
  it.each([
    ['sum(x{namespace="{{namespace}}",app="{{ name }}"})', 'sum(x{namespace="shop",app="web.v2"})'],
    [`x{a='{{name}}-{{namespace}}'}`, `x{a='web.v2-shop'}`],
    ['x{pod=~"{{name}}-.*",a!~ \'{{name}}\'}', 'x{pod=~"web[.]v2-.*",a!~ \'web[.]v2\'}'],
    ['x{pod=~`{{name}}-\\d+`}', 'x{pod=~"web[.]v2-\\\\d+"}'],
    ['x{a="\\"{{name}}"}', 'x{a="\\"web.v2"}'],
    ['x # "{{name}}"\n + y{a="{{name}}"} # {{name}}', 'x # "{{name}}"\n + y{a="web.v2"} # {{name}}'],
    ['x{a="# {{name}}"}', 'x{a="# web.v2"}'],
    ['x{a="{{other}}",b="{name}",c="plain",d=`plain\\d`}', 'x{a="{{other}}",b="{name}",c="plain",d=`plain\\d`}'],
    ['x', 'x'],
  ])('%s', (template, filled) => {
    expect(fill(template)).toBe(filled);
  });

  it.each([`"`, `'`, '`'])('keeps a name within its string: %s', (quote) => {
    const strange = { namespace: 'a', name: "\"} or x{a='b'} `\\n$&[.]" };
    const [equal, like] = [
      fill(`x{a=${quote}{{name}}${quote}}`, strange),
      fill(`x{a=~${quote}{{name}}${quote}}`, strange),
    ];
    expect(parsePromql(equal)).toMatchObject({ expression: { matchers: [{ value: strange.name }] } });
    const reading = parsePromql(like);
    const value =
      reading.kind === 'ok' && reading.expression.kind === 'vectorSelector'
        ? reading.expression.matchers[0]?.value
        : '';
    expect(new RegExp(`^(?:${value ?? ''})$`).test(strange.name)).toBe(true);
    expect(selectorsOf(equal)).toHaveLength(1);
  });
});

it.each([
  ['x{a="{{name}}"}', true],
  ['x{a=`-{{ namespace }}-`}', true],
  ['x{a="{{names}}"}', false],
  ['x # "{{name}}"', false],
  ['x', false],
])('%s has placeholders: %s', (query, has) => {
  expect(hasPlaceholders(query)).toBe(has);
});
