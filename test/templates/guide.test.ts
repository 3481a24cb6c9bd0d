// docs/templates.md shows nothing that is not so.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { templateData } from '../../src/alerts/template-data.ts';
import { loadFiles } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { later, minutes } from '../../src/model/units.ts';
import { defaultTemplates } from '../../src/templates/defaults.ts';
import { parseTemplate } from '../../src/templates/template.ts';
import type { Template, TemplateOptions } from '../../src/templates/template.ts';
import { stringMap, struct } from '../../src/templates/value.ts';
import { anAlert, start } from '../alerts/builders.ts';
import { goodTexts, inMemory } from '../config/files.ts';

const guide = readFileSync(new URL('../../docs/templates.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
const shown = (language: string): (readonly [string, string])[] =>
  blocks(language).flatMap((block) =>
    [...block.matchAll(/^(.*)\n=> (.*)$/gm)].map(([, template = '', result = '']) => [template, result] as const),
  );

function parsed(text: string, options: TemplateOptions): Template {
  const read = parseTemplate(text, options);
  if (!read.ok) throw new Error(`${read.message} at ${read.offset}`);
  return read.template;
}

const labels = { alertname: 'PoolAtMax', pool: 'workers', cluster: 'c1', severity: 'critical' };
const alert = (instance: string): Alert => ({ ...anAlert({}), labels: { ...labels, instance } });
const alerts = [alert('10.0.0.7:9100'), { ...alert('10.0.0.8:9100'), ended: later(start, minutes(90)) }];
const data = templateData(
  {
    groupKey: '{}',
    groupLabels: { alertname: 'PoolAtMax', pool: 'workers' },
    receiver: 'pay',
    alerts,
    acknowledgeUrl: 'https://st.example.com/a/k7m2p9qx',
    acknowledgeCode: 'k7m2p9qx',
  },
  { externalUrl: '' },
);

describe('docs/templates.md', () => {
  it.each(blocks('yaml'))('example %#', (example) => {
    const files = { 'alerts.yaml': example, 'templates/a.tmpl': '{{ define "a" }}{{ end }}' };
    expect(loadFiles(inMemory({ ...goodTexts, ...files })).problems.map(formatProblem)).toEqual([]);
  });

  it.each(shown('gotmpl'))('%s gives %s', (template, result) => {
    const read = parsed(template, { dialect: 'alertmanager', set: defaultTemplates });
    expect(read.execute(data, { now: start })).toBe(result);
  });

  it.each(shown('prometheus'))('%s gives %s', (template, result) => {
    const given = stringMap({ instance: '10.0.0.7:9100' });
    const variables = { $labels: given, $value: 0.9137 };
    const read = parsed(template, { dialect: 'prometheus' });
    expect(read.execute(struct('rule', { Labels: given, Value: 0.9137 }), { now: start, variables })).toBe(result);
  });
});
