// The guide shows what really comes of its examples.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { converted } from './objects.ts';

const guide = readFileSync(path.join(import.meta.dirname, '../../docs/coming-from.md'), 'utf8');
const blocks = [...guide.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => parse(text) as unknown);

describe('docs/coming-from.md', () => {
  it.each([
    ['hpa', blocks[0], blocks[1]],
    ['keda', blocks[2], blocks[3]],
  ] as const)('%s', (source, object, policy) => {
    expect(converted(source, [object]).policies.map(({ document }) => document)).toEqual([policy]);
  });
});
