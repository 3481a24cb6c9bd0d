// Many policies that are gone at once: they stay until a person agrees to exactly that version.
import { describe, expect, it } from 'vitest';
import { loadFiles, type LoadResult } from '../../src/config/load.ts';
import { goodTexts, inMemory, type FileTexts } from './files.ts';

const web = goodTexts['policies/web.yaml'] ?? '';
const named = (name: string): string => web.replaceAll('name: web', `name: ${name}`);
const policies = (count: number): FileTexts =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`policies/p${index}.yaml`, named(`p${index}`)]));
/** With web and the NodePolicy of the good directory: `count` policies in all. */
const withPolicies = (count: number): FileTexts => ({ ...goodTexts, ...policies(count - 2) });
const load = (texts: FileTexts, previous?: LoadResult, confirmed: string | null = null): LoadResult =>
  loadFiles(inMemory(texts), { confirmed }, previous?.inForce ?? []);
const without = (texts: FileTexts, ...files: readonly string[]): FileTexts =>
  Object.fromEntries(Object.entries(texts).filter(([file]) => !files.includes(file)));
const codes = ({ problems }: LoadResult): readonly string[] => problems.map(({ code }) => code);
const count = ({ config }: LoadResult): number =>
  (config?.podPolicies.length ?? 0) + (config?.nodePolicies.length ?? 0);

describe('policies that are gone', () => {
  const texts = withPolicies(20);
  const first = load(texts);

  it.each([
    [1, 19, []],
    [2, 18, []],
    [3, 20, ['ManyRemoved']],
    [18, 20, ['ManyRemoved']],
  ])('%i of 20: then %i are in force', (gone, left, problems) => {
    const names = Array.from({ length: gone }, (_, index) => `policies/p${index}.yaml`);
    const second = load(without(texts, ...names), first);
    expect([count(second), codes(second)]).toEqual([left, problems]);
  });

  it('stay while everything else of the new version comes into force', () => {
    const fewer = without(texts, 'policies/p0.yaml', 'policies/p1.yaml', 'policies/p2.yaml');
    const second = load({ ...fewer, 'policies/web.yaml': web.replace('max: 40', 'max: 44') }, first);
    const names = second.config?.podPolicies.map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['p0', 'p1', 'p2']));
    expect(second.config?.podPolicies.find(({ metadata }) => metadata.name === 'web')?.spec.replicas.max).toBe(44);
  });

  it('go when a person agrees to that very version, and to no other', () => {
    const fewer = without(texts, 'policies/p0.yaml', 'policies/p1.yaml', 'policies/p2.yaml');
    const refused = load(fewer, first);
    const hash = /--confirm (\S+)/.exec(refused.problems[0]?.mend ?? '')?.[1] ?? '';
    const even = without(fewer, 'policies/p3.yaml');
    expect(codes(load(even, refused, hash))).toEqual(['ManyRemoved']);
    const agreed = load(fewer, refused, hash);
    expect([count(agreed), codes(agreed)]).toEqual([17, []]);
  });

  it('are not lost where another policy has taken their targets over', () => {
    const renamed = withPolicies(3);
    const second = load(
      { ...without(renamed, 'policies/p0.yaml'), 'policies/p0.yaml': named('p0').replace('name: p0', 'name: other') },
      load(renamed),
    );
    expect(codes(second)).toEqual([]);
    expect(second.config?.podPolicies.map(({ metadata }) => metadata.name)).toEqual(['other', 'web']);
  });

  it('are not lost where they are only broken', () => {
    const broken = Object.fromEntries(
      Object.entries(texts).map(([file, text]) => [
        file,
        file.includes('/p') ? text.replace('max: 40', 'max: x') : text,
      ]),
    );
    const second = load(broken, first);
    expect([count(second), new Set(codes(second))]).toEqual([20, new Set(['WrongType'])]);
  });
});
