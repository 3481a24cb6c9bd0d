// The operator's guide shows nothing that would be refused.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFiles } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { goodTexts, inMemory, type FileTexts } from './files.ts';

const examplesOf = (page: string): string[] => {
  const guide = readFileSync(path.join(import.meta.dirname, '../../docs', page), 'utf8');
  return [...guide.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
};

/** What the guide leaves out of an example because the first one has it. */
const policy = (spec: string): string =>
  [
    'apiVersion: springtide/v1\nkind: PodPolicy\nmetadata: {name: web, namespace: shop}\nspec:',
    '  target: {kind: Deployment, name: web}',
    '  replicas: {min: 2, max: 40}',
    ...(spec.includes('metrics:') ? [] : ['  metrics: [{name: cpu, resource: cpu, target: {utilization: 70}}]']),
    spec,
  ].join('\n');

function placed(example: string): FileTexts {
  if (example.startsWith('global:')) return { 'alerts.yaml': example };
  if (example.includes('kind: Daemon')) return { 'springtide.yaml': example };
  if (example.includes('kind: NodePolicy')) return { 'policies/workers.yaml': example };
  return { 'policies/web.yaml': example.startsWith('apiVersion') ? example : policy(example) };
}

const problemsOf = (texts: FileTexts): string[] =>
  loadFiles(inMemory({ ...goodTexts, ...texts })).problems.map(formatProblem);

describe('docs/policies.md', () => {
  it.each(examplesOf('policies.md'))('example %#', (example) => {
    expect(problemsOf(placed(example))).toEqual([]);
  });

  it('shows the values that are commented out as they may be written', () => {
    const commented = examplesOf('policies.md').filter((example) => /^ *# unknown:/m.test(example));
    const variants = commented.flatMap((example) =>
      [...example.matchAll(/^ *# (unknown: .*?) +#.*$/gm)].map(([, line = '']) =>
        example.replace(/unknown: hold.*$/m, line),
      ),
    );
    expect(variants).toHaveLength(3);
    for (const variant of variants) expect(problemsOf(placed(variant))).toEqual([]);
  });
});

describe('docs/rules.md', () => {
  it.each(examplesOf('rules.md'))('example %#', (example) => {
    const { problems, config } = loadFiles(inMemory({ ...goodTexts, 'rules/shop.yaml': example }));
    expect(problems.map(formatProblem)).toEqual([]);
    expect(config?.rules).not.toEqual([]);
  });
});

describe('docs/alerts.md', () => {
  const [http = '', central = '', alerts = ''] = examplesOf('alerts.md');

  it('opens a listener', () => {
    const daemon = `${(goodTexts['springtide.yaml'] ?? '').trimEnd()}\n${http.replace(/^/gm, '  ').trimEnd()}\n`;
    expect(problemsOf({ 'springtide.yaml': daemon })).toEqual([]);
  });

  it('tells people', () => {
    expect(problemsOf({ 'alerts.yaml': alerts })).toEqual([]);
  });

  it('tells a central one', () => {
    expect(problemsOf({ 'alerts.yaml': `${central}${alerts}` })).toEqual([]);
  });
});

describe('docs/sms.md', () => {
  it.each(examplesOf('sms.md'))('example %#', (example) => {
    expect(problemsOf({ 'alerts.yaml': example })).toEqual([]);
  });
});

describe('docs/install.md', () => {
  it.each(examplesOf('install.md').filter((example) => example.includes('apiVersion: springtide/v1')))(
    'example %#',
    (example) => {
      expect(problemsOf(placed(example))).toEqual([]);
    },
  );
});
