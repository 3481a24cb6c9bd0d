// The audit log's chain and its file: whole over restarts, rotations, torn ends and two writers; broken where somebody touched it.
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonical, genesis, link, readLink } from '../../src/audit/chain.ts';
import { AuditFile, readHead } from '../../src/audit/file.ts';
import { verify } from '../../src/audit/verify.ts';
import { systemClock } from '../../src/clock.ts';
import { seconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { noon } from '../builders.ts';

let directory = '';
let warnings: string[] = [];
const log = { warn: (_facts: object, text: string) => void warnings.push(text) };
const file = (name = 'audit.jsonl'): string => path.join(directory, name);
const opened = (name?: string): AuditFile => new AuditFile({ file: file(name), clock: systemClock, log });
const linesOf = (name?: string): string[] => readFileSync(file(name), 'utf8').split('\n').slice(0, -1);

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'audit-'));
  warnings = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

async function written(count: number, name?: string): Promise<void> {
  const log1 = opened(name);
  for (let index = 0; index < count; index++) await log1.append([{ event: 'test', index }]);
  await log1.close();
}

describe('a chain', () => {
  it('has one text for one value, whatever the order of its keys', () => {
    expect(canonical({ b: [1, { d: null, c: 'x' }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy: unknown = JSON.parse(JSON.stringify(value));
        expect(canonical(copy)).toBe(canonical(value));
      }),
    );
  });

  it('tells any change of any line', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), fc.nat(255), (fields, at, byte) => {
        const { line } = link(genesis, fields);
        expect(readLink(line)).toMatchObject({ whole: true, prevHash: genesis.hash, head: { seq: 1 } });
        const place = at % line.length;
        const changed = `${line.slice(0, place)}${String.fromCharCode(byte)}${line.slice(place + 1)}`;
        const read = readLink(changed);
        // A blank for a blank, or another way to write the same text, is no change.
        if (!read.whole) return;
        const { hash, ...one } = JSON.parse(changed) as Record<string, unknown>;
        const { hash: before, ...other } = JSON.parse(line) as Record<string, unknown>;
        expect([hash, canonical(one)]).toEqual([before, canonical(other)]);
      }),
    );
  });
});

describe('the file', () => {
  it('is a chain from the first line on, readable by its owner only', async () => {
    await written(3);
    expect(await verify([file()])).toMatchObject({ lines: 3, first: { seq: 1 }, last: { seq: 3 }, broken: null });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(await readHead(file())).toMatchObject({ seq: 3 });
  });

  it('goes on after a restart', async () => {
    await written(2);
    await written(2);
    expect(await verify([file()])).toMatchObject({ lines: 4, last: { seq: 4 }, broken: null });
  });

  it('is one chain with two processes, and many lines at once', async () => {
    const [one, other] = [opened(), opened()];
    const appends = Array.from({ length: 10 }, (_, index) =>
      (index % 2 === 0 ? one : other).append([{ index }, { index }]),
    );
    const numbers = (await Promise.all(appends)).flat();
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await verify([file()])).toMatchObject({ lines: 20, broken: null });
    await Promise.all([one.close(), other.close()]);
  });

  it('goes on across files when it is renamed away, also with a restart in between', async () => {
    const first = opened();
    await first.append([{ index: 1 }]);
    renameSync(file(), file('audit.jsonl.1'));
    await first.append([{ index: 2 }]);
    await first.close();
    renameSync(file(), file('audit.jsonl.2'));
    await written(1);
    expect(await verify(['audit.jsonl.1', 'audit.jsonl.2', 'audit.jsonl'].map(file))).toMatchObject({
      lines: 3,
      last: { seq: 3 },
      broken: null,
    });
    expect(await verify([file()])).toMatchObject({ lines: 1, first: { seq: 3 }, broken: null });
    expect(await verify(['audit.jsonl.1', 'audit.jsonl'].map(file))).toMatchObject({
      broken: { line: 1, why: 'leftOut' },
    });
  });

  it('goes on when it is copied and truncated', async () => {
    const one = opened();
    await one.append([{ index: 1 }, { index: 2 }]);
    writeFileSync(file('copy'), readFileSync(file()));
    truncateSync(file());
    await one.append([{ index: 3 }]);
    await one.close();
    expect(await verify([file('copy'), file()])).toMatchObject({ lines: 3, broken: null });
  });

  it('keeps a torn last line aside and says so', async () => {
    await written(2);
    appendFileSync(file(), '{"event":"sca');
    await written(1);
    expect(await verify([file()])).toMatchObject({ lines: 3, broken: null });
    expect(readFileSync(file('audit.jsonl.torn'), 'utf8')).toBe('{"event":"sca\n');
    expect(warnings.join()).toContain('torn');
  });

  it.each<[string, (lines: string[]) => readonly string[], number, string]>([
    ['a changed line', (lines) => lines.map((line) => line.replace('"index":1', '"index":7')), 2, 'changed'],
    ['a line left out', (lines) => lines.filter((_, index) => index !== 1), 2, 'leftOut'],
    ['lines in another order', ([one = '', two = '', ...more]) => [two, one, ...more], 2, 'leftOut'],
    ['a line twice', ([one = '', ...more]) => [one, one, ...more], 2, 'leftOut'],
    ['something else', ([one = '', ...more]) => [one, 'hello', ...more], 2, 'notALine'],
    ['the end cut off', (lines) => lines.slice(0, -1), 4, 'endIsMissing'],
  ])('tells %s', async (_, change, line, why) => {
    await written(4);
    const end = await readHead(file());
    writeFileSync(
      file(),
      change(linesOf())
        .map((one) => `${one}\n`)
        .join(''),
    );
    expect((await verify([file()], end)).broken).toEqual({ file: file(), line, why });
  });

  it('whose end was cut goes on where it was: the gap stays to be seen', async () => {
    await written(4);
    writeFileSync(file(), `${linesOf().slice(0, 2).join('\n')}\n`);
    await written(1);
    expect(await verify([file()])).toMatchObject({ lines: 2, broken: { line: 3, why: 'leftOut' } });
    expect(warnings.join()).toContain('missing at its end');
  });

  it('that takes nothing rejects, and goes on when it can be written again', async () => {
    symlinkSync('/dev/full', file());
    const full = opened();
    await expect(full.append([{ index: 1 }])).rejects.toThrow(/ENOSPC/);
    rmSync(file());
    expect(await full.append([{ index: 1 }])).toEqual([1]);
    await full.close();
    expect(await verify([file()])).toMatchObject({ lines: 1, broken: null });
  });

  it('takes a lock whose holder has died', async () => {
    writeFileSync(file('audit.jsonl.lock'), '');
    const long = new Date(Date.now() - 60_000);
    utimesSync(file('audit.jsonl.lock'), long, long);
    await written(1);
    expect(linesOf()).toHaveLength(1);
  });
});

describe('a file that another process holds', () => {
  it('is given up after two seconds, and written again when it is free', async () => {
    const clock = new VirtualClock(noon);
    const held = new AuditFile({ file: file(), clock, log });
    writeFileSync(file('audit.jsonl.lock'), '');
    const refused = expect(held.append([{ index: 1 }])).rejects.toThrow(/within 2 s/);
    clock.advance(seconds(2));
    await refused;
    rmSync(file('audit.jsonl.lock'));
    await held.close();
    expect(await held.append([{ index: 2 }])).toEqual([1]);
    await held.close();
  });
});
