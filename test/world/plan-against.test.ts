// A merge request's question: what would this configuration do otherwise than that one, live and from a recording.
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/cli/plan-against.ts';
import { leave, settle, springtide, type Ended, type Settled } from './command-line.ts';

let home: Settled['home'];
let settled: Settled;
let newer: string;

const against = (...words: readonly string[]): Promise<Ended> =>
  springtide(['plan', '--config', newer, '--against', home.config, ...words], home.env);

beforeAll(async () => {
  settled = await settle();
  ({ home } = settled);
  newer = path.join(home.directory, 'newer');
  await cp(home.config, newer, { recursive: true });
  const file = path.join(newer, 'policies', 'shop-web.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/min: \d+/, 'min: 7'));
  const more = text.replaceAll('name: web', 'name: cart').replace(/min: \d+/, 'min: 3');
  await writeFile(path.join(newer, 'policies', 'cart.yaml'), more);
});
afterAll(() => leave(settled));

describe('springtide plan --against', () => {
  it('names documents, targets and numbers of the live world; differences are no failure', async () => {
    const { code, out, err } = await against('--output', 'json');
    expect([code, err]).toEqual([0, '']);
    const comparison = JSON.parse(out) as Comparison;
    expect(comparison.documents).toEqual([
      { document: 'PodPolicy shop/cart', change: 'added', differences: [] },
      {
        document: 'PodPolicy shop/web',
        change: 'changed',
        differences: [{ path: 'spec.replicas.min', from: '2', to: '7' }],
      },
    ]);
    expect([comparison.gained, comparison.lost]).toEqual([['Deployment shop/cart'], []]);
    expect(comparison.targets).toMatchObject([{ name: 'Deployment shop/web', to: { desired: 7 } }]);
    expect(comparison.replicas.to).toBeGreaterThan(comparison.replicas.from);
  });

  it('does so from a recording, in text, and exits with 1 where that is asked for', async () => {
    const recording = path.join(home.directory, 'recording.json');
    await springtide(['plan', '--config', home.config, '--save', recording], home.env);
    const { code, out } = await against('--state', recording, '--exit-code');
    expect([code, out.split('\n').slice(0, 3)]).toEqual([
      1,
      ['+ PodPolicy shop/cart', '~ PodPolicy shop/web', '    spec.replicas.min: 2 → 7'],
    ]);
    const same = await springtide(
      ['plan', '--config', home.config, '--against', home.config, '--state', recording, '--exit-code'],
      home.env,
    );
    expect([same.code, same.out]).toEqual([0, 'Nothing differs: the same documents, the same plan.\n']);
  });
});
