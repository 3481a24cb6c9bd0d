// npm run bench -- state: what a memory in Kubernetes writes to etcd in an hour, at 1,000 policies and 200 nodes.
import type { OwnObject, OwnObjects } from '../dist/clients/kubernetes/own-objects.js';
import type { Clock } from '../dist/clock.js';
import { emptyGroupMemory, type Memory, type NodeMemory } from '../dist/model/memory.js';
import type { Outcome } from '../dist/model/outcome.js';
import { later, minutes, seconds, type Instant } from '../dist/model/units.js';
import { decide } from '../dist/policies/decide.js';
import { record } from '../dist/policies/record.js';
import { memoryInKubernetes } from '../dist/state/memory-in-kubernetes.js';
import { instant, look } from './pods-look.ts';
import { configOf } from './pods-policies.ts';
import { BenchWorld } from './pods-world.ts';
import { percentile, type Figure, type Report } from './report.ts';

const namespaces = 10;
const appsEach = 100;
const nodeCount = 200;
const ticks = 240;
const warm = 40;
const bar = 50;
/** managedFields, and what else the API server adds to an object */
const added = 400;

interface Etcd {
  readonly own: OwnObjects;
  bytes: number;
  writes: number;
  /** of what is kept now */
  size(): number;
}

/** As the API server stores it, and a little more: text and not protobuf, base64 and not bytes. */
const sizeOf = (object: OwnObject): number => JSON.stringify(object).length + added;

function etcd(): Etcd {
  const objects = new Map<string, OwnObject>();
  let version = 0;
  const put = (object: OwnObject): Promise<OwnObject> => {
    version += 1;
    const { name } = object.metadata;
    const stored = { ...object, metadata: { ...object.metadata, uid: name, resourceVersion: String(version) } };
    objects.set(name, stored);
    counted.bytes += sizeOf(stored);
    counted.writes += 1;
    return Promise.resolve(stored);
  };
  const no = (): never => {
    throw new Error('the bench does not ask for it');
  };
  const counted: Etcd = {
    own: {
      get: (_kind, _namespace, name) => Promise.resolve(objects.get(name) ?? null),
      list: () => Promise.resolve({ items: [...objects.values()], resourceVersion: String(version) }),
      create: put,
      replace: put,
      remove: no,
      watch: no,
    },
    bytes: 0,
    writes: 0,
    size: () => [...objects.values()].reduce((sum, object) => sum + sizeOf(object), 0),
  };
  return counted;
}

/** Every fourth node is needed and not needed in turns, some are drained, and each group grows every few minutes. */
function nodesAt(tick: number, now: Instant): Pick<Memory, 'nodes' | 'groups'> {
  const nodes: Record<string, NodeMemory> = {};
  for (let index = 0; index < nodeCount; index++) {
    const turn = Math.floor((tick + index * 7) / 12);
    const began = later(now, seconds(-15 * ((tick + index * 7) % 12)));
    const isUnneeded = index % 4 === 0 && turn % 2 === 0;
    nodes[`node-${index}`] = {
      unneededSince: isUnneeded ? began : null,
      emptySince: isUnneeded && index % 20 === 0 ? began : null,
      ready: true,
    };
  }
  const step = Math.floor(tick / 20);
  const lastGrowth = instant(step * 20);
  const workers = { ...emptyGroupMemory, lastGrowth, seenCount: nodeCount + step, bootTimes: [seconds(180)] };
  return { nodes, groups: { workers, spare: emptyGroupMemory } };
}

interface Hour {
  readonly megabytes: number;
  readonly writesASecond: number;
  readonly mostATick: number;
  readonly kept: number;
  readonly cpu: readonly number[];
}

async function hour(changes: boolean): Promise<Hour> {
  const config = configOf('explicit', namespaces, appsEach);
  const world = new BenchWorld(namespaces, appsEach);
  const kept = etcd();
  let now = instant(0);
  const clock: Clock = { now: () => now, after: () => () => undefined };
  const log = { warn: () => undefined, error: () => undefined };
  const store = memoryInKubernetes({ own: kept.own, namespace: 'springtide', clock, log, instance: 'bench' });
  let memory: Memory = await store.load();
  let snapshot: ReturnType<typeof look>['snapshot'] | null = null;
  const cpu: number[] = [];
  let [bytes, writes, mostATick] = [0, 0, 0];
  for (let tick = 0; tick < warm + ticks; tick++) {
    now = instant(tick);
    const isStill = !changes && tick >= warm / 2;
    if (!isStill || snapshot === null) snapshot = look(world, config, now, 'text').snapshot;
    if (isStill) memory = { ...memory, lastTick: now };
    else {
      const decided = decide(snapshot, config, memory, now);
      const outcomes: Outcome[] = [];
      for (const decision of decided.plan.pods)
        if (decision.action === 'scale' && decision.mode === 'act') outcomes.push(world.carryOut(decision, now));
      memory = { ...record(decided.memory, outcomes, now), ...nodesAt(tick, now) };
    }
    if (tick === warm) [kept.bytes, kept.writes] = [0, 0];
    const before = kept.bytes;
    const began = process.cpuUsage();
    await store.save(memory);
    const { user, system } = process.cpuUsage(began);
    if (tick < warm) continue;
    cpu.push((user + system) / 1000);
    mostATick = Math.max(mostATick, kept.bytes - before);
  }
  [bytes, writes] = [kept.bytes, kept.writes];
  return {
    megabytes: bytes / 1e6,
    writesASecond: writes / (minutes(60) / 1000),
    mostATick: mostATick / 1e6,
    kept: kept.size() / 1e6,
    cpu,
  };
}

export async function state(): Promise<Report> {
  const changing = await hour(true);
  const idle = await hour(false);
  const figures: readonly Figure[] = [
    { name: 'policies', value: namespaces * appsEach, unit: '' },
    { name: 'nodes', value: nodeCount, unit: '' },
    { name: 'changing load: written in an hour', value: changing.megabytes, unit: 'MB', bar },
    { name: 'changing load: writes a second', value: changing.writesASecond, unit: '' },
    { name: 'changing load: most in one tick', value: changing.mostATick, unit: 'MB' },
    { name: 'changing load: kept at the end', value: changing.kept, unit: 'MB', bar: 2 },
    { name: 'changing load: CPU of a save, p50', value: percentile(changing.cpu, 0.5), unit: 'ms' },
    { name: 'idle: written in an hour', value: idle.megabytes, unit: 'MB' },
    { name: 'idle: writes a second', value: idle.writesASecond, unit: '' },
  ];
  return { bench: 'state', node: process.versions.node, figures };
}
