// springtide import as a person calls it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerImport } from '../../src/cli/import.ts';
import { placesOf, shippedSentences } from '../../src/config/texts.ts';
import { noteEffects } from '../../src/convert/note.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'springtide-import-'));
});
afterAll(() => rm(directory, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

async function run(source: string, text: string, ...options: string[]): Promise<{ out: string; err: string }> {
  const file = path.join(directory, 'objects.yaml');
  await writeFile(file, text);
  let [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((out += String(chunk)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => ((err += String(chunk)), true));
  const program = new Command('springtide').exitOverride();
  registerImport(program);
  await program.parseAsync(['import', source, file, ...options], { from: 'user' });
  return { out, err };
}

const hpa = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
    - type: Pods
      pods: {metric: {name: http_requests}, target: {type: AverageValue, averageValue: "100"}}
  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
`;

const letters = ['a', 'b', 'c', 'd', 'e', 'f'];
const aliases = letters
  .map((letter, index) => `${letter}: &${letter} [${`*${letters[index - 1]},`.repeat(9)}]`)
  .join('\n')
  .replace(/^.*$/m, 'a: &a [x]');

describe('springtide import', () => {
  it('prints the policies, with a comment above what is to be checked', async () => {
    const { out, err } = await run('hpa', `${hpa}---\nkind: Service\napiVersion: v1\n`);
    expect(out).toBe(`# from HorizontalPodAutoscaler shop/web

apiVersion: springtide/v1
kind: PodPolicy
metadata:
  name: web
  namespace: shop
spec:
  target:
    apiVersion: apps/v1
    kind: Deployment
    name: web
  replicas:
    min: 2
    max: 10
  metrics:
    - name: cpu
      resource: cpu
      target:
        utilization: 70
    # CHECK: http_requests: the query is a guess from the Pods metric "http_requests". Look up the rule of your metrics adapter, or answer with --query-for
    - name: http_requests
      query: sum by (pod) (http_requests{namespace="shop"})
      by: pod
      target:
        averageValue: 100
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 60
  mode: dryRun
`);
    expect(err.split('\n').map((line) => line.slice(0, 60))).toEqual([
      'HorizontalPodAutoscaler shop/web',
      '  carried over: target Deployment web, replicas 2-10, metric',
      '  CHECK: http_requests: the query is a guess from the Pods m',
      'Service',
      '  not carried over: v1 Service is skipped: no autoscaler tha',
      'all of them',
      '  changed: every policy is a dry run (mode: dryRun): it deci',
      '  changed: a lowered max is approached at the rates of scale',
      'PodPolicies written: 1',
      '',
    ]);
  });

  it('takes the queries behind the metrics, and says what springtide would refuse', async () => {
    const good = await run('hpa', hpa, '--query-for', 'http_requests=sum by (pod) (rate(h{a="b"}[1m]))');
    expect(good.out).toContain('query: sum by (pod) (rate(h{a="b"}[1m]))');
    expect(good.out).not.toContain('CHECK');
    const bad = await run('hpa', hpa, '--query-for', 'http_requests=sum(');
    expect(bad.err).toMatch(/springtide would refuse it: spec\.metrics\.1\.query: /);
  });

  it('speaks Chinese, and JSON', async () => {
    const { out, err } = await run('hpa', hpa, '--lang', 'zh-CN', '--output', 'json');
    expect(err).toContain('已转换');
    const { policies, notes } = JSON.parse(out) as { policies: unknown[]; notes: { message: string }[] };
    expect(policies).toMatchObject([{ kind: 'PodPolicy', spec: { mode: 'dryRun' } }]);
    expect(notes.map(({ message }) => message).join()).toContain('猜测');
  });

  it('reads lists and JSON, and writes several documents', async () => {
    const scaled = (name: string): object => ({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name },
      spec: {
        scaleTargetRef: { name },
        minReplicaCount: 1,
        triggers: [{ type: 'cpu', metricType: 'Utilization', metadata: { value: '60' } }],
      },
    });
    const list = JSON.stringify({ kind: 'List', apiVersion: 'v1', items: [scaled('a'), scaled('b')] });
    const { out } = await run('keda', list, '--namespace', 'pay');
    expect(out.split('---\n').map((text) => /name: (\w+)\n {2}namespace: (\w+)/.exec(text)?.slice(1))).toEqual([
      ['a', 'pay'],
      ['b', 'pay'],
    ]);
  });

  it.each([
    ['no YAML', 'a: [1'],
    ['a template', '{{- if .Values.hpa }}\nkind: HorizontalPodAutoscaler\n{{- end }}'],
    ['aliases without end', aliases],
  ])('refuses %s as bad input', async (_, text) => {
    await expect(run('hpa', text)).rejects.toMatchObject({ code: 'ConfigInvalid' });
  });

  it('refuses files that cannot be read, and options that say nothing', async () => {
    const program = new Command('springtide').exitOverride().configureOutput({ writeErr: () => undefined });
    registerImport(program);
    program.commands[0]?.exitOverride().configureOutput({ writeErr: () => undefined });
    const call = (...words: string[]): Promise<unknown> => program.parseAsync(['import', ...words], { from: 'user' });
    await expect(call('hpa', path.join(directory, 'none.yaml'))).rejects.toMatchObject({ code: 'ConfigUnreadable' });
    await expect(call('hpa', '-', '--query-for', 'x')).rejects.toMatchObject({ code: 'commander.invalidArgument' });
    await expect(call('vpa', '-')).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });

  it('has a sentence for every note in both languages', () => {
    for (const language of ['en', 'zh-CN'] as const) {
      const sentences = shippedSentences(language);
      const keys = Object.keys(noteEffects).map((code) => `cli.import.note.${code}`);
      expect(keys.filter((key) => sentences[key] === undefined)).toEqual([]);
      const noted = Object.keys(sentences).filter((key) => key.startsWith('cli.import.note.'));
      expect(noted.filter((key) => !keys.includes(key))).toEqual([]);
      expect(noted.flatMap((key) => placesOf(sentences[key] ?? '')).filter((place) => !/^\w+$/.test(place))).toEqual(
        [],
      );
    }
  });
});
