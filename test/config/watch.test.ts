// Watching a real directory on a virtual clock: what is taken over, what is refused.
import { rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, loadFiles } from '../../src/config/load.ts';
import { directorySource, reloadFiles, watchConfig, type Reload } from '../../src/config/watch.ts';
import { seconds, type Instant } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { goodTexts, inMemory, newDirectory, writeTexts } from './files.ts';

const web = goodTexts['policies/web.yaml'] ?? '';

describe('watchConfig', () => {
  it('sees an edit, keeps what is refused, follows the swap of ..data, and stops', async () => {
    const directory = await newDirectory();
    await writeTexts(path.join(directory, '..one'), goodTexts);
    await writeTexts(path.join(directory, '..two'), {
      ...goodTexts,
      'policies/web.yaml': web.replace('max: 40', 'max: 50'),
    });
    await symlink('..one', path.join(directory, '..data'));
    for (const name of ['springtide.yaml', 'alerts.yaml', 'policies'])
      await symlink(`..data/${name}`, path.join(directory, name));

    const clock = new VirtualClock(0 as Instant);
    const stop = new AbortController();
    let heard: (reload: Reload) => void = () => undefined;
    const next = async (): Promise<Reload> => {
      const reload = new Promise<Reload>((resolve) => (heard = resolve));
      clock.advance(seconds(5));
      return reload;
    };
    const start = await loadConfig(directory);
    const watching = watchConfig([directorySource(directory)], start, { clock, signal: stop.signal }, (reload) =>
      heard(reload),
    );

    await symlink('..two', path.join(directory, '..new'));
    await rename(path.join(directory, '..new'), path.join(directory, '..data'));
    const swapped = await next();
    expect(swapped.result.config?.podPolicies[0]?.spec.replicas.max).toBe(50);

    await writeTexts(path.join(directory, '..two'), { 'policies/web.yaml': web.replace('max: 40', 'max: none') });
    const broken = await next();
    expect(broken.refused).toBe(false);
    expect(broken.result.config?.podPolicies[0]?.spec.replicas.max).toBe(50);
    expect(broken.result.problems).toHaveLength(1);

    await rm(path.join(directory, '..two'), { recursive: true });
    const gone = await next();
    expect([gone.refused, gone.result.config?.hash]).toEqual([false, swapped.result.config?.hash]);

    stop.abort();
    await watching;
  });
});

describe('reloadFiles', () => {
  it('refuses no documents at all where there were some', () => {
    const current = loadFiles(inMemory(goodTexts));
    const { refused, result } = reloadFiles(inMemory({}), {}, current);
    expect([refused, result.config, result.problems.map(({ code }) => code)]).toEqual([
      true,
      current.config,
      ['ConfigEmpty'],
    ]);
  });
});
