// springtide validate and springtide schema as a person calls them.
import path from 'node:path';
import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { registerSchema } from '../../src/cli/schema.ts';
import { registerValidate } from '../../src/cli/validate.ts';
import { goodTexts, newDirectory, writeTexts } from './files.ts';

const good = path.join(import.meta.dirname, 'good');
const bad = path.join(import.meta.dirname, 'mistakes/21-forecast');

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

async function run(...words: string[]): Promise<{ readonly out: string; readonly code: unknown }> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const program = new Command('springtide').exitOverride();
  registerValidate(program);
  registerSchema(program);
  await program.parseAsync(words, { from: 'user' });
  return { out, code: process.exitCode };
}

describe('springtide validate', () => {
  it('says that all is well, and what was read', async () => {
    const { out, code } = await run('validate', '--config', good);
    expect([out, code]).toEqual([expect.stringMatching(/^ok: 4 documents, configuration [0-9a-f]{12}\n$/), 0]);
  });

  it('prints every problem and ends with 2', async () => {
    const { out, code } = await run('validate', '--config', bad);
    expect(out).toContain('policies/web.yaml:25:22: error WrongValue: there is no metric "request"');
    expect(out).toMatch(/1 document, 1 refused, 1 error, 0 warnings|1 document, 1 refused, 2 errors\n$/);
    expect(code).toBe(2);
  });

  it('prints JSON for programs', async () => {
    const { out } = await run('validate', '--config', good, '--output', 'json');
    expect(JSON.parse(out)).toMatchObject({ problems: [], documents: [{ kind: 'Alerts' }, {}, {}, {}] });
  });
});

describe('springtide validate, with rule files', () => {
  it('names each with what is evaluated of it', async () => {
    const directory = await newDirectory();
    const rules = `groups:
  - name: shop
    rules:
      - {alert: Down, expr: up == 0}
      - {alert: Always, expr: 1}
  - {name: empty}
`;
    await writeTexts(directory, { ...goodTexts, 'rules/shop.yaml': rules });
    const { out, code } = await run('validate', '--config', directory);
    expect(out).toMatch(/^rules\/shop\.yaml: 2 groups, 2 alerting rules\nok: 5 documents, /);
    expect(code).toBe(0);
  });
});

describe('springtide schema', () => {
  it('lists the kinds, and prints one', async () => {
    const { out } = await run('schema');
    expect(out).toBe('pod-policy\nnode-policy\ndaemon\ncalendar\nalerts\nrules\nalert-events\nalert-line\nworld\n');
    expect(JSON.parse((await run('schema', 'pod-policy')).out)).toMatchObject({ title: 'springtide PodPolicy' });
  });
});
