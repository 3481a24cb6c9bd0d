// A person's drain, look by look: the daemon's own machine says what comes next, the node keeps where it stands, and who asked.
import { drainStep } from '../../actuators/drain.ts';
import { resizeGroup } from '../../actuators/node-pool.ts';
import type { Moment } from '../../actuators/actuator.ts';
import { ClientError } from '../../clients/http/error.ts';
import { drainOf } from '../../model/drain-record-on.ts';
import { drainAnnotation, type DrainRequest } from '../../model/drain-record.ts';
import type { Memory, NodeMemory } from '../../model/memory.ts';
import type { DrainStep } from '../../model/plan.ts';
import { fillText, type Texts } from '../../model/texts.ts';
import { seconds, type Instant } from '../../model/units.ts';
import { continueDrains } from '../../policies/nodes/drains.ts';
import { resizedOver } from '../../policies/nodes/foreign-update.ts';
import type { GroupState } from '../../policies/nodes/group-state.ts';
import { statusBarrier } from '../../policies/nodes/growth-barrier.ts';
import { serverIdOf } from '../../policies/nodes/membership.ts';
import { movabilityOf } from '../../policies/nodes/movable.ts';
import { isMirror, isOfDaemonSet } from '../../policies/pod-facts.ts';
import { movingFrom } from './checks.ts';
import { groupOf, nodeIn, rulesIn, type Scene } from './scene.ts';
import { clusterOf, personsDecision, type Stage } from './stage.ts';

export interface Wish {
  readonly nodes: readonly string[];
  readonly nodeGroup: string;
  readonly request: DrainRequest;
  /** false: Magnum's word that it has taken the resize is enough */
  readonly wait: boolean;
}

export type Ending =
  | { readonly end: 'done' }
  /** nothing is undone: the same call goes on where it stopped */
  | { readonly end: 'stopped'; readonly why: string };

/** What the scheduler had in flight when the taint came has arrived by then. */
const placedWithin = seconds(5);

const message = ({ request }: Wish): string => `asked for by ${request.by} (springtide drain)`;

/** Looks at a node that others write all the time, its kubelet for one. */
const mostLooks = 8;

/** A drain that is under way becomes the person's own; else it begins. Null where it has; else why not. */
async function begin(
  stage: Stage,
  first: Scene,
  wish: Wish,
  name: string,
  signal: AbortSignal,
): Promise<string | null> {
  let scene = first;
  for (let looks = 1; ; looks += 1) {
    const tried = await tryToBegin(stage, scene, wish, name, {
      now: scene.now,
      signal,
      cluster: clusterOf(scene),
    });
    if (tried === null || tried.code !== 'Conflict' || looks === mostLooks || signal.aborted)
      return tried === null ? null : `${name}: ${tried.code} ${tried.message}`.trim();
    scene = await stage.look();
  }
}

interface NotBegun {
  readonly code: string;
  readonly message: string;
}

async function tryToBegin(
  stage: Stage,
  scene: Scene,
  wish: Wish,
  name: string,
  moment: Moment,
): Promise<NotBegun | null> {
  const node = nodeIn(scene, name);
  const group = groupOf(scene, name);
  if (node === null || group === null) return null;
  const record = drainOf(node);
  if (record === null) {
    const step: DrainStep = {
      step: 'begin',
      node: name,
      serverId: serverIdOf(node) ?? '',
      nodeGroup: group.policy.name,
      request: wish.request,
    };
    const outcome = await drainStep(stage.writes, personsDecision(group, group.count, message(wish)), step, moment);
    return outcome?.status === 'succeeded' ? null : { code: outcome?.code ?? '', message: outcome?.message ?? '' };
  }
  const { by, then } = record.request ?? {};
  if (record.step === 'removing' || (by === wish.request.by && then === wish.request.then)) return null;
  // Those that it began with are chosen anew, if they are not marked yet: a person's drain waits for nobody.
  const claimed = { ...record, batch: undefined, request: wish.request };
  try {
    await stage.writes.patchNode(
      name,
      { annotations: { [drainAnnotation]: JSON.stringify(claimed) } },
      { resourceVersion: node.metadata.resourceVersion },
    );
    return null;
  } catch (thrown) {
    if (thrown instanceof ClientError && thrown.code === 'Conflict')
      return { code: thrown.code, message: thrown.message };
    throw thrown;
  }
}

