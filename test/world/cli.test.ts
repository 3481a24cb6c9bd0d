// springtide as people and programs call it: plan in all its forms, run and its ends, demo and Ctrl-C.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { EmbeddedWorld } from '../../src/sandbox/world.ts';
import { writeTexts } from '../config/files.ts';
import { call, leave, settle, springtide, type Ended, type Settled } from './command-line.ts';

let world: EmbeddedWorld;
let home: Settled['home'];
let settled: Settled;
/** Waits for the lists as long as it may: all the while the other tests run. */
let unreadable: Promise<Ended>;
const file = (name: string): string => path.join(home.directory, name);
const plan = (words: readonly string[], input?: string) =>
  springtide(['plan', '--config', home.config, ...words], home.env, input);
const planIn = (text: string): Plan => JSON.parse(text) as Plan;

/** The same configuration elsewhere, one text in it replaced. */
async function configWith(text: string, other: string): Promise<string> {
  const config = file(`config-${path.basename(other)}`);
  await cp(home.config, config, { recursive: true });
  const daemon = await readFile(path.join(config, 'springtide.yaml'), 'utf8');
  await writeFile(path.join(config, 'springtide.yaml'), daemon.replaceAll(text, other));
  return config;
}

async function nowhere(): Promise<string> {
  const clusters = [{ name: 'sandbox', cluster: { server: 'http://127.0.0.1:1' } }];
  await writeFile(file('nowhere.json'), JSON.stringify({ ...world.kubernetes.kubeconfig(), clusters }));
  return file('nowhere.json');
}

beforeAll(async () => {
  settled = await settle();
  ({ world, home } = settled);
  unreadable = springtide(['plan', '--config', await configWith(file('kubeconfig.json'), await nowhere())], home.env);
  const { code, err } = await plan(['--save', file('recording.json'), '--save-memory', file('memory.json')]);
  expect([code, err]).toEqual([0, '']);
});
afterAll(() => leave(settled));

describe('springtide plan', () => {
  it('saves a recording without a secret in it, whatever was tried, and changes nothing', async () => {
    const saved = await readFile(file('recording.json'), 'utf8');
    expect(home.secrets.filter((secret) => saved.includes(secret))).toEqual([]);
    expect(world.kubernetes.objects.get('deployments', 'web', 'shop')?.spec.replicas).toBe(2);
  });

  it('answers the same from a recording, by file and by standard input, with no network at all', async () => {
    const state = file('recording.json');
    const byFile = await plan(['--state', state, '--output', 'json']);
    const byInput = await plan(['--state', '-', '--output', 'json'], await readFile(state, 'utf8'));
    const withMemory = await plan(['--state', state, '--memory', file('memory.json'), '--output', 'json']);
    expect([byFile.code, byFile.err, byInput.out]).toEqual([0, '', byFile.out]);
    expect(planIn(withMemory.out).pods).toHaveLength(1);
    expect(planIn(byFile.out)).toMatchObject({
      pods: [{ target: { name: 'web' } }],
      nodes: [{ nodeGroup: 'default-worker' }],
    });
  });

  it('speaks the language that was asked for', async () => {
    const { code, out } = await plan(['--state', file('recording.json'), '--lang', 'zh-CN']);
    expect([code, /[\u4e00-\u9fff]/.test(out)]).toEqual([0, true]);
  });

  it('says that a bare snapshot has no memory', async () => {
    const { snapshot } = JSON.parse(await readFile(file('recording.json'), 'utf8')) as { snapshot: unknown };
    const { code, err } = await plan(['--state', '-'], JSON.stringify(snapshot));
    expect([code, err]).toEqual([0, expect.stringContaining('a bare snapshot: the memory is empty')]);
  });

  it('answers a line for a line of a stream, memory carried over', async () => {
    const recording = JSON.parse(await readFile(file('recording.json'), 'utf8')) as { snapshot: { time: string } };
    const line = (second: number): string => {
      const time = new Date(Date.parse(recording.snapshot.time) + second * 1000).toISOString();
      return JSON.stringify({ schema: 1, snapshot: { ...recording.snapshot, time } });
    };
    const words = ['--stream', '--output', 'json', '--save-memory', file('after.json')];
    const { code, out } = await plan(words, `${line(0)}\n\n${line(15)}\n`);
    const plans = out.trim().split('\n').map(planIn);
    expect([code, plans.length]).toEqual([0, 2]);
    expect(JSON.parse(await readFile(file('after.json'), 'utf8'))).toMatchObject({
      lastTick: Date.parse(plans[1]?.time ?? ''),
    });
  });

  it.each([
    { name: 'no JSON', input: '{\n  "time": ]\n}', says: /-:2:\d+/ },
    { name: 'another shape', input: '{"time":"2026-11-20T08:00:00Z",\n"kubernetes":{"pods":{}}}', says: /-:2:/ },
    { name: 'no instant', input: '{"time":"yesterday"}', says: /snapshot|time/ },
  ])('refuses $name with 2 and the place', async ({ input, says }) => {
    const { code, out, err } = await plan(['--state', '-'], input);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^springtide: RecordingInvalid: /);
    expect(err).toMatch(says);
  });

  it('names the line of a stream that is wrong', async () => {
    const { code, err } = await plan(['--stream'], '{"time":"2026-11-20T08:00:00Z"}\n{]\n');
    expect([code, err]).toEqual([2, expect.stringContaining('line 2')]);
  });

  it('refuses a file that is not there, a memory that is none, and a configuration that is wrong', async () => {
    await writeFile(file('none.json'), '[]');
    const answers = await Promise.all([
      plan(['--state', file('missing.json')]),
      plan(['--state', file('recording.json'), '--memory', file('none.json')]),
      springtide(['plan', '--config', file('nowhere')]),
    ]);
    expect(answers.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(answers[0].err).toContain('missing.json');
    expect(answers[1].err).toContain('MemoryUnreadable');
  });
});

