// The vectors of this checkout in `npm test`, and the runner's own promises: nothing unknown passes, nothing is left out.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertRules } from './runner/alertmanager/deviations.ts';
import { rules } from './runner/deviations.ts';
import { manifest } from './runner/manifest.ts';
import { isGood, linesOf, sumOf } from './runner/report.ts';
import { runDirectory } from './runner/run.ts';
import type { FileReport } from './runner/vector.ts';

const here = import.meta.dirname;
const entries = Object.entries(manifest).flatMap(([name, found]) =>
  ('adapter' in found ? [found] : found).map((entry) => ({ name, ...entry })),
);
const ours = entries.flatMap(({ name, array, count }) => (count === null ? [] : [[name, array, count] as const]));
let ran: readonly FileReport[] = [];
beforeAll(async () => {
  ran = await runDirectory(here);
});

describe('vectors', () => {
  it.each(ours)('%s %s', (name, array, count) => {
    const found = ran.filter((report) => report.name === name);
    expect(found).toMatchObject([{ problem: null }]);
    const cases = found.flatMap((report) => report.cases.filter((one) => one.array === array));
    const [, ...failures] = found.flatMap((report) => linesOf({ ...report, cases }));
    expect(failures.join('\n')).toBe('');
    expect(cases).toHaveLength(count);
  });

  it('are all known: no file that nobody reads', () => {
    expect(ran.map(({ name }) => name)).toEqual([...new Set(ours.map(([name]) => name))].sort());
  });
});

describe('deviations', () => {
  it('are few, each has its reason, and each is met by a case', () => {
    const text = readFileSync(path.join(here, 'deviations.md'), 'utf8');
    const headings = [...text.matchAll(/^## ([a-z-]+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(rules.map(({ name }) => name));
    // five for pods, five for nodes; six for alerts beside what is a mistake of upstream's
    expect(rules.length - alertRules.length).toBeLessThanOrEqual(10);
    expect(alertRules.filter(({ upstreamMistake }) => upstreamMistake !== true).length).toBeLessThanOrEqual(6);
    const used = new Set(
      ran.flatMap(({ cases }) => cases.flatMap(({ result }) => (result.verdict === 'deviates' ? [result.rule] : []))),
    );
    expect([...used].sort()).toEqual(rules.map(({ name }) => name).sort());
  });
});

describe('the runner', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'vectors-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const given = async (name: string, content: object | string) => {
    const folder = mkdtempSync(path.join(directory, 'case-'));
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(path.join(folder, `${name}.json`), text);
    const found = await runDirectory(folder);
    return { lines: [...found.flatMap(linesOf), sumOf(found)], good: isGood(found) };
  };
  const limits = { currentReplicas: 3, desiredReplicas: 5, minReplicas: 1, maxReplicas: 4 };
  const one = { id: 'one', name: 'a case', input: limits };

  it('prints a failure with what was expected and what came', async () => {
    const cases = [
      { ...one, expected: { replicas: 4 } },
      { ...one, expected: { replicas: 5 } },
    ];
    expect(await given('hpa/legacy_limits', { cases })).toEqual({
      lines: [
        'hpa/legacy_limits 1 passed, 1 failed',
        '  one a case',
        '    expected { replicas: 5 }',
        '    got      { replicas: 4 }',
        '1 files: 1 passed, 1 failed',
      ],
      good: false,
    });
  });

  it.each([
    ['a file that nobody knows', 'hpa/novelty', { cases: [] }, 'hpa/novelty unknown file'],
    ['a family that nobody knows', 'vpa/limits', { cases: [] }, 'vpa/limits unknown file'],
    ['an array that nobody reads', 'hpa/legacy_limits', { more: [{ ...one, expected: {} }] }, /unknown array "more"/],
    ['a file without cases', 'hpa/legacy_limits', { cases: [] }, /no cases in "cases"/],
    ['what is no JSON', 'hpa/legacy_limits', '{', /JSON/],
    [
      'an expectation without content',
      'hpa/legacy_limits',
      { cases: [{ ...one, expected: {} }] },
      /0 passed, 1 failed/,
    ],
    [
      'a field that ours does not answer',
      'hpa/legacy_limits',
      { cases: [{ ...one, expected: { other: 1 } }] },
      /1 failed/,
    ],
    ['an input that breaks the adapter', 'hpa/group_pods', { cases: [{ ...one, expected: { a: 1 } }] }, /1 failed/],
  ])('fails for %s', async (_, name, content, line) => {
    const { lines, good } = await given(name, content);
    expect(lines[0]).toMatch(line);
    expect(good).toBe(false);
  });

  it('finds cases in objects too, and says which arrays nobody reads while it runs the others', async () => {
    const file = {
      cases: [{ ...one, expected: { replicas: 4 } }],
      deeper: { more: [{ expect: 1 }], single: { want: 2 } },
    };
    expect(await given('hpa/legacy_limits', file)).toEqual({
      lines: [
        'hpa/legacy_limits unknown array "deeper.more", "deeper.single"',
        'hpa/legacy_limits 1 passed, 0 failed',
        '0 files: 0 passed, 0 failed; 1 files could not be judged',
      ],
      good: false,
    });
  });

  it('runs the files that are asked for only', async () => {
    cpSync(path.join(here, 'hpa'), path.join(directory, 'some', 'hpa'), { recursive: true });
    const found = await runDirectory(path.join(directory, 'some'), ['hpa/defaults']);
    expect(found.map(({ name }) => name)).toEqual(['hpa/defaults']);
  });
});
