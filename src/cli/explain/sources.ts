// Where an explanation gets its decision from: the live cluster with the daemon's own memory, a recording, or the journal.
import path from 'node:path';
import { systemClock } from '../../clock.ts';
import { parseRecording } from '../../collectors/recording.ts';
import { groupKey, messageIn, nodeKey, podKey, type JournalEntry } from '../../journal/entry.ts';
import { inForceAt, mentionedAt, type InForce } from '../../journal/read.ts';
import type { Config, PodPolicy } from '../../model/config.ts';
import { SpringtideError } from '../../model/errors.ts';
import type { Memory } from '../../model/memory.ts';
import type { Plan, PolicyRef } from '../../model/plan.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { targetKey, type TargetKey, type TargetRef } from '../../model/target.ts';
import { rfc3339, type Instant, type Milliseconds } from '../../model/units.ts';
import { decide } from '../../policies/decide.ts';
import { bootBeforePods } from '../../policies/nodes/boot-time.ts';
import { policyFor } from '../../targets/overrides.ts';
import { selectTargets } from '../../targets/select.ts';
import { collectOnce, memoryIn, readMemory, recordingText, timeOf } from '../plan.ts';
import { journalPlaceOf } from '../journal-place.ts';
import { readDaemonMemory } from '../state-homes.ts';
import { explainPods, type Explanation } from './explanation.ts';
import { explanationSchema, type Origin } from './origin.ts';
import type { Meant } from './meant.ts';
import { explainNode, nearHint, type Looked } from './one-node.ts';
import { explainPod } from './one-pod.ts';
import { nodeGroupKind, resolveSubject, subjectOf, type Subject } from './subject.ts';

export interface Asked {
  readonly target: string;
  readonly namespace: string | undefined;
}

/** What the world looks like to this call, and what is remembered of it. */
export interface Seen {
  readonly snapshot: Snapshot;
  readonly memory: Memory;
  readonly now: Instant;
  readonly origin: Origin;
}

export interface SeenOptions {
  readonly state?: string;
  readonly memory?: string;
}

async function fromRecording(file: string, options: SeenOptions): Promise<Seen> {
  const read = parseRecording(await recordingText(file), file);
  const memory = options.memory === undefined ? memoryIn(read, file) : await readMemory(options.memory);
  const now = timeOf(read, file);
  const { lastTick } = memory;
  const memoryAt = lastTick === null ? null : rfc3339(lastTick);
  return { snapshot: read.recording.snapshot, memory, now, origin: { kind: 'recording', where: file, memoryAt } };
}

/** The daemon's own memory is read and never written: history and timers are those that it decides on. */
async function fromWorld(config: Config, options: SeenOptions): Promise<Seen> {
  const memory =
    options.memory === undefined ? await readDaemonMemory(config.daemon) : await readMemory(options.memory);
  const snapshot = await collectOnce(config, memory);
  const { lastTick } = memory;
  const memoryAt = lastTick === null ? null : rfc3339(lastTick);
  const origin: Origin = { kind: 'live', where: config.daemon.cluster, memoryAt };
  return { snapshot, memory, now: systemClock.now(), origin };
}

export const seeWorld = (config: Config, options: SeenOptions): Promise<Seen> =>
  options.state === undefined ? fromWorld(config, options) : fromRecording(options.state, options);

const subjectsOf = (plan: Plan): readonly Subject[] => [
  ...new Map(
    plan.pods.map(({ target }): [TargetKey, Subject] => [targetKey(target), { key: targetKey(target), ...target }]),
  ).values(),
  ...plan.nodes.map(({ nodeGroup }) => ({
    key: groupKey(nodeGroup),
    kind: nodeGroupKind,
    namespace: '',
    name: nodeGroup,
  })),
];

/** As it is for the target, overrides applied; null: there is no such policy any more. */
function policyOf({ podPolicies }: Config, ref: PolicyRef, target: TargetRef): PodPolicy | null {
  const policy = podPolicies.find(({ metadata }) => metadata.name === ref.name && metadata.namespace === ref.namespace);
  return policy === undefined ? null : policyFor(policy)(target.namespace, target.name);
}

