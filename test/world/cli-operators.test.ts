// springtide as an operator calls it beside the daemon: import from other autoscalers, explain, stop and release.
import { access, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { EmbeddedWorld } from '../../src/sandbox/world.ts';
import { leave, settle, springtide, type Ended, type Settled } from './command-line.ts';

let world: EmbeddedWorld;
let home: Settled['home'];
let settled: Settled;
/** Wait for the lists as long as they may: all the while the other tests run. */
let unreadable: Promise<Ended>;
const file = (name: string): string => path.join(home.directory, name);
const called = (verb: string, ...words: string[]): Promise<Ended> =>
  springtide([verb, ...words, '--config', home.config], home.env);

/** The same connections with the policies of `text`; without it none. */
async function configOf(name: string, text?: string): Promise<string> {
  const config = file(name);
  await cp(home.config, config, { recursive: true });
  await rm(path.join(config, 'policies'), { recursive: true });
  await mkdir(path.join(config, 'policies'));
  if (text !== undefined) await writeFile(path.join(config, 'policies', 'imported.yaml'), text);
  return config;
}

/** A configuration whose cluster nobody answers for. */
async function configOfNowhere(): Promise<string> {
  const clusters = [{ name: 'sandbox', cluster: { server: 'http://127.0.0.1:1' } }];
  await writeFile(file('nowhere.json'), JSON.stringify({ ...world.kubernetes.kubeconfig(), clusters }));
  const config = file('nowhere');
  await cp(home.config, config, { recursive: true });
  const daemon = path.join(config, 'springtide.yaml');
  const text = await readFile(daemon, 'utf8');
  await writeFile(daemon, text.replaceAll(file('kubeconfig.json'), file('nowhere.json')));
  return config;
}

beforeAll(async () => {
  settled = await settle();
  ({ world, home } = settled);
  const lost = await configOfNowhere();
  unreadable = springtide(['explain', 'shop/web', '--config', lost], home.env);
  const { code, err } = await called('plan', '--save', file('recording.json'), '--save-memory', file('memory.json'));
  expect([code, err]).toEqual([0, '']);
});
afterAll(() => leave(settled));

const autoscalers = `apiVersion: v1
kind: List
items:
  - apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: { name: web, namespace: shop }
    spec:
      scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
      minReplicas: 2
      maxReplicas: 20
      metrics:
        - type: Resource
          resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }
`;
const scaledObject = `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: worker, namespace: shop }
spec:
  scaleTargetRef: { name: worker }
  minReplicaCount: 1
  maxReplicaCount: 12
  triggers:
    - type: prometheus
      metadata: { serverAddress: 'http://prometheus:9090', query: 'sum(queue_depth{queue="orders"})', threshold: '50' }
`;

describe('springtide import', () => {
  const checked = async (name: string, text: string): Promise<Ended> =>
    springtide(['validate', '--config', await configOf(name, text)], home.env);
  const policiesIn = (text: string): unknown[] => parseAllDocuments(text).map((one) => one.toJS() as unknown);

  it('hpa -: what comes in by standard input goes out as policies that load', async () => {
    const { code, out, err } = await springtide(['import', 'hpa', '-'], {}, autoscalers);
    expect([code, policiesIn(out)]).toEqual([
      0,
      [
        expect.objectContaining({
          kind: 'PodPolicy',
          metadata: expect.objectContaining({ name: 'web', namespace: 'shop' }) as unknown,
          spec: expect.objectContaining({ replicas: { min: 2, max: 20 }, mode: 'dryRun' }) as unknown,
        }),
      ],
    ]);
    expect(err).not.toBe('');
    expect(await checked('from-hpa', out)).toMatchObject({ code: 0, err: '' });
  });

  it('keda FILE: the same, with notes in Chinese', async () => {
    await writeFile(file('keda.yaml'), scaledObject);
    const { code, out, err } = await springtide(['import', 'keda', file('keda.yaml'), '--lang', 'zh-CN']);
    expect([code, policiesIn(out)]).toEqual([
      0,
      [
        expect.objectContaining({
          kind: 'PodPolicy',
          metadata: expect.objectContaining({ name: 'worker' }) as unknown,
        }),
      ],
    ]);
    expect(err).toMatch(/[\u4e00-\u9fff]/);
    expect(await checked('from-keda', out)).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    { name: 'a file that is not there', words: ['hpa', 'nowhere.yaml'], input: '', says: 'nowhere.yaml' },
    { name: 'no YAML', words: ['keda', '-'], input: 'a: [', says: 'standard input' },
    { name: 'something else', words: ['helm', '-'], input: '', says: 'hpa' },
  ])('refuses $name with 2', async ({ words, input, says }) => {
    const { code, out, err } = await springtide(['import', ...words], {}, input);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(says)]);
  });
});

