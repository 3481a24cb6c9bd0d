// Commands beside a daemon that keeps its state in Kubernetes: the switch is a ConfigMap there, and the memory is found.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateHomes, readDaemonMemory } from '../../src/cli/state-homes.ts';
import { systemClock } from '../../src/clock.ts';
import type { DaemonSpec } from '../../src/model/config.ts';
import { emptyMemory } from '../../src/model/memory.ts';
import { memoryInKubernetes } from '../../src/state/memory-in-kubernetes.ts';
import { aDaemon, at } from '../builders.ts';
import { anOwnWorld, namespace, type OwnWorld } from '../state/own.ts';

let stage: OwnWorld;
let directory = '';
let settings: DaemonSpec;
beforeEach(async () => {
  stage = await anOwnWorld(systemClock);
  directory = mkdtempSync(path.join(tmpdir(), 'homes-'));
  const kubeconfig = path.join(directory, 'config');
  writeFileSync(kubeconfig, JSON.stringify(stage.world.kubeconfig()));
  settings = aDaemon({ kubernetes: { kubeconfig }, state: { kubernetes: { namespace } } });
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('commands beside a daemon with its state in Kubernetes', () => {
  it('switch off and on in its ConfigMap', async () => {
    const { control, where } = await openStateHomes(settings);
    expect(where).toBe('namespace springtide');
    expect(control.place).toBe('ConfigMap springtide/springtide-control');
    await control.write({ off: ['pods.down'], until: null, by: 'wei', why: 'a test', releasedAt: null });
    expect((await stage.own.get('ConfigMap', namespace, 'springtide-control'))?.data).toEqual({
      'pods.down': 'off',
      by: 'wei',
      why: 'a test',
    });
    expect((await control.read()).control?.off).toEqual(['pods.down']);
  });

  it('read its memory, and tell that there is none', async () => {
    const homes = await openStateHomes(settings);
    expect(await homes.isUsed()).toBe(false);
    const { own } = stage;
    const log = { warn: () => undefined, error: () => undefined };
    const daemon = memoryInKubernetes({ own, namespace, clock: systemClock, instance: 'a', log });
    await daemon.load();
    await daemon.save({ ...emptyMemory(), lastTick: at(1), steadySince: at(0) });
    expect(await homes.isUsed()).toBe(true);
    expect(await readDaemonMemory(settings)).toMatchObject({ lastTick: at(1) });
  });
});
