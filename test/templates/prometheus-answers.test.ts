// What Prometheus answered for templates of a rule, recorded once: ours are to say the same.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Instant } from '../../src/model/units.ts';
import { parseTemplate } from '../../src/templates/template.ts';
import { noMethods, stringMap, struct } from '../../src/templates/value.ts';
import type { Value } from '../../src/templates/value.ts';

const { cases } = JSON.parse(readFileSync(new URL('prometheus-answers.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly { readonly template: string; readonly text?: string; readonly refused?: true }[];
};

const labelsOf = (instance: string): Value => stringMap({ __name__: 'up', instance, job: 'j' });
const sample = (instance: string, value: number): Value =>
  struct('template.sample', { Labels: labelsOf(instance), Value: value });
const query = (expression: string): Value => ({
  kind: 'slice',
  type: 'template.queryResult',
  methods: noMethods,
  items: expression === 'up' ? [sample('b:1', 1234.5678), sample('a:1', 0)] : [],
});

function answered(template: string): string | null {
  const result = parseTemplate(template, { dialect: 'prometheus' });
  if (!result.ok) return null;
  const given = { Labels: labelsOf('b:1'), ExternalLabels: stringMap({}), ExternalURL: '', Value: 1234.5678 };
  const { Labels: $labels, ExternalLabels: $externalLabels, Value: $value } = given;
  try {
    return result.template.execute(struct('data', given), {
      now: 60_000 as Instant,
      query,
      variables: { $labels, $externalLabels, $value },
    });
  } catch {
    return null;
  }
}

it.each(cases)('$template', ({ template, text = null }) => {
  expect(answered(template)).toBe(text);
});
