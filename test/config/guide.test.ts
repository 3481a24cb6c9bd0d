// The operator's guide shows nothing that would be refused.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFiles } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { goodTexts, inMemory, type FileTexts } from './files.ts';

const guide = readFileSync(path.join(import.meta.dirname, '../../docs/policies.md'), 'utf8');
const examples = [...guide.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);

const policy = (spec: string): string =>
  `apiVersion: springtide/v1\nkind: PodPolicy\nmetadata: {name: web, namespace: shop}\nspec:\n  target: {kind: Deployment, name: web}\n  replicas: {min: 2, max: 40}\n${spec.includes('metrics:') ? '' : '  metrics: [{name: cpu, resource: cpu, target: {utilization: 70}}]\n'}${spec}`;

function placed(example: string): FileTexts {
  if (example.startsWith('global:')) return { 'alerts.yaml': example };
  if (example.includes('kind: NodePolicy')) return { 'policies/workers.yaml': example };
  return { 'policies/web.yaml': example.startsWith('apiVersion') ? example : policy(example) };
}

describe('docs/policies.md', () => {
  it.each(examples)('example %#', (example) => {
    const { problems } = loadFiles(inMemory({ ...goodTexts, ...placed(example) }));
    expect(problems.map(formatProblem)).toEqual([]);
  });
});
