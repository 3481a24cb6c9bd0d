// docs/trust.md: every command in it is one, and those that need no cluster do what it says.
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AuditFile } from '../../src/audit/file.ts';
import { registerApprove } from '../../src/cli/approve.ts';
import { registerAudit } from '../../src/cli/audit.ts';
import { registerDoctor } from '../../src/cli/doctor.ts';
import { registerExplain } from '../../src/cli/explain.ts';
import { registerExport } from '../../src/cli/export.ts';
import { registerPlan } from '../../src/cli/plan.ts';
import { registerRelease } from '../../src/cli/release.ts';
import { registerShadow } from '../../src/cli/shadow.ts';
import { registerStop } from '../../src/cli/stop.ts';
import { registerValidate } from '../../src/cli/validate.ts';
import { systemClock } from '../../src/clock.ts';
import { journalDirectory } from '../../src/journal/files.ts';
import { openJournal } from '../../src/journal/write.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { rfc3339 } from '../../src/model/units.ts';
import { memoryInDirectory } from '../../src/state/directory.ts';
import { goodTexts, newDirectory, writeTexts } from '../config/files.ts';

const guide = readFileSync(path.join(import.meta.dirname, '../../docs/trust.md'), 'utf8');
const commands = [...guide.matchAll(/^ {4}springtide (.+)$/gm)].map(([, words = '']) => words);
const wordsOf = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

let directory = '';
let state = '';
const log = { warn: () => undefined };

beforeEach(async () => {
  directory = await newDirectory();
  state = path.join(directory, 'state');
  const daemon = (goodTexts['springtide.yaml'] ?? '').replace(/directory: .*/, `directory: ${state}`);
  await writeTexts(directory, { ...goodTexts, 'springtide.yaml': daemon });
  const now = systemClock.now();
  const waiting = {
    id: 'k7f3-9m2q',
    subject: 'shop/Deployment/web',
    way: 'pods.up',
    from: 4,
    to: 8,
    remove: [],
  } as const;
  const proposals = { asked: { [waiting.subject]: waiting }, used: [] };
  await memoryInDirectory(state).save({ ...emptyMemory(), lastTick: now, proposals });
  const journal = openJournal({ directory: journalDirectory(state), log });
  const plan = { time: rfc3339(now), configHash: 'a', pods: [], nodes: [], alerts: [] };
  journal.write({ number: 1, plan, outcomes: [], targets: {} });
  await journal.close();
  await journalOfADay(journalDirectory(state), rfc3339(now).slice(0, 10));
  for (const name of ['springtide.jsonl.1', 'springtide.jsonl']) {
    const audit = new AuditFile({ file: path.join(directory, name), clock: systemClock, log });
    await audit.append([{ event: 'start' }]);
    await audit.close();
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(directory, { recursive: true });
});

/** A journal with a day in it, also where nothing was decided on it. */
async function journalOfADay(journal: string, day: string): Promise<void> {
  await writeTexts(journal, { [`decisions-${day}.jsonl`]: '\n' });
}

function program(): Command {
  const all = new Command('springtide').exitOverride();
  for (const register of [
    registerApprove,
    registerAudit,
    registerDoctor,
    registerExplain,
    registerExport,
    registerPlan,
    registerRelease,
    registerShadow,
    registerStop,
    registerValidate,
  ])
    register(all);
  return all;
}

async function run(text: string): Promise<string> {
  let out = '';
  const take = (piece: unknown): boolean => {
    out += String(piece);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
  const words = wordsOf(text).map((word) => (word === 'config' ? directory : word.replace(/^\/audit/, directory)));
  await program().parseAsync(words, { from: 'user' });
  return out;
}

describe('docs/trust.md', () => {
  it('has commands that exist, with options that they know', () => {
    expect(commands.length).toBeGreaterThan(10);
    for (const text of commands) {
      let command: Command | undefined = program();
      const words = wordsOf(text);
      for (;;) {
        const next: Command | undefined = command.commands.find((one) => one.name() === words[0]);
        if (next === undefined) break;
        command = next;
        words.shift();
      }
      expect([text, command.name()]).not.toEqual([text, 'springtide']);
      expect([text, command.parseOptions(words).unknown]).toEqual([text, []]);
    }
  });

  it.each<[string, RegExp]>([
    ['validate --config config', /ok: /],
    ['shadow report --since 7d --config config', /no policy was rehearsed/],
    ['shadow report --since 7d --threshold 60 --config config', /no policy was rehearsed/],
    ['approve --list --config config', /k7f3-9m2q {2}shop\/Deployment\/web: 4 → 8/],
    ['approve k7f3-9m2q --by wei --config config', /Allowed, by wei/],
    ['stop --until 2h --why "looks wrong" --config config', /Off: .*looks wrong/],
    ['release --config config', /Nothing was switched off/],
    ['export hpa shop/web --config config', /HorizontalPodAutoscaler/],
    ['export keda --config config', /ScaledObject/],
  ])('%s', async (text, shown) => {
    expect(commands).toContain(text);
    expect(await run(text)).toMatch(shown);
    expect(process.exitCode ?? 0).toBe(0);
  });

  it('tells an audit log that is whole from one that is not', async () => {
    const text = commands.find((one) => one.startsWith('audit verify')) ?? '';
    expect(await run(text)).toMatch(/BROKEN at .*springtide\.jsonl:1/);
    expect(process.exitCode).toBe(4);
    process.exitCode = undefined;
    expect(await run('audit verify /audit/springtide.jsonl')).toMatch(/Whole: 1 lines, from 1/);
    expect(process.exitCode ?? 0).toBe(0);
  });
});