interface Bound {
  readonly policy: PodPolicy;
  readonly target: TargetRef;
}

/** Whose the target is. The cluster is only looked at where a selector finds it. */
export async function boundTo(config: Config, asked: Asked, see: () => Promise<Seen>): Promise<Bound> {
  const { podPolicies } = config;
  const named = podPolicies.flatMap((policy): Bound[] =>
    policy.aim.kind === 'one' ? [{ policy, target: policy.aim.target }] : [],
  );
  try {
    return oneOf(named, asked);
  } catch (thrown) {
    if (!podPolicies.some(({ aim }) => aim.kind === 'many')) throw thrown;
  }
  const { snapshot } = await see();
  return oneOf(selectTargets(podPolicies, snapshot.kubernetes, snapshot.errors).bound, asked);
}

function oneOf(bound: readonly Bound[], { target: text, namespace }: Asked): Bound {
  const byKey = new Map(bound.map((one) => [targetKey(one.target), one]));
  const known = [...byKey].map(([key, { target }]): Subject => ({ key, ...target }));
  const found = byKey.get(resolveSubject(text, namespace, known, 'the configuration').key);
  if (found === undefined) throw new Error(`nobody scales ${text}`);
  return found;
}

/** One node or one pod of the world as it looks now. */
export function explainMeant(seen: Seen, config: Config, meant: Meant): Explanation {
  if (meant.kind === 'target') return explainSeen(seen, config, meant);
  const { snapshot, memory, now, origin } = seen;
  const { plan } = decide(snapshot, config, memory, now);
  const looked: Looked = { snapshot, plan, origin, now };
  return meant.kind === 'node' ? explainNode(looked, config, meant.name) : explainPod(looked, config, meant);
}

export function explainSeen({ snapshot, memory, now, origin }: Seen, config: Config, asked: Asked): Explanation {
  const { plan, memory: after } = decide(snapshot, config, memory, now);
  const where = origin.kind === 'live' ? `the configuration of ${origin.where}` : origin.where;
  const subject = resolveSubject(asked.target, asked.namespace, subjectsOf(plan), where);
  const group = plan.nodes.find(({ nodeGroup }) => groupKey(nodeGroup) === subject.key);
  if (group !== undefined)
    return {
      schema: explanationSchema,
      tier: 'nodes',
      time: plan.time,
      configHash: plan.configHash,
      origin,
      decision: group,
      outcomes: [],
    };
  const decision = plan.pods.find((one) => podKey(one) === subject.key);
  if (decision === undefined) throw new Error(`no decision about ${subject.key}`);
  return explainPods({
    decision,
    outcome: null,
    memory: after.targets[subject.key] ?? null,
    policy: policyOf(config, decision.policy, decision.target),
    bootTime: bootBeforePods(config, memory.groups),
    configHash: plan.configHash,
    origin,
    now,
  });
}

function originIn({ entry, since, next }: InForce, { config, directory, at }: Past): Origin {
  return {
    kind: 'journal',
    where: directory,
    tick: entry.tick,
    asked: rfc3339(at),
    since,
    next: next === null ? null : { time: next.time, message: messageIn(next) },
    configChanged: entry.configHash !== config.hash,
  };
}

function explainEntry(entry: JournalEntry, config: Config, origin: Origin): Explanation {
  const { time, configHash } = entry;
  const common = { schema: explanationSchema, time, configHash, origin } as const;
  switch (entry.tier) {
    case 'nodes':
      return { ...common, tier: 'nodes', decision: entry.decision, outcomes: entry.outcomes };
    case 'pods':
      return explainPods({
        decision: entry.decision,
        outcome: entry.outcome,
        memory: entry.memory,
        policy: policyOf(config, entry.decision.policy, entry.decision.target),
        bootTime: 0 as Milliseconds,
        configHash,
        origin,
        now: Date.parse(time) as Instant,
      });
    case 'node': {
      const { node, nodeGroup } = entry.decision;
      return { ...common, tier: 'node', node, nodeGroup, standing: entry.decision, facts: null };
    }
    case 'waiting': {
      const { pod, pods, since } = entry.decision;
      const waits = pods === 0 ? null : entry.decision;
      const state = pods === 0 ? 'placed' : 'waiting';
      return { ...common, tier: 'pod', pod, state, since, node: null, waits, move: null, standing: null, places: [] };
    }
  }
}

