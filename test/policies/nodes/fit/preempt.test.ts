// Who is pushed out, and on which node: the scheduler's own choice.
import { describe, expect, it } from 'vitest';
import type { Pod, PodDisruptionBudget, PodSpec } from '../../../../src/model/kubernetes.ts';
import { Preemption } from '../../../../src/policies/nodes/fit/preempt.ts';
import { Simulation } from '../../../../src/policies/nodes/fit/simulation.ts';
import { rfc3339 } from '../../../../src/model/units.ts';
import { aBudget, aPod, at } from '../../../builders.ts';
import { finish } from './finish.ts';
import { aRoom, zone } from './rooms.ts';

interface Running {
  readonly priority?: number;
  readonly cpu?: string;
  readonly app?: string;
  readonly started?: number;
  readonly spec?: PodSpec;
}

function running(name: string, node: string, { priority = 0, cpu = '1', app = 'batch', started = 0, spec }: Running) {
  const labels = { app };
  return aPod(name)
    .labelled(labels)
    .ownedBy('ReplicaSet', `${app}-abc`)
    .requesting({ cpu })
    .spec({ priority, ...spec })
    .status({ phase: 'Running', startTime: rfc3339(at(started)) })
    .on(node)
    .build();
}

/** By node, those that run there: nodes of 4 cores. */
type Nodes = Readonly<Record<string, readonly Pod[]>>;

function worldOf(nodes: Nodes, budgets: readonly PodDisruptionBudget[] = []) {
  const simulation = new Simulation({ namespaces: [] });
  for (const [name, pods] of Object.entries(nodes)) simulation.addRoom(aRoom(name, { zone: name.slice(0, 1) }), pods);
  return { simulation, preemption: new Preemption(simulation, new Map(Object.entries(nodes)), budgets) };
}

const newcomer = (simulation: Simulation, cpu = '1', more: PodSpec = {}) =>
  simulation.needsOf(
    aPod('new')
      .labelled({ app: 'web' })
      .requesting({ cpu })
      .spec({ priority: 1000, ...more })
      .build(),
  );

const four = (node: string, each: Running, names = ['1', '2', '3', '4']): Pod[] =>
  names.map((name) => running(`${node}-${name}`, node, each));

const namesOf = (pods: readonly Pod[] | undefined): string[] =>
  (pods ?? []).map(({ metadata }) => metadata.name).sort();