/** Those that have to leave before it is empty; static pods, DaemonSets' and those as good as gone do not. */
function podsLeft(scene: Scene, group: GroupState, name: string): number {
  const rules = rulesIn(scene, group);
  const counts = (scene.podsOn.get(name) ?? []).filter(
    (pod) => !isMirror(pod) && !isOfDaemonSet(pod) && movabilityOf(pod, rules).move !== 'ignore',
  );
  return counts.length;
}

function progressOf(scene: Scene, group: GroupState, name: string, texts: Texts): string {
  const record = drainOf(nodeIn(scene, name) ?? { metadata: { name } });
  if (record?.step === 'removing')
    return fillText(texts, 'cli.operate.removing', { node: name, server: record.serverId });
  const { waitsFor, blocked } = movingFrom(scene, group, name);
  const held = [...waitsFor, ...blocked.map(({ pod, reason }) => `${pod} ${reason}`)];
  const off = group.switches.shrink;
  const facts = { node: name, pods: podsLeft(scene, group, name), by: held.join(', ') };
  if (off !== null) return fillText(texts, 'cli.operate.heldBySwitch', { ...facts, by: `${off.by}: ${off.why}` });
  return fillText(texts, held.length === 0 ? 'cli.operate.podsLeft' : 'cli.operate.podsHeld', facts);
}

/** What the machine remembers from look to look; the rest stands on the nodes. */
interface Timers {
  /** by the node's name, or the group's: a line is printed when it changes */
  readonly told: Map<string, string>;
  readonly begun: Instant;
  lastLook: Instant | null;
  /** when the group was last seen in the middle of an update; null: not by this one */
  updatingAt: Instant | null;
  nodes: Record<string, NodeMemory>;
}

function tell(stage: Stage, { told }: Timers, key: string, line: string): void {
  if (told.get(key) !== line) stage.print(line);
  told.set(key, line);
}

const memoryFor = ({ memory }: Scene, timers: Timers): Memory => ({
  ...memory,
  lastTick: timers.lastLook,
  steadySince: timers.begun,
  nodes: timers.nodes,
});

type Round = Ending | { readonly end: null };

async function carryOn(stage: Stage, scene: Scene, wish: Wish, timers: Timers, signal: AbortSignal): Promise<Round> {
  const { now, podsOn, snapshot, config } = scene;
  const group = scene.groups.find(({ policy }) => policy.name === wish.nodeGroup);
  const unusable = scene.unusable.find(({ policy }) => policy.name === wish.nodeGroup);
  // Magnum that does not answer for a moment stops nobody who only drains; the next look may see it again.
  if (group === undefined) return unusable === undefined ? { end: 'stopped', why: wish.nodeGroup } : { end: null };
  const mine = group.nodes.filter(({ metadata }) => wish.nodes.includes(metadata.name));
  if (mine.length === 0) return { end: 'done' };
  const draining = mine.filter((node) => drainOf(node) !== null);
  if (draining.length === 0 && timers.lastLook !== null)
    return {
      end: 'stopped',
      why: fillText(config.texts, 'cli.operate.takenBack', {
        node: mine.map(({ metadata }) => metadata.name).join(', '),
      }),
    };
  if (group.updating) timers.updatingAt = now;
  const { updatingAt } = timers;
  const seen = updatingAt === null ? group.memory : { ...group.memory, updatingAt };
  const { steps, remove, emptySince } = continueDrains({
    group: { ...group, draining, memory: seen },
    podsOn,
    rules: rulesIn(scene, group),
    servers: snapshot.nova.servers,
    memory: memoryFor(scene, timers),
    // Whoever asks for it has said so: nothing of it is taken back for others.
    needOf: () => null,
    needed: new Set(),
    stuck: new Map(),
    unready: null,
    now,
  });
  timers.lastLook = now;
  timers.nodes = Object.fromEntries(
    [...emptySince].map(([name, at]) => [name, { ready: true, unneededSince: null, emptySince: at }]),
  );
  const moment: Moment = { now, signal, cluster: clusterOf(scene) };
  for (const step of steps) {
    // What the timeouts say is the daemon's to act on, and above all that another server has left: it must remember that.
    if (step.step === 'rollBack')
      return { end: 'stopped', why: `${step.node}: ${step.reason} ${step.by ?? ''}`.trim() };
    const outcome = await drainStep(stage.writes, personsDecision(group, group.count, message(wish)), step, moment);
    if (outcome?.status === 'failed')
      stage.print(`${step.node}: ${outcome.code ?? ''} ${outcome.message ?? ''}`.trim());
  }
  if (wish.request.then === 'keep') {
    const isEmpty = draining.every(
      (node) =>
        podsLeft(scene, group, node.metadata.name) === 0 && now >= (drainOf(node)?.startedAt ?? now) + placedWithin,
    );
    return isEmpty && draining.length === wish.nodes.length ? { end: 'done' } : { end: null };
  }
  if (remove.length === 0 || stage.magnum === null) return { end: null };
  const busy = group.updating ? (group.magnum.status ?? '') : statusBarrier(group, snapshot.magnum.cluster)?.by;
  if (busy !== undefined) {
    const facts = { group: wish.nodeGroup, what: busy };
    tell(stage, timers, wish.nodeGroup, fillText(config.texts, 'cli.operate.waitsForMagnum', facts));
    return { end: null };
  }
  const to = group.count - remove.length;
  const decision = personsDecision(group, group.count, message(wish), {
    to,
    remove,
    over: resizedOver(group, snapshot.magnum.cluster),
  });
  const outcome = await resizeGroup({ magnum: stage.magnum, nodes: stage.writes }, decision, moment);
  const sent = fillText(
    config.texts,
    outcome.status === 'succeeded' ? 'cli.operate.resizeSent' : 'cli.operate.resizeNotSent',
    {
      group: wish.nodeGroup,
      from: group.count,
      to,
      node: remove.map(({ node }) => node).join(', '),
      why: `${outcome.code ?? ''} ${outcome.message ?? ''}`.trim(),
    },
  );
  tell(stage, timers, wish.nodeGroup, sent);
  if (outcome.status === 'failed') return { end: 'stopped', why: `${outcome.code ?? ''} ${outcome.message ?? ''}` };
  // Refused: the world had moved, and the next look may find it at rest.
  return outcome.status === 'succeeded' && !wish.wait ? { end: 'done' } : { end: null };
}