describe('springtide explain', () => {
  it('explains a target of the live world, and changes nothing', async () => {
    const { code, out } = await called('explain', 'deploy/web', '-n', 'shop', '--output', 'json');
    const explained = JSON.parse(out) as unknown;
    expect([code, explained]).toEqual([
      0,
      expect.objectContaining({
        tier: 'pods',
        origin: expect.objectContaining({ kind: 'live' }) as unknown,
        decision: expect.objectContaining({
          current: 2,
          target: expect.objectContaining({ name: 'web' }) as unknown,
        }) as unknown,
      }),
    ]);
    expect(world.kubernetes.objects.get('deployments', 'web', 'shop')?.spec.replicas).toBe(2);
    expect(home.secrets.filter((secret) => out.includes(secret))).toEqual([]);
    await expect(access(path.join(home.state, 'memory.json'))).rejects.toThrow();
  });

  it('explains a node group, and the policy that is in force', async () => {
    const [group, policy] = await Promise.all([
      called('explain', 'nodegroup/default-worker'),
      called('explain', 'shop/web', '--policy'),
    ]);
    expect([group.code, group.out.includes('default-worker')]).toEqual([0, true]);
    expect([policy.code, policy.out.includes('shop-web.yaml:')]).toEqual([0, true]);
  });

  it('explains a recording with no network at all, by file and by standard input', async () => {
    const state = file('recording.json');
    const lost = file('nowhere');
    const words = ['explain', 'shop/web', '--memory', file('memory.json'), '--output', 'json', '--config', lost];
    const [byFile, byInput] = await Promise.all([
      springtide([...words, '--state', state]),
      springtide([...words, '--state', '-'], {}, await readFile(state, 'utf8')),
    ]);
    expect([byFile.code, byFile.err, byInput.code]).toEqual([0, '', 0]);
    expect(JSON.parse(byFile.out)).toMatchObject({ tier: 'pods', decision: { current: 2 } });
    expect((JSON.parse(byInput.out) as { decision: unknown }).decision).toEqual(
      (JSON.parse(byFile.out) as { decision: unknown }).decision,
    );
  });

  it('refuses a target that no policy means, and a past without a journal, with 2', async () => {
    const state = ['--state', file('recording.json')];
    const [other, past] = await Promise.all([
      called('explain', 'shop/nobody', ...state),
      called('explain', 'shop/web', '--at', '15m'),
    ]);
    expect([other.code, other.out, past.code, past.out]).toEqual([2, '', 2, '']);
    expect(other.err).toContain('nobody');
  });
});

describe('springtide stop and release', () => {
  it('switch off and on again; a plan and an explanation show what is off, by whom and why', async () => {
    const words = ['--pods', '--down-only', '--until', '2h', '--why', 'a load test', '--by', 'wei'];
    const stopped = await called('stop', ...words);
    expect([stopped.code, stopped.out]).toEqual([0, expect.stringContaining('by wei: a load test')]);
    const [planned, chinese] = await Promise.all([called('plan'), called('plan', '--lang', 'zh-CN')]);
    expect([planned.code, planned.out]).toEqual([
      0,
      expect.stringMatching(/^! Off: lowering replicas, until .*wei: a load test$/m),
    ]);
    expect([chinese.code, chinese.out]).toEqual([0, expect.stringMatching(/^! .*[\u4e00-\u9fff].*a load test$/m)]);
    const released = await called('release', '--by', 'wei');
    expect([released.code, released.out]).toEqual([0, expect.stringContaining('a load test')]);
    const after = await called('plan');
    expect([after.code, /^!/m.test(after.out)]).toEqual([0, false]);
    expect((await called('release')).code).toBe(0);
  });

  it('hold everything with a plain stop, over a shorter one beside it', async () => {
    await called('stop', '--until', 'release', '--why', 'a change freeze', '--by', 'wei');
    const beside = await called('stop', '--nodes', '--until', '10m', '--why', 'a new flavor', '--by', 'li');
    expect([beside.code, beside.out]).toEqual([
      0,
      expect.stringContaining('by wei, li: a change freeze; a new flavor'),
    ]);
    const { code, out } = await called('plan', '--output', 'json');
    const { pods } = JSON.parse(out) as { pods: { reason: string; action: string }[] };
    expect([code, pods]).toEqual([0, [expect.objectContaining({ reason: 'SwitchedOff', action: 'hold' })]]);
    await called('release');
  });

  it.each([
    { name: 'no reason', words: ['--until', '2h'], says: '--why' },
    { name: 'no end', words: ['--why', 'x'], says: '--until' },
    { name: 'an end that is over', words: ['--why', 'x', '--until', '2020-01-01T00:00:00Z'], says: 'over already' },
    { name: 'an end that is none', words: ['--why', 'x', '--until', 'tomorrow'], says: 'neither' },
  ])('refuse $name with 2', async ({ words, says }) => {
    const { code, out, err } = await called('stop', ...words);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(says)]);
  });

  it('refuse a directory without a configuration with 2', async () => {
    const words = ['--config', file('none')];
    const stop = springtide(['stop', '--until', '2h', '--why', 'x', ...words]);
    const answers = await Promise.all([stop, springtide(['release', ...words])]);
    expect(answers.map(({ code, out }) => [code, out])).toEqual([
      [2, ''],
      [2, ''],
    ]);
  });
});

describe('springtide explain without a world', () => {
  it('ends with 3, and says where, but no secret', async () => {
    const { code, out, err } = await unreadable;
    expect([code, out]).toEqual([3, '']);
    expect(err).toContain('WorldUnreadable: http://127.0.0.1:1');
    expect(home.secrets.filter((secret) => err.includes(secret))).toEqual([]);
  });
});
