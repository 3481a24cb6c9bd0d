// A person's drain against a node that others write as well, and against a driver that takes another server than it was told.
import { describe, expect, it } from 'vitest';
import { drainNodes } from '../../src/cli/operate/drains.ts';
import { sceneOf, type Scene } from '../../src/cli/operate/scene.ts';
import type { Stage } from '../../src/cli/operate/stage.ts';
import { ClientError } from '../../src/clients/http/error.ts';
import { aConfig, aNode, aNodeGroup, aNodePolicy, at, noon, serverId } from '../builders.ts';
import { group, pool, steady, workers } from '../policies/nodes/worlds.ts';

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

const request = { by: 'wei', then: 'remove' as const, withoutRoom: false };
const config = aConfig([], [aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 4 }] })]);

/** One of three was given back at -300, of two that Magnum counts now; Nova still has it. */
function seenAt(second: number, status: string): Scene {
  const victim = aNode('w-3').leaving({
    startedAt: at(-600),
    step: 'removing',
    removingAt: at(-300),
    countAfter: 2,
    request,
  });
  const snapshot = pool(2, [...workers(2), victim.build()])
    .groups(aNodeGroup(group, 2, { status }))
    .nova({ servers: [1, 3].map((number) => ({ id: serverId(number) })) })
    .build();
  return sceneOf(snapshot, config, steady(), at(second));
}

/** The call looks at these one after the other, and is interrupted when there are no more. */
async function drainSeeing(...scenes: readonly [Scene, ...Scene[]]) {
  const written: string[] = [];
  const write = (what: string) => () => {
    written.push(what);
    return Promise.resolve(null);
  };
  const [first] = scenes;
  const left = [...scenes];
  const interrupted = new AbortController();
  const stage = {
    look: () => Promise.resolve(left.shift() ?? first),
    writes: {
      patchNode: write('patch'),
      deleteNode: write('delete'),
      evict: write('evict'),
      createEvent: write('event'),
    },
    magnum: { resize: write('resize') },
    pause: () => {
      if (left.length === 0) interrupted.abort();
      return Promise.resolve();
    },
    print: () => undefined,
    close: () => Promise.resolve(),
  } as unknown as Stage;
  const wish = { nodes: ['w-3'], nodeGroup: group, request, wait: true };
  return {
    ending: await drainNodes(stage, first, wish, interrupted.signal),
    written,
    looks: scenes.length - left.length,
  };
}

describe('a server that stays where another one has left', () => {
  it('is told, and left to the daemon, which has to remember it', async () => {
    const { ending, written } = await drainSeeing(seenAt(0, 'UPDATE_COMPLETE'), seenAt(3600, 'UPDATE_COMPLETE'));
    expect(ending).toEqual({ end: 'stopped', why: `w-3: WrongServerLeft ${serverId(3)}` });
    expect(written).toEqual([]);
  });

  it('is not said to be one within three minutes of the end of an update that took longer', async () => {
    const updating = [0, 300, 600, 900].map((second) => seenAt(second, 'UPDATE_IN_PROGRESS'));
    const quiet = [915, 1000, 1080].map((second) => seenAt(second, 'UPDATE_COMPLETE'));
    const [first = seenAt(0, ''), ...others] = [...updating, ...quiet];
    const waiting = await drainSeeing(first, ...others);
    expect([waiting.ending.end, waiting.written, waiting.looks]).toEqual(['stopped', [], 7]);
    expect(waiting.ending).not.toMatchObject({ why: expect.stringContaining('WrongServerLeft') as string });
    const ended = await drainSeeing(first, ...others, seenAt(1081, 'UPDATE_COMPLETE'));
    expect(ended.ending).toEqual({ end: 'stopped', why: `w-3: WrongServerLeft ${serverId(3)}` });
  });
});
