// A person's drain and resize before anything is written: the checks by name, and who would leave.
import { describe, expect, it } from 'vitest';
import { judgeDrain, passes } from '../../src/cli/operate/checks.ts';
import { growthChecks } from '../../src/cli/operate/growth-checks.ts';
import { sceneOf, type Scene } from '../../src/cli/operate/scene.ts';
import { chooseVictims } from '../../src/cli/operate/victims.ts';
import type { ControlFacts, Snapshot } from '../../src/model/snapshot.ts';
import type { Pod } from '../../src/model/kubernetes.ts';
import type { GroupState } from '../../src/policies/nodes/group-state.ts';
import { emptyGroupMemory, type FailedDrain, type SentResize } from '../../src/model/memory.ts';
import {
  aBudget,
  aConfig,
  aNode,
  aNodeGroup,
  aNodePolicy,
  aPod,
  aReplicaSet,
  at,
  noon,
  podsOf,
  serverId,
} from '../builders.ts';
import { group, pool, steady, workers } from '../policies/nodes/worlds.ts';

const policy = aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 4 }], mode: 'dryRun' });
const given = (pods: readonly Pod[], more: Partial<Snapshot> = {}, budgets = 1): Scene => {
  const snapshot = pool(3)
    .replicaSets(aReplicaSet('shop', 'web'))
    .kubernetes({ poddisruptionbudgets: [aBudget('shop', 'web', { app: 'web' }, budgets)] })
    .pods(...pods)
    .build();
  return sceneOf({ ...snapshot, ...more }, aConfig([], [policy]), steady(), noon);
};
function groupIn({ groups }: Scene): GroupState {
  const [first] = groups;
  if (first === undefined) throw new Error('no group');
  return first;
}
const web = podsOf('web', { 'w-1': 1, 'w-2': 2 }, { cpu: '1' });
const wish = { then: 'keep', withoutRoom: false } as const;
const refusedIn = (scene: Scene, node: string, then: 'keep' | 'remove' = 'keep'): readonly string[] =>
  judgeDrain(scene, node, { ...wish, then }).checks.flatMap(({ name, state }) => (state === 'refused' ? [name] : []));

describe('judgeDrain', () => {
  it('lets a node go whose pods have room, also where the policy only rehearses', () => {
    const { checks } = judgeDrain(given(web), 'w-1', wish);
    expect([passes(checks), checks.map(({ name }) => name)]).toEqual([
      true,
      ['node', 'group', 'server', 'switch', 'pods', 'budgets', 'room'],
    ]);
  });

  it('waits for a budget that allows none now', () => {
    const { checks } = judgeDrain(given(web, {}, 0), 'w-1', wish);
    expect(checks.find(({ name }) => name === 'budgets')).toEqual({ name: 'budgets', state: 'warn', what: 'shop/web' });
  });

  const stop: ControlFacts = { off: ['nodes.shrink'], until: null, by: 'li', why: 'a freeze', releasedAt: null };
  it.each([
    ['a pod that nobody would start again', given([aPod('lone').on('w-1').ready().build()]), 'w-1', ['pods']],
    ['pods without room', given(podsOf('web', { 'w-1': 1, 'w-2': 1, 'w-3': 1 }, { cpu: '3' })), 'w-1', ['room']],
    ['the switch', given(web, { control: stop }), 'w-1', ['switch']],
    ['a node that is not there', given(web), 'w-9', ['node']],
  ])('refuses for %s', (_, scene, node, expected) => {
    expect(refusedIn(scene, node)).toEqual(expected);
  });

  it('asks more before a VM is given back', () => {
    const { checks } = judgeDrain(given(web), 'w-1', { ...wish, then: 'remove' });
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['others', 'window', 'minimum', 'status', 'proof']),
    );
  });
});

describe('chooseVictims', () => {
  it('takes the emptiest first, all of their pods having a place together', () => {
    expect(chooseVictims(given(web), groupIn(given(web)), 2).nodes).toEqual(['w-3', 'w-1']);
  });

  it('says of the others why they stay', () => {
    const scene = given([...web, aPod('lone').on('w-3').ready().build()]);
    const { nodes, kept } = chooseVictims(scene, groupIn(scene), 3);
    expect(nodes).not.toContain('w-3');
    expect(kept).toContainEqual({ node: 'w-3', reason: 'NotReplicated', by: 'shop/lone' });
  });
});

