// Where an explanation gets its decision from: the live cluster with the daemon's own memory, a recording, or the journal.
import path from 'node:path';
import { systemClock } from '../../clock.ts';
import { parseRecording } from '../../collectors/recording.ts';
import { groupKey, podKey, type JournalEntry } from '../../journal/entry.ts';
import { journalDirectory } from '../../journal/files.ts';
import { inForceAt, mentionedAt } from '../../journal/read.ts';
import type { Config, PodPolicy } from '../../model/config.ts';
import { SpringtideError } from '../../model/errors.ts';
import type { Memory } from '../../model/memory.ts';
import type { Plan, PolicyRef } from '../../model/plan.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { targetKey, type TargetKey, type TargetRef } from '../../model/target.ts';
import { rfc3339, type Instant, type Milliseconds } from '../../model/units.ts';
import { decide } from '../../policies/decide.ts';
import { slowBoot } from '../../policies/nodes/boot-time.ts';
import { memoryInDirectory, stateDirectoryOf } from '../../state/directory.ts';
import { policyFor } from '../../targets/overrides.ts';
import { selectTargets } from '../../targets/select.ts';
import { collectOnce, memoryIn, readMemory, recordingText, timeOf } from '../plan.ts';
import { explanationSchema, explainPods, type Explanation, type Origin } from './explanation.ts';
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
    options.memory === undefined
      ? await memoryInDirectory(stateDirectoryOf(config.daemon)).load()
      : await readMemory(options.memory);
  const snapshot = await collectOnce(config);
  const { lastTick } = memory;
  const memoryAt = lastTick === null ? null : rfc3339(lastTick);
  const origin: Origin = { kind: 'live', where: config.daemon.cluster, memoryAt };
  return { snapshot, memory, now: systemClock.now(), origin };
}

export const seeWorld = (config: Config, options: SeenOptions): Promise<Seen> =>
  options.state === undefined ? fromWorld(config, options) : fromRecording(options.state, options);

export const subjectsOf = (plan: Plan): readonly Subject[] => [
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
export function policyOf({ podPolicies }: Config, ref: PolicyRef, target: TargetRef): PodPolicy | null {
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

const bootTimeOf = ({ groups }: Memory): Milliseconds =>
  Math.max(0, ...Object.values(groups).map(({ bootTimes }) => slowBoot(bootTimes) ?? 0)) as Milliseconds;

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
    bootTime: bootTimeOf(memory),
    configHash: plan.configHash,
    origin,
    now,
  });
}

function explainEntry(entry: JournalEntry, config: Config, origin: Origin): Explanation {
  const { time, configHash } = entry;
  switch (entry.tier) {
    case 'nodes':
      return {
        schema: explanationSchema,
        tier: 'nodes',
        time,
        configHash,
        origin,
        decision: entry.decision,
        outcomes: entry.outcomes,
      };
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
  }
}

/** What was decided then: out of the daemon's journal, no network at all. */
export async function explainPast(config: Config, asked: Asked, at: Instant): Promise<Explanation> {
  const directory = journalDirectory(stateDirectoryOf(config.daemon));
  const { keys, days } = await mentionedAt(directory, at);
  if (keys.size === 0)
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: directory,
      what: `the decision journal has nothing of ${rfc3339(at)} or the day before`,
      mend:
        days.length === 0
          ? 'the daemon writes it: call this where its state.directory is'
          : `it has files of ${days.join(', ')}`,
    });
  const known = [...keys].flatMap((key) => subjectOf(key) ?? []);
  const subject = resolveSubject(asked.target, asked.namespace, known, `the journal in ${path.resolve(directory)}`);
  const found = await inForceAt(directory, subject.key, at);
  if (found === null)
    throw new SpringtideError({
      code: 'UsageInvalid',
      where: directory,
      what: `nothing was decided about ${subject.key} at or before ${rfc3339(at)}`,
      mend: 'ask for a later time',
    });
  const { entry, since, next } = found;
  return explainEntry(entry, config, {
    kind: 'journal',
    where: directory,
    tick: entry.tick,
    asked: rfc3339(at),
    since,
    next: next === null ? null : { time: next.time, message: next.decision.message },
    configChanged: entry.configHash !== config.hash,
  });
}
