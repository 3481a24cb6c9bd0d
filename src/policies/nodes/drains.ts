// Drains under way: what comes next for each node on its way out. Where a drain stands is read off the node itself.
import type { Node, Pod } from '../../model/kubernetes.ts';
import type { DrainRecord } from '../../model/drain-record.ts';
import type { Memory } from '../../model/memory.ts';
import type { DrainStep, NodeRemoval, PodRef } from '../../model/plan.ts';
import type { KeptReason } from '../../model/reason.ts';
import type { NovaServer } from '../../model/openstack.ts';
import { minutes, seconds, type Instant } from '../../model/units.ts';
import { isDeleting, isMirror, isOfDaemonSet } from '../pod-facts.ts';
import type { GroupState } from './group-state.ts';
import { drainOf, isReady } from './membership.ts';
import { movabilityOf, type MovableRules } from './movable.ts';

/** After the taint: the scheduler's work in flight ends, then everything is looked at once more. */
const lookAgainAfter = seconds(5);
/** Drained nodes wait this long for the others of their batch. */
const batchWait = minutes(1);
/** A resize whose effect does not show by then was dropped, or never sent. */
const showsWithin = minutes(1);
/** Magnum has finished and the victim is still alive: somebody else has left. */
const wrongAfter = minutes(3);

export interface DrainInput {
  readonly group: GroupState;
  readonly podsOn: ReadonlyMap<string, readonly Pod[]>;
  readonly rules: MovableRules;
  readonly servers: readonly NovaServer[] | undefined;
  readonly memory: Memory;
  /** pods wait for room: what is still whole goes back to work */
  readonly needed: boolean;
  readonly now: Instant;
}

export interface DrainsUnderWay {
  readonly steps: readonly DrainStep[];
  /** drained, and to be given back in one resize now */
  readonly remove: readonly NodeRemoval[];
  readonly emptySince: ReadonlyMap<string, Instant>;
}

const reference = (pod: Pod): PodRef => ({
  namespace: pod.metadata.namespace ?? '',
  name: pod.metadata.name,
  ...(pod.metadata.uid === undefined ? {} : { uid: pod.metadata.uid }),
});

type Standing =
  { readonly stands: 'step'; readonly step: DrainStep } | { readonly stands: 'busy' } | { readonly stands: 'empty' };

function standingOfDrain(node: Node, record: DrainRecord, input: DrainInput): Standing {
  const { group, rules, now } = input;
  const { name } = node.metadata;
  const { serverId } = record;
  const step = (next: DrainStep): Standing => ({ stands: 'step', step: next });
  const rollBack = (reason: KeptReason, by: string | null): Standing =>
    step({ step: 'rollBack', node: name, reason, by });

  if (group.modes.shrink !== 'act') return rollBack('PolicyOff', group.document.metadata.name);
  if (input.needed) return rollBack('NeededAgain', null);
  if (now < record.startedAt + lookAgainAfter) return { stands: 'busy' };

  const evict: PodRef[] = [];
  const leaving: PodRef[] = [];
  let budget: string | null = null;
  for (const pod of input.podsOn.get(name) ?? []) {
    if (isMirror(pod) || isOfDaemonSet(pod)) continue;
    const movability = movabilityOf(pod, rules);
    if (isDeleting(pod)) {
      if (movability.move !== 'ignore') leaving.push(reference(pod));
    } else if (movability.move === 'blocked' && movability.reason !== 'BlockedByPDB')
      return rollBack(movability.reason, movability.by);
    else if (movability.move !== 'ignore') {
      // A budget that is spent now may have room in the next moment: the Eviction API decides.
      if (movability.move === 'blocked') budget = movability.by;
      evict.push(reference(pod));
    }
  }
  if (evict.length + leaving.length === 0) return { stands: 'empty' };
  if (now - record.startedAt > group.document.spec.shrink.drainTimeout)
    return budget === null
      ? rollBack('DrainTimedOut', [...leaving, ...evict].map((pod) => `${pod.namespace}/${pod.name}`).join(', '))
      : rollBack('BlockedByPDB', budget);
  return step(
    evict.length > 0
      ? { step: 'evict', node: name, serverId, pods: evict }
      : { step: 'wait', node: name, serverId, pods: leaving },
  );
}

/** The resize was announced on the node: has it been sent, done, dropped, or has it hit somebody else? */
function standingOfRemoval(node: Node, record: DrainRecord, input: DrainInput): Standing {
  const { group, now } = input;
  const { name } = node.metadata;
  const { serverId } = record;
  const age = now - (record.removingAt ?? record.startedAt);
  const countAfter = record.countAfter ?? group.magnum.node_count;
  if (group.updating || age < showsWithin) return { stands: 'busy' };
  if (group.magnum.node_count > countAfter) return { stands: 'empty' };
  if (!/_COMPLETE$/.test(group.magnum.status ?? '')) return { stands: 'busy' };
  if (!isReady(node)) {
    const { servers } = input;
    const addresses = (node.status?.addresses ?? []).map((one) => one.address);
    const gone =
      servers === undefined
        ? !(group.magnum.node_addresses ?? []).some((address) => addresses.includes(address))
        : !servers.some((server) => server.id.toLowerCase() === serverId.toLowerCase());
    return gone ? { stands: 'step', step: { step: 'forget', node: name, serverId } } : { stands: 'busy' };
  }
  return age > wrongAfter
    ? { stands: 'step', step: { step: 'rollBack', node: name, reason: 'WrongServerLeft', by: serverId } }
    : { stands: 'busy' };
}

export function continueDrains(input: DrainInput): DrainsUnderWay {
  const steps: DrainStep[] = [];
  const ready: NodeRemoval[] = [];
  const emptySince = new Map<string, Instant>();
  let busy = 0;
  for (const node of input.group.draining) {
    const record = drainOf(node);
    if (record === null) continue;
    const standing =
      record.step === 'draining' ? standingOfDrain(node, record, input) : standingOfRemoval(node, record, input);
    switch (standing.stands) {
      case 'step':
        steps.push(standing.step);
        if (standing.step.step === 'evict' || standing.step.step === 'wait') busy += 1;
        break;
      case 'busy':
        if (record.step === 'draining') busy += 1;
        break;
      case 'empty':
        ready.push({ node: node.metadata.name, serverId: record.serverId });
        emptySince.set(node.metadata.name, input.memory.nodes[node.metadata.name]?.emptySince ?? input.now);
        break;
    }
  }
  const waited = [...emptySince.values()].some((at) => input.now - at >= batchWait);
  return { steps, remove: busy === 0 || waited ? ready : [], emptySince };
}
