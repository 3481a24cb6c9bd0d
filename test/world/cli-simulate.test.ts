// springtide simulate as a process: what it prints and writes, and with which codes it ends.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { springtide } from './command-line.ts';

const policy = `apiVersion: springtide/v1
kind: PodPolicy
metadata: {name: web, namespace: shop}
spec:
  target: {apiVersion: apps/v1, kind: Deployment, name: web}
  replicas: {min: 1, max: 100}
  metrics: [{name: requests, query: sum(requests), target: {averageValue: 70}}]
`;
const daemon = `apiVersion: springtide/v1
kind: Daemon
spec: {cluster: x, prometheus: {url: "http://127.0.0.1:1", timeout: 2s}}
`;
const wave = Array.from({ length: 60 }, (_, minute) => `${minute * 60},${1000 + 10 * (minute % 20)}`).join('\n');

let directory: string;
const file = (name: string): string => path.join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'springtide-simulate-'));
  await writeFile(file('web.yaml'), policy);
  await writeFile(file('springtide.yaml'), daemon);
  await writeFile(file('trace.csv'), wave);
  await writeFile(file('broken.csv'), '0,1\n60,much\n');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Printed {
  readonly policies: readonly { readonly name: string; readonly figures: { readonly cost: number } }[];
}

describe('springtide simulate', () => {
  it('prints what it found as data, and writes a page', async () => {
    const { code, out } = await springtide([
      ...['simulate', '--policy', file('web.yaml'), '--trace', file('trace.csv')],
      ...['--html', file('page.html'), '--output', 'json'],
    ]);
    const { policies } = JSON.parse(out) as Printed;
    expect([code, policies.map(({ name }) => name)]).toEqual([0, ['shop/web']]);
    expect(policies[0]?.figures.cost).toBeGreaterThan(1);
    expect(await readFile(file('page.html'), 'utf8')).toContain('<svg');
  });

  it('ends with 2 and the place of a mistake', async () => {
    const { code, err } = await springtide(['simulate', '--policy', file('web.yaml'), '--trace', file('broken.csv')]);
    expect([code, err]).toEqual([2, expect.stringContaining('broken.csv:2:4: "much" is no load')]);
  });

  it('ends with 3 where Prometheus cannot be read', async () => {
    const { code, err } = await springtide(['simulate', '--policy', file('web.yaml'), '-c', directory, '--from', '1h']);
    expect([code, err]).toEqual([3, expect.stringContaining('WorldUnreadable')]);
  });
});
