// Fifty ways to break a configuration that is in force: it stays in force every time, and each mistake has its place.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigFiles } from '../../src/config/files.ts';
import { loadFiles, type LoadResult } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { reloadFiles } from '../../src/config/watch.ts';
import { goodTexts, inMemory } from './files.ts';

const file = 'policies/web.yaml';
const web = goodTexts[file] ?? '';
const first = loadFiles(inMemory(goodTexts));

type Broken = string | Uint8Array;
const bytesOf = (broken: Broken): Uint8Array =>
  typeof broken === 'string' ? new TextEncoder().encode(broken) : broken;
const withFile = (broken: Broken): ConfigFiles => ({
  ...inMemory(goodTexts),
  files: inMemory(goodTexts).files.map((one) => (one.path === file ? { ...one, bytes: bytesOf(broken) } : one)),
});
const line = (pattern: string | RegExp, by: string): string => {
  const broken = web.replace(pattern, by);
  if (broken === web) throw new Error(`nothing is broken by ${String(pattern)}`);
  return broken;
};
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

const broken: readonly (readonly [what: string, text: Broken])[] = [
  // YAML
  ['a tab as indentation', line('  target:', '\ttarget:')],
  ['a bracket left open', line('namespace: shop', 'namespace: [shop')],
  ['a brace left open', line('kind: Deployment', 'kind: {Deployment')],
  ['a double quote left open', line('name: requests', 'name: "requests')],
  ['a single quote left open', line('name: requests', "name: 'requests")],
  ['a colon lost', line('spec:', 'spec')],
  ['a key indented too far', line('  replicas:', '   replicas:')],
  ['a key indented too little', line('    max: 40', '   max: 40')],
  ['a colon inside a value', line('name: requests', 'name: a: b')],
  ['an alias to nothing', line('max: 40', 'max: *most')],
  ['a value that begins with @', line('name: requests', 'name: @requests')],
  ['a value that begins with a backtick', line('name: requests', 'name: `requests`')],
  ['a directive of a template', line('max: 40', 'max: {{ .Values.max }}')],
  ['a key twice', line('    max: 40', '    max: 40\n    max: 41')],
  ['a merge conflict', line('    max: 40', '<<<<<<< HEAD\n    max: 40\n=======\n    max: 50\n>>>>>>> next')],
  ['a document end in the middle', line('  replicas:', '...\n  replicas:')],
  ['an unknown tag', line('max: 40', 'max: !Ref most')],
  [
    'an alias bomb',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n${web}d: [*c,*c,*c,*c,*c]\n`,
  ],
  ['a circle of aliases', line('mode: act', 'mode: &m [*m]')],
  ['nesting without end', `${'['.repeat(5000)}${']'.repeat(5000)}`],
  ['indentation without end', `${' '.repeat(5000)}a: 1\n${web}`],
  // bytes
  ['Latin-1', joined(bytes(0xe9, 0x3a, 0x20, 0x31, 0x0a), bytesOf(web))],
  ['GBK', joined(bytesOf(web), bytes(0x23, 0x20, 0xb2, 0xdf, 0xc2, 0xd4, 0x0a))],
  ['UTF-16', Uint8Array.from(Buffer.from(`\ufeff${web}`, 'utf16le'))],
  ['a picture', bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0xd8)],
  ['zero bytes at the end', joined(bytesOf(web.slice(0, 200)), new Uint8Array(100))],
  ['a cut in the middle of a character', joined(bytesOf(`${web}# 策略`).slice(0, -1))],
  ['the first half', line(/query: sum[\s\S]*$/, 'query: sum(rate(http_requests_total{')],
  ['CRLF with a mistake', line('max: 40', 'max: forty').replaceAll('\n', '\r\n')],
  ['a mark of the byte order, with a mistake', `\ufeff${line('max: 40', 'max: forty')}`],
  // values
  ['a word for a number', line('max: 40', 'max: forty')],
  ['a number in quotes', line('max: 40', 'max: "40"')],
  ['nothing for a number', line('max: 40', 'max:')],
  ['a number below zero', line('max: 40', 'max: -1')],
  ['a fraction', line('max: 40', 'max: 4.5')],
  ['a number beyond all', line('max: 40', 'max: 1e400')],
  ['no number', line('max: 40', 'max: .nan')],
  ['a list for a mapping', line('  replicas:\n    min: 2\n    max: 40', '  replicas: [2, 40]')],
  ['a text for a list', line(/metrics:[\s\S]*(?=\n {2}\w|$)/, 'metrics: all')],
  ['min above max', line('min: 2', 'min: 41')],
  ['an unknown key', line('max: 40', 'max: 40\n    most: 41')],
  ['a misspelt key', line('replicas:', 'repllicas:')],
  ['a key of the prototype', line('max: 40', 'max: 40\n    __proto__: {min: 1}')],
  ['a version of tomorrow', line('springtide/v1', 'springtide/v9')],
  ['a mode that is none', line('mode: act', 'mode: full')],
  ['PromQL left open', line('[1m])', '[1m')],
  ['a range for an instant', line(/query: .*/, 'query: http_requests_total[5m]')],
  ['a secret key of somebody else', line('spec:', 'status: {}\nspec:')],
  // documents
  ['only a comment after the name', `${web.slice(0, web.indexOf('spec:'))}# to be written\n`],
  ['the document twice, both broken', `${line('max: 40', 'max: x')}---\n${line('max: 40', 'max: y')}`],
];

function isInPlace(result: LoadResult, text: string): void {
  expect(result.problems.some(({ severity }) => severity === 'error')).toBe(true);
  const lines = text.split('\n');
  for (const problem of result.problems) {
    expect(problem.line).toBeLessThanOrEqual(lines.length);
    expect(problem.column).toBeLessThanOrEqual((lines[problem.line - 1] ?? '').length + 1);
    expect(formatProblem(problem)).toMatch(/^policies\/web\.yaml:\d+:\d+: (?:error|warning) \w+: \S/);
  }
}

describe('a configuration in force', () => {
  it('has fifty ways to be broken here', () => {
    expect([broken.length, new Set(broken.map(([what]) => what)).size]).toEqual([50, 50]);
  });

  it.each(broken)('stays in force over %s', (_, text) => {
    const { refused, result } = reloadFiles(withFile(text), {}, first);
    expect([refused, result.config?.hash]).toEqual([false, first.config?.hash]);
    isInPlace(result, new TextDecoder().decode(bytesOf(text)));
    // and over the next reading of the same
    expect(reloadFiles(withFile(text), {}, result).result.config?.hash).toBe(first.config?.hash);
  });

  it('stays in force over all of them, one after the other, and takes the mended one over', () => {
    let current = first;
    for (const [, text] of broken) current = reloadFiles(withFile(text), {}, current).result;
    const mended = reloadFiles(withFile(web.replace('max: 40', 'max: 44')), {}, current).result;
    expect([mended.problems, mended.config?.podPolicies[0]?.spec.replicas.max]).toEqual([[], 44]);
  });

  it('stays in force over an empty file beside others, as one of few policies that are gone', () => {
    const { result } = reloadFiles(withFile(''), {}, first);
    expect([result.config?.hash, result.problems.map(({ code }) => code)]).toEqual([
      first.config?.hash,
      ['ManyRemoved'],
    ]);
  });
});

describe('whatever the files are', () => {
  const head = web.slice(0, web.indexOf('spec:'));
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }).map((text) => bytesOf(`${head}${text}`)),
    fc.uint8Array({ maxLength: 300 }).map((tail) => joined(bytesOf(head), tail)),
    fc
      .tuple(fc.nat(web.length), fc.string({ maxLength: 5 }), fc.nat(20))
      .map(([at, text, cut]) => bytesOf(`${web.slice(0, at)}${text}${web.slice(at + cut)}`)),
    fc.uint8Array({ maxLength: 500 }),
  );

  it('loading does not throw, and no document goes whose name is still there', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const { result } = reloadFiles(withFile(text), {}, first);
        expect(result.config?.nodePolicies).toHaveLength(1);
        expect(result.inForce.map(({ key }) => key)).toContain('PodPolicy/shop/web');
      }),
      { numRuns: 80 },
    );
  });
});
