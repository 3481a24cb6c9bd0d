// What differs between two configurations, as a reviewer reads it.
import { describe, expect, it } from 'vitest';
import { documentChanges } from '../../src/config/differences.ts';
import { loadFiles, type LoadResult } from '../../src/config/load.ts';
import { goodTexts, inMemory, type FileTexts } from './files.ts';

const web = goodTexts['policies/web.yaml'] ?? '';
const load = (texts: FileTexts): LoadResult['inForce'] => loadFiles(inMemory({ ...goodTexts, ...texts })).inForce;
const changes = (texts: FileTexts): unknown => documentChanges(load({}), load(texts));

describe('the differences of two configurations', () => {
  it('are none where only the writing differs', () => {
    expect(changes({ 'policies/web.yaml': `# rewritten\n${web}` })).toEqual([]);
  });

  it('name the place by names, with both values', () => {
    const text = web.replace('max: 40', 'max: 50').replace('averageValue: 100', 'averageValue: 80');
    expect(changes({ 'policies/web.yaml': text })).toEqual([
      {
        document: 'PodPolicy shop/web',
        change: 'changed',
        differences: [
          { path: 'spec.replicas.max', from: '40', to: '50' },
          { path: 'spec.metrics[requests].target.averageValue', from: '100', to: '80' },
        ],
      },
    ]);
  });

  it('name keys and documents that come and go', () => {
    const text = web.replace('    min: 2\n', '').replaceAll('name: web', 'name: api');
    expect(changes({ 'policies/web.yaml': text })).toEqual([
      { document: 'PodPolicy shop/api', change: 'added', differences: [] },
      { document: 'PodPolicy shop/web', change: 'removed', differences: [] },
    ]);
    expect(changes({ 'policies/web.yaml': web.replace('    min: 2\n', '') })).toMatchObject([
      { differences: [{ path: 'spec.replicas.min', from: '2', to: null }] },
    ]);
  });

  it('do not show what alerts say: a gateway may have its secret there', () => {
    const text = (goodTexts['alerts.yaml'] ?? '').replace('smtp_from: springtide@', 'smtp_from: other@');
    expect(changes({ 'alerts.yaml': text })).toEqual([
      { document: 'Alerts', change: 'changed', differences: [{ path: 'global.smtp_from', from: '…', to: '…' }] },
    ]);
  });
});
