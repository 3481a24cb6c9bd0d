// A whole Plan carried out: pods first, then one resize a group and its drains, then the Events. Stopping begins nothing new.
import type { KubernetesWrites } from '../clients/kubernetes/writes.ts';
import type { Outcome, ScaleOutcome } from '../model/outcome.ts';
import type { NodeDecision, Plan, PodDecision } from '../model/plan.ts';
import type { SwitchWay } from '../model/snapshot.ts';
import { eachLimited } from '../parallel.ts';
import { inSlices } from '../slices.ts';
import type { Actuator, Actuators, Moment } from './actuator.ts';
import { beginTogether } from './batch.ts';
import { drainStep } from './drain.ts';
import { drainsThrough, openGate, poolThrough, scalesThrough, type Gate } from './gate.ts';
import { failedRescale, standingEvent, successfulRescale, type TargetEvent } from './events.ts';
import { resizeGroup, type PoolPort } from './node-pool.ts';
import { awaitsApproval, dryRun } from './rehearsal.ts';
import { markTarget, scaleTarget } from './replicas.ts';
import { createTelling } from './telling.ts';

const scalesAtOnce = 10;
const groupsAtOnce = 4;

export type WritePorts = {
  readonly writes: KubernetesWrites;
  /** null: no cloud is connected; there are no node decisions then */
  readonly magnum: PoolPort['magnum'] | null;
};

const wayOf = ({ current, desired }: PodDecision): SwitchWay =>
  (desired ?? 0) < (current ?? 0) ? 'pods.down' : 'pods.up';

const resizeWayOf = ({ current, resize }: NodeDecision): SwitchWay =>
  resize !== null && (resize.remove.length > 0 || resize.to < (current ?? 0)) ? 'nodes.shrink' : 'nodes.grow';

/** `gate`: asked before each write; what was switched off since the decision does not begin. */
export function actuatorsFor(ports: WritePorts, gate: Gate = openGate): Actuators {
  const telling = createTelling(ports.writes);
  const act: Actuator = {
    scale: (decision, moment) => scaleTarget(scalesThrough(ports.writes, gate, wayOf(decision)), decision, moment),
    mark: (decision) => markTarget(ports.writes, decision),
    drain: (decision, step, moment) => {
      const isBeginning = step.step === 'begin' || step.step === 'evict';
      return drainStep(isBeginning ? drainsThrough(ports.writes, gate) : ports.writes, decision, step, moment);
    },
    resize: (decision, moment) =>
      ports.magnum === null
        ? dryRun.resize(decision, moment)
        : resizeGroup(
            poolThrough({ magnum: ports.magnum, nodes: ports.writes }, gate, resizeWayOf(decision)),
            decision,
            moment,
          ),
    tell: (events, moment) => telling.tell(events, moment),
  };
  return { act, dryRun, confirm: awaitsApproval };
}

async function carryOutGroup(actuator: Actuator, decision: NodeDecision, moment: Moment): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  // Ordering comes before draining: pods are waiting for it.
  if (decision.resize !== null && !moment.signal.aborted) outcomes.push(await actuator.resize(decision, moment));
  const begins = decision.drains.filter((step) => step.step === 'begin');
  for (const step of decision.drains) {
    if (moment.signal.aborted) break;
    if (step.step === 'begin') continue;
    const outcome = await actuator.drain(decision, step, moment);
    if (outcome !== null) outcomes.push(outcome);
  }
  return [...outcomes, ...(await beginTogether(actuator, decision, begins, moment))];
}

function eventsOf(decision: PodDecision, outcome: ScaleOutcome | undefined): TargetEvent[] {
  const standing = standingEvent(decision);
  const written =
    outcome?.status === 'succeeded'
      ? [successfulRescale(decision, outcome)]
      : outcome?.status === 'failed'
        ? [failedRescale(decision, outcome)]
        : [];
  return [...written, ...(standing === null ? [] : [standing])];
}

const decisionsAStep = 256;

function* eventsByMode(
  decisions: readonly PodDecision[],
  scales: ReadonlyMap<PodDecision, ScaleOutcome>,
): Generator<undefined, Record<keyof Actuators, readonly TargetEvent[]>> {
  const events: Record<keyof Actuators, TargetEvent[]> = { act: [], confirm: [], dryRun: [] };
  let seen = 0;
  for (const decision of decisions) {
    if (decision.mode !== 'off') events[decision.mode].push(...eventsOf(decision, scales.get(decision)));
    if (++seen % decisionsAStep === 0) yield;
  }
  return events;
}

export async function carryOut(plan: Plan, actuators: Actuators, moment: Moment): Promise<readonly Outcome[]> {
  const scales = new Map<PodDecision, ScaleOutcome>();
  await eachLimited(
    plan.pods.filter((decision) => decision.action === 'scale'),
    scalesAtOnce,
    async (decision) => {
      if (decision.mode === 'off' || moment.signal.aborted) return;
      scales.set(decision, await actuators[decision.mode].scale(decision, moment));
    },
  );
  await eachLimited(
    plan.pods.filter((decision) => decision.mark !== undefined && decision.action !== 'scale'),
    scalesAtOnce,
    async (decision) => {
      if (decision.mode !== 'off' && !moment.signal.aborted) await actuators[decision.mode].mark(decision);
    },
  );
  const groups = await eachLimited(
    plan.nodes.filter((decision) => decision.resize !== null || decision.drains.length > 0),
    groupsAtOnce,
    (decision): Promise<Outcome[]> =>
      decision.mode === 'off' ? Promise.resolve([]) : carryOutGroup(actuators[decision.mode], decision, moment),
  );
  // Last: neither a scale nor a VM waits for an Event.
  const events = await inSlices(eventsByMode(plan.pods, scales));
  for (const mode of ['act', 'confirm', 'dryRun'] as const) await actuators[mode].tell(events[mode], moment);
  const scaled = plan.pods.flatMap((decision) => scales.get(decision) ?? []);
  return [...scaled, ...groups.flat()];
}
