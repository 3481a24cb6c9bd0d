// A daemon's configuration from its directory and from ConfigMaps of an API server, over its life and its restarts.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import type { Reload } from '../../src/config/watch.ts';
import { lastGoodInKubernetes } from '../../src/configuration/homes.ts';
import { openConfig, type OpenConfig } from '../../src/configuration/open.ts';
import { seconds } from '../../src/model/units.ts';
import type { KubernetesWorld } from '../../src/sandbox/kubernetes/world.ts';
import { goodTexts, newDirectory, writeTexts } from '../config/files.ts';
import { connectTo, startCluster } from './cluster.ts';

const web = goodTexts['policies/web.yaml'] ?? '';
const api = web.replaceAll('name: web', 'name: api');

/** Looks at the directory when a test lets it, and never by the time. */
class HandClock implements Clock {
  readonly #looks: (() => void)[] = [];
  readonly now = (): ReturnType<Clock['now']> => systemClock.now();
  after(delay: Parameters<Clock['after']>[0], run: () => void): () => void {
    if (delay !== seconds(5)) return systemClock.after(delay, run);
    this.#looks.push(run);
    return () => undefined;
  }
  look(): void {
    for (const run of this.#looks.splice(0)) run();
  }
}

let world: KubernetesWorld;
let directory: string;
let clock: HandClock;
const ends: (() => Promise<void>)[] = [];

beforeEach(async () => {
  clock = new HandClock();
  world = await startCluster();
  directory = await newDirectory();
  await writeTexts(directory, goodTexts);
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await world.close();
});

interface Running {
  readonly open: OpenConfig;
  /** what is done is read again: resolves with what came into force */
  after(change: () => Promise<void> | void): Promise<Reload>;
  stop(): Promise<void>;
}

/** As the daemon does it, with its state in the cluster, whatever the Daemon document says. */
async function start(): Promise<Running> {
  const stopping = new AbortController();
  const open = await openConfig({
    directory,
    clock,
    env: {},
    signal: stopping.signal,
    say: () => undefined,
    warn: () => undefined,
    connect: (place) => {
      Object.assign(place, { directory: null, kubernetes: { namespace: null } });
      return connectTo(world);
    },
  });
  let heard: (reload: Reload) => void = () => undefined;
  const following = open.follow((reload) => heard(reload));
  const stop = async (): Promise<void> => {
    stopping.abort();
    await following;
  };
  ends.push(stop);
  return {
    open,
    after: async (change) => {
      const reload = new Promise<Reload>((resolve) => (heard = resolve));
      await change();
      return reload;
    },
    stop,
  };
}

const labels = { 'springtide.io/config': 'policies' };
const put = async (place: string, text: string): Promise<void> => {
  const { own, close } = await connectTo(world);
  const [namespace = '', name = ''] = place.split('/');
  const before = await own.get('ConfigMap', namespace, name);
  const data = { 'api.yaml': text };
  if (before === null) await own.create({ kind: 'ConfigMap', metadata: { namespace, name, labels }, data });
  else await own.replace({ ...before, data });
  close();
};
const policiesOf = ({ open }: Running): readonly string[] =>
  open.config().podPolicies.map(({ metadata, spec }) => `${metadata.name} ${spec.replicas.max}`);

describe('policies in a ConfigMap', () => {
  it('are there at the start, and changed ones without waiting for the next look at the directory', async () => {
    await put('shop/policies', api);
    const running = await start();
    expect(policiesOf(running)).toEqual(['api 40', 'web 40']);
    await running.after(() => put('shop/policies', api.replace('max: 40', 'max: 50')));
    expect(policiesOf(running)).toEqual(['api 50', 'web 40']);
  });

  it('stay as they were where they are broken now, and an Event on the ConfigMap says why', async () => {
    await put('shop/policies', api);
    const running = await start();
    await running.after(() => put('shop/policies', api.replace('max: 40', 'max: many')));
    expect(policiesOf(running)).toEqual(['api 40', 'web 40']);
    expect(running.open.refused()).toEqual([
      {
        document: 'PodPolicy shop/api',
        why: expect.stringContaining('configmap shop/policies: api.yaml:12: "max"') as string,
      },
    ]);
    const isTold = (): boolean =>
      world.objects.list('events', 'shop').some((event) => JSON.stringify(event).includes('api.yaml:12:10: WrongType'));
    while (!isTold()) await new Promise((resolve) => setImmediate(resolve));
    expect(isTold()).toBe(true);
  });

  it('and in the directory are found again after a restart, though all of them are broken by then', async () => {
    await put('shop/policies', api);
    const running = await start();
    const { hash } = running.open.config();
    await running.stop();
    await put('shop/policies', 'kind: [');
    for (const file of Object.keys(goodTexts)) await writeFile(path.join(directory, file), '\tkind: [');
    const again = await start();
    expect([again.open.config().hash, again.open.refused().length]).toEqual([hash, 5]);
  });
});

describe('many policies that are gone', () => {
  it('go when a person has agreed, with the next look', async () => {
    const running = await start();
    await writeFile(path.join(directory, 'policies/web.yaml'), '');
    const refused = await running.after(() => clock.look());
    expect([policiesOf(running), refused.result.problems.map(({ code }) => code)]).toEqual([
      ['web 40'],
      ['ManyRemoved'],
    ]);
    const hash = /--confirm (\S+)/.exec(refused.result.problems[0]?.mend ?? '')?.[1] ?? '';
    const { own, close } = await connectTo(world);
    await lastGoodInKubernetes(own, 'springtide').confirm(hash, 'wei');
    close();
    await running.after(() => clock.look());
    expect([policiesOf(running), running.open.refused()]).toEqual([[], []]);
  });
});

describe('a Daemon that changes', () => {
  const daemon = goodTexts['springtide.yaml'] ?? '';
  const edited = (running: Running, text: string): Promise<Reload> =>
    running.after(async () => {
      await writeFile(path.join(directory, 'springtide.yaml'), text);
      clock.look();
    });

  it('waits for a restart where that is needed, and says so; the rest of the files counts', async () => {
    const running = await start();
    await writeFile(path.join(directory, 'policies/web.yaml'), web.replace('max: 40', 'max: 41'));
    const { result } = await edited(running, daemon.replace(/cluster: .*/, 'cluster: another'));
    expect(result.problems.map(({ code, file }) => [code, file])).toEqual([['RestartNeeded', 'springtide.yaml']]);
    expect([running.open.config().daemon.cluster === 'another', policiesOf(running)]).toEqual([false, ['web 41']]);
    await running.stop();
    expect((await start()).open.config().daemon.cluster).toBe('another');
  });

  it('is refused where its connection cannot be made, and taken when the file is there', async () => {
    const running = await start();
    const ca = path.join(directory, 'ca.crt');
    const { result } = await edited(running, daemon.replace(/( +)url: .*/, `$&\n$1tls: {caFile: ${ca}}`));
    expect(result.problems.map(({ code }) => code)).toEqual(['ConnectionUnusable']);
    await writeFile(ca, '');
    await running.after(() => clock.look());
    expect([running.open.config().daemon.prometheus.tls?.caFile, running.open.refused()]).toEqual([ca, []]);
  });
});