interface Past {
  readonly config: Config;
  readonly directory: string;
  readonly at: Instant;
  /** whose decisions the journal holds around that time */
  readonly keys: ReadonlySet<string>;
}

/** Pods of one owner are one entry: those whose name its own begins, the longest name first. */
function waitingKeys({ keys }: Past, namespace: string, name: string): readonly string[] {
  const owners = [...keys].flatMap((key) => {
    const [what, space, kind = '', owner = ''] = key.split('/');
    const means = owner === name || name.startsWith(`${owner}-`) || kind === 'Pod';
    return what === 'waiting' && space === namespace && means ? [{ key, owner }] : [];
  });
  return owners.sort((one, other) => other.owner.length - one.owner.length).map(({ key }) => key);
}

function nothingWritten({ directory, at }: Past, what: string, mend = 'ask for a later time'): SpringtideError {
  return new SpringtideError({
    code: 'UsageInvalid',
    where: directory,
    what: `nothing was decided about ${what} at or before ${rfc3339(at)}`,
    mend,
  });
}

async function inForceFor(past: Past, meant: Meant): Promise<InForce> {
  const { directory, at, keys } = past;
  switch (meant.kind) {
    case 'target': {
      const known = [...keys].flatMap((key) => subjectOf(key) ?? []);
      const place = `the journal in ${path.resolve(directory)}`;
      const { key } = resolveSubject(meant.target, meant.namespace, known, place);
      const found = await inForceAt(directory, key, at);
      if (found === null) throw nothingWritten(past, key);
      return found;
    }
    case 'node': {
      const found = await inForceAt(directory, nodeKey(meant.name), at);
      const names = [...keys].flatMap((key) => (key.startsWith(nodeKey('')) ? [key.slice(nodeKey('').length)] : []));
      if (found === null) throw nothingWritten(past, `the node ${meant.name}`, nearHint(meant.name, names).mend);
      return found;
    }
    case 'pod': {
      for (const key of waitingKeys(past, meant.namespace, meant.name)) {
        const found = await inForceAt(directory, key, at);
        if (found?.entry.tier !== 'waiting') continue;
        const { pods, names } = found.entry.decision;
        // More wait than are named: by its owner it is one of them.
        if (pods === 0 || pods > names.length || names.includes(meant.name)) return found;
      }
      throw nothingWritten(
        past,
        `the pod ${meant.namespace}/${meant.name}`,
        'the journal keeps pods that waited for a node; of one that ran ask for its node',
      );
    }
  }
}

/** What was decided then: out of the daemon's journal, no network at all. */
export async function explainPast(config: Config, meant: Meant, at: Instant): Promise<Explanation> {
  const directory = journalPlaceOf(config.daemon, 'explain --at');
  const { keys, days } = await mentionedAt(directory, at);
  if (keys.size === 0)
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: directory,
      what: `the decision journal has nothing of ${rfc3339(at)} or the day before`,
      mend:
        days.length === 0
          ? 'the daemon writes it: call this where its directory is, with replicas in the pod of the one who led then'
          : `it has files of ${days.join(', ')}`,
    });
  const past: Past = { config, directory, at, keys };
  const found = await inForceFor(past, meant);
  const explanation = explainEntry(found.entry, config, originIn(found, past));
  return meant.kind === 'pod' && explanation.tier === 'pod'
    ? { ...explanation, pod: { namespace: meant.namespace, name: meant.name } }
    : explanation;
}
