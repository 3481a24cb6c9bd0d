// springtide stop and springtide release as a person calls them: what they write, what they say, what they refuse.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { planText } from '../../src/cli/plan-text.ts';
import { registerRelease } from '../../src/cli/release.ts';
import { registerStop, stoppedBeside, untilOf, waysOf } from '../../src/cli/stop.ts';
import { standing } from '../../src/cli/switch.ts';
import { shippedTexts } from '../../src/config/texts.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { ControlFacts } from '../../src/model/snapshot.ts';
import { rfc3339 } from '../../src/model/units.ts';
import { at, noon } from '../builders.ts';
import { writeTexts } from './files.ts';

let directory = '';
const place = (...names: string[]): string => path.join(directory, ...names);
const written = (): ControlFacts => JSON.parse(readFileSync(place('state', 'control.json'), 'utf8')) as ControlFacts;

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'stop-'));
  await writeTexts(place('config'), {
    'springtide.yaml': `apiVersion: springtide/v1
kind: Daemon
spec: { cluster: test, prometheus: { url: 'http://127.0.0.1:9090' }, state: { directory: '${place('state')}' } }
`,
    'policies/wrong.yaml': 'apiVersion: springtide/v1\nkind: PodPolicy\nspec: { targt: {} }\n',
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

async function run(...words: string[]): Promise<{ readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  const program = new Command('springtide').exitOverride();
  registerStop(program);
  registerRelease(program);
  await program.parseAsync([...words, '--config', place('config')], { from: 'user' });
  return { out, err };
}

describe('springtide stop', () => {
  it('writes what is off and says so, also where a policy beside it is wrong', async () => {
    const { out, err } = await run('stop', '--down-only', '--until', '2h', '--why', 'a load test', '--by', 'wei');
    expect(written()).toMatchObject({ off: ['pods.down', 'nodes.shrink'], by: 'wei', why: 'a load test' });
    expect(out).toMatch(/^Off: lowering replicas, giving back VMs, until 2\S+Z, by wei: a load test\n/);
    expect(out).toContain(place('state', 'control.json'));
    expect(err).toContain('no daemon has kept its memory');
  });

  it('leaves off what was off before it, and keeps what was released', async () => {
    await run('release');
    const { releasedAt } = written();
    await run('stop', '--nodes', '--until', 'release', '--why', 'maintenance', '--by', 'li');
    const { out } = await run('stop', '--pods', '--down-only', '--until', '5m', '--why', 'a test', '--by', 'wei');
    expect(written()).toMatchObject({
      off: ['pods.down', 'nodes.grow', 'nodes.shrink'],
      until: null,
      by: 'li, wei',
      why: 'maintenance; a test',
      releasedAt,
    });
    expect(out).toContain('stays off: ordering VMs, giving back VMs');
  });

  it.each([
    ['no reason', ['--until', '2h'], /why.*--why/],
    ['an empty reason', ['--until', '2h', '--why', ' '], /--why/],
    ['no end', ['--why', 'x'], /until when.*--until release/],
    ['an end that is over', ['--why', 'x', '--until', '2020-01-01T00:00:00Z'], /is over already/],
    ['an end without a zone', ['--why', 'x', '--until', '2030-01-01T00:00:00'], /neither a duration nor an instant/],
    ['no time at all', ['--why', 'x', '--until', '0s'], /neither a duration nor an instant/],
  ])('refuses %s and writes nothing', async (_, words, message) => {
    await expect(run('stop', ...words)).rejects.toMatchObject({
      code: 'UsageInvalid',
      message: expect.stringMatching(message) as string,
    });
    expect(written).toThrow(/ENOENT/);
  });

  it('replaces a switch that cannot be read, and says that', async () => {
    await run('release');
    writeFileSync(place('state', 'control.json'), '{');
    const { err } = await run('stop', '--until', '1h', '--why', 'x');
    expect(err).toContain('cannot be read and is replaced');
    expect(written().off).toHaveLength(4);
  });

  it('speaks the language that was asked for', async () => {
    const { out } = await run('stop', '--until', '1h', '--why', 'x', '--lang', 'zh-CN');
    expect(out).toContain('已关闭：扩副本, 缩副本, 扩 VM, 缩 VM');
  });
});

describe('springtide release', () => {
  it('says what it ends and when, for the guards', async () => {
    await run('stop', '--until', '1h', '--why', 'a load test', '--by', 'wei');
    const before = Date.now();
    const { out } = await run('release');
    expect(out).toMatch(/^Released. It was: Off: .* by wei: a load test\n/);
    expect(written()).toMatchObject({ off: [], until: null });
    expect(Date.parse(written().releasedAt ?? '')).toBeGreaterThanOrEqual(before);
  });

  it('is no failure where nothing was off', async () => {
    expect((await run('release')).out).toContain('Nothing was switched off.');
    expect(written().off).toEqual([]);
  });
});

describe('a plan under a switch', () => {
  const empty: Plan = { time: rfc3339(noon), configHash: 'test', pods: [], nodes: [], alerts: [] };
  const control: ControlFacts = {
    off: ['pods.down'],
    until: rfc3339(at(60)),
    by: 'wei',
    why: 'a load test',
    releasedAt: null,
  };
  const shown = (given: ControlFacts | undefined): string => planText(empty, shippedTexts('en'), standing(given, noon));

  it('says what is off, until when, by whom and why, while it holds', () => {
    expect(shown(control)).toContain('! Off: lowering replicas, until 2026-11-20T12:01:00Z, by wei: a load test');
    expect(shown({ ...control, until: null })).toContain('until it is released');
  });

  it.each([
    ['nothing is off', { ...control, off: [] }],
    ['its time is over', { ...control, until: rfc3339(noon) }],
    ['there is none', undefined],
  ])('says nothing where %s', (_, given) => {
    expect(shown(given)).not.toContain('Off:');
  });
});

describe('the words on the line', () => {
  it.each([
    [{}, ['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink']],
    [{ pods: true, nodes: true }, ['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink']],
    [{ pods: true }, ['pods.up', 'pods.down']],
    [{ nodes: true }, ['nodes.grow', 'nodes.shrink']],
    [{ downOnly: true }, ['pods.down', 'nodes.shrink']],
    [{ pods: true, downOnly: true }, ['pods.down']],
    [{ nodes: true, downOnly: true }, ['nodes.shrink']],
  ] as const)('%j means %j', (given, ways) => {
    expect(waysOf(given)).toEqual(ways);
  });

  it.each([
    ['90m', at(5400)],
    ['2026-11-20T22:00:00+08:00', at(7200)],
    ['release', null],
  ])('--until %s', (text, end) => {
    expect(untilOf(text, noon)).toBe(end);
  });

  it.each([
    ['the same ways: the new end counts, sooner too', ['pods.down'], at(600), at(60), ['pods.down'], at(60)],
    ['other ways beside it: the later end', ['pods.down'], at(600), at(60), ['nodes.shrink'], at(600)],
    ['without an end before', ['pods.down'], null, at(60), ['nodes.shrink'], null],
  ] as const)('%s', (_, off, ends, nextEnds, nextOff, expected) => {
    const one = (ways: ControlFacts['off'], until: number | null): ControlFacts => ({
      off: ways,
      until: until === null ? null : rfc3339(until as typeof noon),
      by: 'wei',
      why: 'x',
      releasedAt: null,
    });
    const { until } = stoppedBeside(one(off, ends), one(nextOff, nextEnds));
    expect(until).toBe(expected === null ? null : rfc3339(expected));
  });
});