describe('a pod of higher priority', () => {
  it.each<[string, Nodes, readonly PodDisruptionBudget[], string, string | null, string[]]>([
    ['pushes out no more than it must', { a: four('a', {}) }, [], '2', 'a', ['a-3', 'a-4']],
    ['pushes out nobody of its own priority', { a: four('a', { priority: 1000 }) }, [], '1', null, []],
    ['nor where even all of them were too few', { a: four('a', {}) }, [], '5', null, []],
    [
      'spares the more important ones',
      { a: [running('high', 'a', { priority: 500, cpu: '2' }), running('low', 'a', { cpu: '2' })] },
      [],
      '2',
      'a',
      ['low'],
    ],
    [
      'spares those that started first',
      { a: [running('young', 'a', { started: 60, cpu: '2' }), running('old', 'a', { started: 1, cpu: '2' })] },
      [],
      '2',
      'a',
      ['young'],
    ],
    [
      'prefers the node where no budget is broken',
      { a: four('a', { app: 'guarded' }), b: four('b', { priority: 900 }) },
      [aBudget('shop', 'guarded', { app: 'guarded' }, 0)],
      '1',
      'b',
      ['b-4'],
    ],
    [
      'breaks a budget where nothing else helps',
      { a: four('a', { app: 'guarded' }) },
      [aBudget('shop', 'guarded', { app: 'guarded' }, 0)],
      '1',
      'a',
      ['a-4'],
    ],
    [
      'takes the unguarded one first, although it is more important',
      {
        a: [
          running('guarded', 'a', { app: 'guarded', cpu: '2' }),
          running('free', 'a', { app: 'free', cpu: '2', priority: 10 }),
        ],
      },
      [aBudget('shop', 'guarded', { app: 'guarded' }, 0)],
      '2',
      'a',
      ['free'],
    ],
    [
      'prefers the node whose victims matter least',
      { a: four('a', { priority: 100 }), b: four('b', { priority: 50 }) },
      [],
      '1',
      'b',
      ['b-4'],
    ],
    ['prefers fewer victims', { a: four('a', {}), b: [running('b-1', 'b', { cpu: '4' })] }, [], '4', 'b', ['b-1']],
    [
      'prefers the node whose victims started last',
      { a: four('a', { started: 1 }), b: four('b', { started: 90 }) },
      [],
      '1',
      'b',
      ['b-4'],
    ],
    ['takes the first of equals', { b: four('b', {}), a: four('a', {}) }, [], '1', 'b', ['b-4']],
  ])('%s', (_, nodes, budgets, cpu, room, victims) => {
    const { simulation, preemption } = worldOf(nodes, budgets);
    const eviction = finish(preemption.evict(newcomer(simulation, cpu)));
    expect(eviction?.room ?? null).toBe(room);
    expect(namesOf(eviction?.victims)).toEqual(victims);
  });

  it.each<[string, PodSpec]>([
    ['that never preempts', { preemptionPolicy: 'Never' }],
    ['whose node selector no node meets', { nodeSelector: { disk: 'nvme' } }],
    ['of the lowest priority', { priority: 0 }],
  ])('%s: nobody goes', (_, more) => {
    const { simulation, preemption } = worldOf({ a: four('a', {}) });
    expect(finish(preemption.evict(newcomer(simulation, '1', more)))).toBeNull();
  });

  it('takes one place after the other, until all are its own', () => {
    const { simulation, preemption } = worldOf({ a: four('a', {}), b: four('b', {}) });
    const needs = newcomer(simulation, '2');
    const rooms = Array.from({ length: 5 }, () => finish(preemption.evict(needs))?.room ?? null);
    expect(rooms.filter((room) => room !== null)).toHaveLength(4);
    expect(rooms.at(-1)).toBeNull();
    expect(simulation.freeOf('a', 'cpu') + simulation.freeOf('b', 'cpu')).toBe(0);
  });

  it('spends each budget once over all nodes', () => {
    const { simulation, preemption } = worldOf(
      { a: four('a', { app: 'guarded' }), b: four('b', { app: 'guarded' }), c: four('c', { priority: 900 }) },
      [aBudget('shop', 'guarded', { app: 'guarded' }, 1)],
    );
    const needs = newcomer(simulation);
    expect(finish(preemption.evict(needs))?.room).toBe('a');
    expect(finish(preemption.evict(needs))?.room).toBe('c');
  });

  it('pushes out whom its rules keep it away from, zone by zone', () => {
    const spread = { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule' };
    const { simulation, preemption } = worldOf({ a: four('a', {}), b: four('b', {}) });
    const needs = newcomer(simulation, '1', {
      topologySpreadConstraints: [{ ...spread, labelSelector: { matchLabels: { app: 'web' } } }],
    });
    const rooms = Array.from({ length: 4 }, () => finish(preemption.evict(needs))?.room);
    expect(rooms.toSorted()).toEqual(['a', 'a', 'b', 'b']);
  });
});

describe('a node that the scheduler keeps', () => {
  const leaving = (node: string): Pod[] =>
    four(node, {}).map((pod) => ({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: rfc3339(at(0)) } }));

  it('is waited for: those that are on their way out count as gone', () => {
    const { simulation, preemption } = worldOf({ a: leaving('a') });
    const needs = newcomer(simulation, '2');
    expect(preemption.await(needs, 'a')?.room).toBe('a');
    expect(preemption.await(needs, 'a')?.room).toBe('a');
    expect(preemption.await(needs, 'a')).toBeNull();
  });

  it('is no help when it is gone, or would not do', () => {
    const { simulation, preemption } = worldOf({ a: four('a', { priority: 2000 }) });
    const needs = newcomer(simulation);
    expect(preemption.await(needs, 'gone')).toBeNull();
    expect(preemption.await(needs, 'a')).toBeNull();
    expect(simulation.freeOf('a', 'cpu')).toBe(0);
  });
});