/** Until all of them are drained, or given back; or until somebody ends it, and then all that was done stays. */
export async function drainNodes(stage: Stage, first: Scene, wish: Wish, signal: AbortSignal): Promise<Ending> {
  const { texts } = first.config;
  for (const name of wish.nodes) {
    const failed = await begin(stage, first, wish, name, signal);
    if (failed !== null) return { end: 'stopped', why: failed };
  }
  const timers: Timers = { told: new Map(), begun: first.now, lastLook: null, updatingAt: null, nodes: {} };
  while (!signal.aborted) {
    await stage.pause(signal).catch(() => undefined);
    if (signal.aborted) break;
    const scene = await stage.look();
    for (const name of wish.nodes) {
      const group = groupOf(scene, name);
      if (group === null) continue;
      tell(stage, timers, name, progressOf(scene, group, name, texts));
    }
    const round = await carryOn(stage, scene, wish, timers, signal);
    if (round.end !== null) return round;
  }
  return { end: 'stopped', why: fillText(texts, 'cli.operate.interrupted') };
}

/** Back to work, by a person's word only. */
export async function undoDrain(stage: Stage, scene: Scene, name: string, by: string): Promise<Ending> {
  const node = nodeIn(scene, name);
  const record = node === null ? null : drainOf(node);
  if (node === null || record === null || record.step === 'removing')
    return { end: 'stopped', why: record === null ? `${name}: -` : `${name}: removing, ${record.serverId}` };
  const group = groupOf(scene, name);
  const owner = group ?? { policy: { name: record.nodeGroup }, document: { metadata: { name: '' } } };
  const step: DrainStep = { step: 'rollBack', node: name, reason: 'NeededAgain', by };
  const moment: Moment = { now: scene.now, signal: new AbortController().signal, cluster: clusterOf(scene) };
  const outcome = await drainStep(
    stage.writes,
    personsDecision(owner, group?.count ?? 0, `taken back by ${by}`),
    step,
    moment,
  );
  return outcome?.status === 'succeeded'
    ? { end: 'done' }
    : { end: 'stopped', why: `${outcome?.code ?? ''} ${outcome?.message ?? ''}`.trim() };
}
