// springtide as an operator calls it for VMs: explain a node and a pod, drain, take back, resize; the world shows what was done.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drainAnnotation, type DrainRecord } from '../../src/model/drain-record.ts';
import type { EmbeddedWorld } from '../../src/sandbox/world.ts';
import { leave, settle, springtide, type Ended, type Settled } from './command-line.ts';

let world: EmbeddedWorld;
let home: Settled['home'];
let settled: Settled;
const group = 'default-worker';
const [first, second] = ['demo-default-worker-node-0', 'demo-default-worker-node-1'];
const called = (...words: string[]): Promise<Ended> => springtide([...words, '--config', home.config], home.env);
const node = (name: string) => world.kubernetes.objects.get('nodes', name);
const recordOn = (name: string): DrainRecord | null =>
  JSON.parse(node(name)?.metadata.annotations?.[drainAnnotation] ?? 'null') as DrainRecord | null;
const sizes = (): readonly number[] =>
  world.openstack.calls.flatMap(({ op, count }) => (op === 'resize_cluster' && count !== undefined ? [count] : []));

beforeAll(async () => {
  settled = await settle();
  ({ world, home } = settled);
});
afterAll(() => leave(settled));

describe('a person and the VMs', () => {
  it('is told why a node stays, in both languages, and that a node is not there', async () => {
    const [english, chinese, nobody] = await Promise.all([
      called('explain', 'node', first),
      called('explain', 'node', first, '--lang', 'zh-CN'),
      called('explain', 'node', 'nobody'),
    ]);
    expect([english.code, chinese.code, nobody.code]).toEqual([0, 0, 2]);
    expect(english.out).toContain(`Node ${first} of ${group}: stays`);
    expect(chinese.out).toMatch(/[一-鿿]/);
  });

  it('sees every check of a drain and of a resize, and nothing is written', async () => {
    const [drain, larger, tooLarge, smaller, unknown] = await Promise.all([
      called('drain', first, '--dry-run'),
      called('resize', group, '4', '--dry-run'),
      called('resize', group, '50', '--dry-run'),
      called('resize', group, '1'),
      called('resize', 'nobody', '3'),
    ]);
    expect([drain, larger, tooLarge, smaller, unknown].map(({ code }) => code)).toEqual([0, 0, 4, 4, 4]);
    expect(drain.out).toContain('pods with a place elsewhere');
    expect(tooLarge.out).toMatch(/NO {2}the maximum: max 10/);
    expect(smaller.out).toContain('Refused without --drain');
    expect([recordOn(first), node(first)?.spec.unschedulable, sizes()]).toEqual([null, undefined, []]);
  });

  it('drains a node that stays cordoned, with who asked for it, and takes it back', async () => {
    const drained = await called('drain', first, '--by', 'wei');
    expect([drained.code, drained.err]).toEqual([0, '']);
    expect([recordOn(first)?.request, node(first)?.spec.unschedulable]).toEqual([{ by: 'wei', then: 'keep' }, true]);
    const left = world.kubernetes.objects
      .list('pods')
      .filter(({ metadata, spec }) => metadata.namespace === 'shop' && spec.nodeName === first);
    expect(left).toEqual([]);
    const explained = await called('explain', 'node', first);
    expect(explained.out).toContain('drained for wei, stays cordoned');
    const undone = await called('drain', first, '--undo', '--by', 'wei');
    expect([undone.code, recordOn(first), node(first)?.spec.unschedulable ?? false]).toEqual([0, null, false]);
  });

  it('gives a VM back by its server', async () => {
    const given = await called('drain', second, '--remove', '--no-wait', '--by', 'wei');
    expect([given.code, given.err]).toEqual([0, '']);
    expect(given.out).toContain(`Magnum has taken the resize of ${group} from 2 to 1: ${second}`);
  });
});
