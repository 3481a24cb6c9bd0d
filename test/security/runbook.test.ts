// The runbook has a page for each reason and for each alert, and none for what is gone; its links lead somewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { alertNames, keptReasons, nodeReasons, podReasons } from '../../src/model/reason.ts';

const runbook = path.resolve(import.meta.dirname, '../../docs/runbook');
const pagesIn = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => name.slice(0, -3))
    .toSorted();

describe('the runbook', () => {
  it('has one page for each reason', () => {
    const reasons = [...new Set<string>([...podReasons, ...nodeReasons, ...keptReasons])].toSorted();
    expect(pagesIn(path.join(runbook, 'reasons'))).toEqual(reasons);
  });

  it('has one page for each alert', () => {
    expect(pagesIn(runbook)).toEqual(expect.arrayContaining([...alertNames]));
  });

  it('says on each page of a reason what it means and what to do, and leads nowhere wrong', () => {
    const directory = path.join(runbook, 'reasons');
    for (const name of [...pagesIn(directory), 'README']) {
      const text = readFileSync(path.join(directory, `${name}.md`), 'utf8');
      if (name !== 'README') expect(text).toMatch(/\*\*What it means\.\*\* \S[\s\S]*\*\*What to do\.\*\* \S/);
      for (const [, link = ''] of text.matchAll(/\]\(([^)#]+)\)/g))
        expect([name, link, existsSync(path.join(directory, link))]).toEqual([name, link, true]);
    }
  });
});
