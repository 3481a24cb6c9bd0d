// One tick of a cluster that shrinks, and what no tick may do: to pods, to budgets, to the group, whoever acts beside it.
import { expect } from 'vitest';
import type { Plan } from '../../../../src/model/plan.ts';
import { isLeaving } from './budgets.ts';
import { marksOf, type Mishap } from './cloud.ts';
import type { DrawnShrinking } from './drawn-shrinking.ts';
import type { Shrinking } from './shrinking.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const drainTimeout = 180_000;
const lookAgainAfter = 5_000;

/** Nobody begins with a node that cannot end: what may not move, what two budgets cover, or more than a budget allows at once. */
function expectSoundBegins(plan: Plan, world: Shrinking, drawn: DrawnShrinking): void {
  const { budgets, members, pods } = world.cloud;
  for (const { drains, nodeGroup } of plan.nodes) {
    const begun = drains.flatMap((step) => (step.step === 'begin' ? [step] : []));
    if (begun.length === 0) continue;
    const standing = members.filter(({ node, group }) => group === nodeGroup && marksOf(node) === null).length;
    expect(standing - begun.length).toBeGreaterThanOrEqual(drawn.groups[Number(nodeGroup.slice(1))]?.min ?? 0);
    for (const { node, serverId } of begun)
      expect(members.find((one) => one.node.metadata.name === node)?.server).toBe(serverId);
  }
  const names = new Set(
    plan.nodes.flatMap(({ drains }) => drains.flatMap((step) => (step.step === 'begin' ? [step.node] : []))),
  );
  const going = pods.filter((pod) => names.has(pod.spec?.nodeName ?? '') && !isLeaving(pod));
  expect(going.filter((pod) => !world.mayMove(pod) || budgets.of(pod).length > 1)).toEqual([]);
  for (const [budget, allowed] of budgets.standing) {
    const covered = going.filter((pod) => budgets.of(pod).includes(budget));
    const homes = new Set(covered.map(({ spec }) => spec?.nodeName));
    // Those of one node leave one after the other.
    expect(Math.min(covered.length, homes.size > 1 ? Infinity : 1)).toBeLessThanOrEqual(allowed);
  }
}

function expectSoundEvictions(world: Shrinking, from: number): void {
  for (const { pod, node, answer, at } of world.cloud.evictions.slice(from)) {
    const name = pod.metadata.name;
    const marks = node === null ? null : marksOf(node);
    expect({ name, mayMove: world.mayMove(pod) }).toEqual({ name, mayMove: true });
    expect({ name, step: marks?.step, cordoned: node?.spec?.unschedulable }).toEqual({
      name,
      step: 'draining',
      cordoned: true,
    });
    expect(at - (marks?.startedAt ?? Infinity)).toBeGreaterThanOrEqual(lookAgainAfter);
    expect(marks?.batch === undefined || marks.batch.sealed === true).toBe(true);
    expect(answer).not.toBe('severalBudgets');
  }
}

function expectSoundResizes(world: Shrinking, drawn: DrawnShrinking, from: number): void {
  const sent = world.cloud.resizes.slice(from);
  expect(new Set(sent.map(({ group }) => group)).size).toBe(sent.length);
  for (const { group, from: before, to, remove, over, victims, pods } of sent) {
    const { nodes, min } = drawn.groups[Number(group.slice(1))] ?? { nodes: 0, min: 0 };
    if (remove.length === 0) {
      expect(to).toBeGreaterThan(before);
      expect(to).toBeLessThanOrEqual(Math.max(nodes + 2, before));
      continue;
    }
    expect(over).toBe('UPDATE_COMPLETE');
    expect(remove.filter((id) => !uuid.test(id))).toEqual([]);
    expect(new Set(remove).size).toBe(remove.length);
    expect(victims).toHaveLength(remove.length);
    expect(to).toBe(before - remove.length);
    expect(to).toBeGreaterThanOrEqual(min);
    expect(victims.map((node) => marksOf(node)).map((marks) => [marks?.step, marks?.countAfter])).toEqual(
      victims.map(() => ['removing', to]),
    );
    expect(pods.map(({ metadata }) => metadata.name)).toEqual([]);
  }
}

/** Who is still to be moved when the time is over stays: the node is back at work. What is drained may wait for Magnum. */
function expectInTime({ cloud }: Shrinking): void {
  for (const node of cloud.nodes) {
    const marks = marksOf(node);
    if (marks?.step !== 'draining' || !cloud.pods.some(({ spec }) => spec?.nodeName === node.metadata.name)) continue;
    expect(cloud.now - marks.startedAt).toBeLessThanOrEqual(drainTimeout);
  }
}

/** null: the process died in it. */
export async function soundTick(
  world: Shrinking,
  drawn: DrawnShrinking,
  mishap: Mishap | null = null,
): Promise<Plan | null> {
  const { cloud } = world;
  const [evictions, resizes] = [cloud.evictions.length, cloud.resizes.length];
  const plan = await world.tick(mishap, (decided) => {
    expectSoundBegins(decided, world, drawn);
  });
  expectSoundEvictions(world, evictions);
  expectSoundResizes(world, drawn, resizes);
  // A process that dies again and again takes nothing back.
  if (plan !== null && mishap === null) expectInTime(world);
  return plan;
}

/** Nothing is half done, and nobody went down with a server. */
export function expectSettled({ cloud, leftovers, lost }: Shrinking): void {
  expect(leftovers).toEqual([]);
  expect(lost).toEqual([]);
  expect(cloud.groups.map(({ count }) => count)).toEqual(
    cloud.groups.map(({ name }) => cloud.members.filter(({ group }) => group === name).length),
  );
}
