// A node with fifty pods under budgets is drained while its daemon is killed on the way, and what must hold afterwards.
import { expect } from 'vitest';
import { at, numberAt } from '../servers/json.ts';
import { eventually } from '../servers/process.ts';
import { drainAnnotation, nameOf } from '../support/stage.ts';
import { budgetRecord, watch, type Watching } from '../support/watching.ts';
import { budgetOf, budgetsPath, create, podsPath } from '../support/workloads.ts';
import type { NodeDaemon } from './daemon.ts';
import type { NodeStage } from './stage.ts';

const teams = ['anna', 'bert', 'carl', 'dora', 'emil'] as const;
const podsOfTeam = 10;

export const drainPolicy = (group: string): unknown => ({
  nodeGroups: [{ name: group, min: 2, max: 4 }],
  shrink: { unneededFor: '3s', afterGrowth: '3s', afterFailure: '3s', drainTimeout: '30m', removal: 'auto' },
  mode: 'act',
});

export interface DrainStory {
  readonly victim: string;
  readonly serverId: string;
  /** Every pod of the teams, by what happened to it. */
  readonly pods: Watching;
  readonly nodes: Watching;
  readonly budgets: Watching;
  /** How many of the fifty have been asked to leave so far. */
  evicted(): number;
  /** What the node itself says of its drain; null: nothing. */
  record(): Promise<Readonly<Record<string, unknown>> | null>;
  stop(): void;
}

/** Fifty pods on the group's second node; the other two hold what cannot move, so that this one is the one to go. */
export async function setDrainStory(stage: NodeStage, group: string): Promise<DrainStory> {
  const servers = stage.servers(group);
  const [first, victim, last] = servers.map((server) => server.name);
  if (first === undefined || victim === undefined || last === undefined) throw new Error(`${group} has no three nodes`);
  for (const name of [first, last])
    await stage.deploy({ name: `ballast-${name}`, replicas: 1, cpu: '2200m', on: { 'kubernetes.io/hostname': name } });
  await Promise.all([first, last].map((name) => stage.runs(`ballast-${name}`, 1)));
  await Promise.all([first, last].map((name) => stage.cordon(name, true)));
  for (const name of teams) {
    await stage.deploy({ name, replicas: podsOfTeam, cpu: '20m', nodeGroup: group });
    await create(stage.kubernetes(), budgetsPath, budgetOf(name, podsOfTeam - 2));
  }
  await Promise.all(teams.map((name) => stage.runs(name, podsOfTeam, 60_000)));
  await Promise.all([first, last].map((name) => stage.cordon(name, false)));
  for (const name of teams)
    await eventually(`the budget of ${name} is counted`, async () => {
      const { body } = await stage.kubernetes().request('GET', `${budgetsPath}/${name}`);
      return at(body, 'status', 'currentHealthy') === podsOfTeam ? true : undefined;
    });
  const names = encodeURIComponent(`app in (${teams.join(',')})`);
  const pods = await watch(stage.kubernetes(), `${podsPath}?labelSelector=${names}`);
  const nodes = await watch(stage.kubernetes(), '/api/v1/nodes');
  const budgets = await watch(stage.kubernetes(), budgetsPath);
  const leaves = (object: unknown): boolean =>
    at(object, 'spec', 'nodeName') === victim && at(object, 'metadata', 'deletionTimestamp') !== undefined;
  return {
    victim,
    serverId: servers[1]?.server_id ?? '',
    pods,
    nodes,
    budgets,
    evicted: () => new Set(pods.events.flatMap(({ object }) => (leaves(object) ? [nameOf(object)] : []))).size,
    record: async () => {
      const text = at(await stage.node(victim), 'metadata', 'annotations', drainAnnotation);
      return typeof text === 'string' ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : null;
    },
    stop: () => [pods, nodes, budgets].forEach((one) => one.stop()),
  };
}

/** Waits until one more tick has done what it had to do: no eviction is on its way then. */
export async function betweenTicks(daemon: NodeDaemon, group: string): Promise<void> {
  const before = daemon.linesOf(group).length;
  await eventually('a tick has ended', () => (daemon.linesOf(group).length > before ? true : undefined));
}

/** Whatever happened on the way: the right server and no other, each step on the node, no budget broken, no cordon left. */
export async function expectCleanDrain(stage: NodeStage, group: string, story: DrainStory): Promise<void> {
  const { victim, serverId } = story;
  const removals = stage.resizes(group);
  expect(removals.map((call) => call.nodes_to_remove)).toEqual(removals.map(() => [serverId]));
  expect(removals.map((call) => [call.previous, call.node_count])).toEqual(removals.map(() => [3, 2]));
  expect(removals).toHaveLength(1);
  expect(stage.servers(group).map((server) => server.name)).not.toContain(victim);
  expect(stage.servers(group)).toHaveLength(2);

  const records = story.nodes.events.flatMap(({ object }) => {
    const text = at(object, 'metadata', 'annotations', drainAnnotation);
    const isOurs = nameOf(object).includes(`-${group}-node-`);
    return isOurs && typeof text === 'string' ? [{ node: nameOf(object), ...(JSON.parse(text) as object) }] : [];
  });
  expect(new Set(records.map((record) => record.node))).toEqual(new Set([victim]));
  expect(new Set(records.map((record) => at(record, 'serverId')))).toEqual(new Set([serverId]));
  expect(new Set(records.map((record) => at(record, 'startedAt'))).size).toBe(1);
  const steps = records.map((record) => at(record, 'step'));
  expect(steps.filter((step, index) => step !== steps[index - 1])).toEqual(['draining', 'removing']);

  expect([story.pods, story.nodes, story.budgets].map((one) => one.broken())).toEqual([null, null, null]);
  const ours = story.budgets.events.filter(({ object }) => teams.some((name) => name === nameOf(object)));
  const kept = budgetRecord(ours);
  stage.tell(`the budgets were seen ${kept.seen} times, ${kept.least} above their least at the tightest`);
  expect(kept.broken).toBe(0);
  expect(story.evicted()).toBe(teams.length * podsOfTeam);
  await Promise.all(teams.map((name) => stage.runs(name, podsOfTeam)));
  const left = new Set(stage.servers(group).map((server) => server.name));
  for (const node of await stage.nodes()) {
    if (!left.has(nameOf(node))) continue;
    expect(at(node, 'spec', 'unschedulable') ?? false).toBe(false);
    expect(at(node, 'spec', 'taints') ?? []).toEqual([]);
  }
  const gone = at(await stage.node(victim), 'code');
  expect(gone).toBe(404);
  expect(numberAt(await stage.magnumGroup(group), 'node_count')).toBe(2);
}