it('a node whose drain has failed lately is chosen after all others', () => {
  const failed: FailedDrain = { at: noon, code: 'DrainTimedOut', message: '', step: 'rollBack', times: 1 };
  const scene = sceneOf(
    pool(3).build(),
    aConfig([], [policy]),
    steady({ failedDrains: { 'w-1': failed, 'w-2': { ...failed, at: at(-1800) } } }),
    noon,
  );
  expect(chooseVictims(scene, groupIn(scene), 2).nodes).toEqual(['w-2', 'w-3']);
  expect(chooseVictims(scene, groupIn(scene), 3).nodes).toEqual(['w-2', 'w-3', 'w-1']);
});

describe('growthChecks', () => {
  const refused = (scene: Scene, to: number): readonly string[] =>
    growthChecks(scene, groupIn(scene), to).flatMap(({ name, state }) => (state === 'refused' ? [name] : []));

  it('lets a group grow to its maximum and no further, and asks for the quota before', () => {
    const nova = { limits: { maxTotalInstances: 10, totalInstancesUsed: 10 } };
    expect([refused(given(web), 4), refused(given(web), 5), refused(given(web, { nova }), 4)]).toEqual([
      [],
      ['maximum', 'limits'],
      ['limits'],
    ]);
  });

  it('counts a group that cannot be read as it was last known, and says so', () => {
    const spare = { name: 'spare', min: 0, max: 9 };
    const limited = (limits: object, sent: SentResize | null = null): Scene => {
      const nodes = [...workers(3), aNode('s-1').inGroup('spare').build(), aNode('s-2').inGroup('spare').build()];
      const memory = steady();
      const groups = { ...memory.groups, spare: { ...emptyGroupMemory, sent } };
      return sceneOf(
        pool(3, nodes)
          .failing({ source: 'magnum', what: 'nodegroup spare', code: 'ServerFault', message: '500' })
          .build(),
        aConfig([], [aNodePolicy({ nodeGroups: [{ name: group, min: 1, max: 9 }, spare], limits })]),
        { ...memory, groups },
        noon,
      );
    };
    const limitsOf = (scene: Scene, to: number) =>
      growthChecks(scene, groupIn(scene), to).find(({ name }) => name === 'limits');
    expect(limitsOf(limited({ nodes: 6 }), 4)).toMatchObject({
      state: 'warn',
      what: expect.stringContaining('spare: MagnumUnreadable, 2') as string,
    });
    expect(limitsOf(limited({ nodes: 6 }), 5)).toMatchObject({
      state: 'refused',
      what: expect.stringMatching(/^LimitReached .*limits.nodes 6; spare: MagnumUnreadable, 2$/) as string,
    });
    const sent: SentResize = { at: noon, from: 2, to: 5, remove: [], begun: true };
    expect(limitsOf(limited({ nodes: 8 }, sent), 4)?.state).toBe('refused');
    expect(limitsOf(limited({ nodes: 9 }, sent), 4)?.state).toBe('warn');
  });

  it.each([
    ['the daemon’s memory tells of', true],
    ['only its node tells of', false],
  ])('does not order over a removal under way that %s', (_, remembered) => {
    const record = { startedAt: at(-300), step: 'removing', removingAt: at(-30), countAfter: 2 } as const;
    const sent = { at: at(-30), from: 3, to: 2, remove: [{ node: 'w-3', serverId: serverId(3) }], begun: true };
    const shown = { status: 'UPDATE_IN_PROGRESS' };
    const snapshot = pool(2, [...workers(2), aNode('w-3').leaving(record).build()])
      .groups(aNodeGroup(group, 2, shown))
      .cluster(shown)
      .build();
    const scene = sceneOf(snapshot, aConfig([], [policy]), remembered ? steady({ sent }) : steady(), noon);
    expect(refused(scene, 4)).toEqual(['status']);
  });
});