describe('springtide run', () => {
  const run = () => call(['run', '--config', home.config], home.env);
  const ticked = /"tier":"pods"/;

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s, its memory saved', async (signal) => {
    await rm(home.state, { recursive: true, force: true });
    const daemon = run();
    await daemon.shows(ticked);
    daemon.child.kill(signal);
    await daemon.shows(/nothing new begins/);
    daemon.child.kill('SIGTERM');
    const { code, out } = await daemon.ended;
    expect([code, out.includes('"msg":"stopped"')]).toEqual([0, true]);
    expect(JSON.parse(await readFile(path.join(home.state, 'memory.json'), 'utf8'))).toMatchObject({ schema: 1 });
    expect(home.secrets.filter((secret) => out.includes(secret))).toEqual([]);
  });

  it('refuses a grace that is no number of seconds, and would end it at once', async () => {
    const { code, err } = await springtide(['run', '--config', home.config, '--grace', 'soon']);
    expect([code, err]).toEqual([2, expect.stringContaining('a number from 1 to 3600')]);
  });

  it('says which port is taken, and ends with 2', async () => {
    const taken = new URL(world.prometheus.url).host;
    const config = await configWith('127.0.0.1:0', taken);
    const { code, err } = await springtide(['run', '--config', config], home.env);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(`PortInUse: http.listen: another process listens on ${taken}`),
    ]);
  });

  it('lists what is wrong with its configuration, and ends with 2', async () => {
    const bad = file('bad');
    await rm(bad, { recursive: true, force: true });
    await writeTexts(bad, { 'springtide.yaml': 'apiVersion: springtide/v1\nkind: Daemon\nspec: { intervall: 15s }\n' });
    const { code, err } = await springtide(['run', '--config', bad]);
    expect([code, err]).toEqual([2, expect.stringMatching(/springtide\.yaml:3:\d+: error/)]);
    expect(err).toContain('ConfigInvalid');
  });
});

describe('springtide demo', () => {
  it('ends cleanly on Ctrl-C, its directory removed', async () => {
    const own = file('demo-tmp');
    await mkdir(own);
    const demo = call(['demo', '--port', '0'], { TMPDIR: own });
    await demo.shows(/http:\/\/127\.0\.0\.1:[1-9]\d*/);
    demo.child.kill('SIGINT');
    const { code, err } = await demo.ended;
    expect([code, err]).toEqual([0, '']);
    expect(await readdir(own)).toEqual([]);
  });
});

describe('springtide plan without a world', () => {
  it('ends with 3 where the world cannot be read, and says where, but no secret', async () => {
    const { code, out, err } = await unreadable;
    expect([code, out]).toEqual([3, '']);
    expect(err).toContain('WorldUnreadable: http://127.0.0.1:1');
    expect(home.secrets.filter((secret) => err.includes(secret))).toEqual([]);
  });
});
