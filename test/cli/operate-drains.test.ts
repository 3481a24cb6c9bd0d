// A person's drain against a node that others write as well: one conflict is looked at again, endless ones are told.
import { describe, expect, it } from 'vitest';
import { drainNodes } from '../../src/cli/operate/drains.ts';
import { sceneOf } from '../../src/cli/operate/scene.ts';
import type { Stage } from '../../src/cli/operate/stage.ts';
import { ClientError } from '../../src/clients/http/error.ts';
import { aConfig, aNodePolicy, noon } from '../builders.ts';
import { group, pool, steady } from '../policies/nodes/worlds.ts';

const scene = sceneOf(
  pool(3).build(),
  aConfig([], [aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 4 }] })]),
  steady(),
  noon,
);

async function drain(conflicts: number) {
  const ended = new AbortController();
  let writes = 0;
  let looks = 0;
  const patchNode = (): Promise<never> | Promise<{ metadata: { resourceVersion: string } }> => {
    writes += 1;
    return writes <= conflicts
      ? Promise.reject(new ClientError({ code: 'Conflict', source: 'kubernetes', message: 'modified' }))
      : Promise.resolve({ metadata: { resourceVersion: '2' } });
  };
  const stage = {
    look: () => {
      looks += 1;
      return Promise.resolve(scene);
    },
    writes: {
      patchNode,
      getNode: (name: string) =>
        Promise.resolve(scene.snapshot.kubernetes.nodes?.find(({ metadata }) => metadata.name === name) ?? null),
      createEvent: () => Promise.resolve(),
    },
    magnum: null,
    pause: () => {
      ended.abort();
      return Promise.resolve();
    },
    print: () => undefined,
    close: () => Promise.resolve(),
  } as unknown as Stage;
  const wish = {
    nodes: ['w-1'],
    nodeGroup: group,
    request: { by: 'wei', then: 'keep' as const, withoutRoom: false },
    wait: false,
  };
  const ending = await drainNodes(stage, scene, wish, ended.signal);
  return { ending, writes, looks };
}

describe('the first write of a drain', () => {
  it('is made again where the node was written in between', async () => {
    const { ending, writes, looks } = await drain(2);
    // the node alone is read again; the whole cluster where four looks at it were not enough
    expect([writes, looks]).toEqual([3, 0]);
    expect(ending).toMatchObject({ end: 'stopped', why: expect.stringContaining('interrupted') as string });
  });

  it('is given up, with its reason, where that does not end', async () => {
    const { ending, writes, looks } = await drain(1000);
    expect([writes, looks]).toEqual([32, 7]);
    expect(ending).toMatchObject({ end: 'stopped', why: expect.stringContaining('Conflict') as string });
  });
});
