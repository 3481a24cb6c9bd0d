// Actuators with a line in the audit log before each write, and another with what came of it.
import { createHash } from 'node:crypto';
import type { Actuator, Actuators, Moment } from '../actuators/actuator.ts';
import { drainOutcome, resizeOutcome, scaleOutcome } from '../actuators/actuator.ts';
import type { Config } from '../model/config.ts';
import type { Outcome } from '../model/outcome.ts';
import type { NodeDecision, PodDecision, PolicyRef } from '../model/plan.ts';
import { targetKey } from '../model/target.ts';
import type { Audit } from './audit.ts';
import { canonical, type Fields } from './chain.ts';

interface Intent {
  readonly about: Fields;
  readonly before: Fields;
  readonly after: Fields;
  /** it only takes away: it can wait until the log can be written */
  readonly mayWait: boolean;
}

/** Nothing is sent where nobody could say afterwards what was; what people wait for is sent all the same, and said. */
const unwritable = {
  status: 'refused',
  code: 'AuditUnwritable',
  message: 'the audit log cannot be written',
} as const;

const hashes = new WeakMap<object, string>();

function hashOf(policy: { readonly metadata: object; readonly spec: object }): string {
  let hash = hashes.get(policy);
  if (hash === undefined) {
    const text = canonical({ metadata: policy.metadata, spec: policy.spec });
    hashes.set(policy, (hash = createHash('sha256').update(text).digest('hex').slice(0, 12)));
  }
  return hash;
}

function policyHash({ namespace, name }: PolicyRef, config: Config): string | undefined {
  const policy =
    namespace === undefined
      ? config.nodePolicies.find(({ metadata }) => metadata.name === name)
      : config.podPolicies.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  return policy === undefined ? undefined : hashOf(policy);
}

/** Who: the policy, and where it was asked for or allowed by a person, that person. */
function madeBy(decision: PodDecision | NodeDecision, config: Config): Fields {
  const { policy, asked, reason, message } = decision;
  return {
    policy: policy.namespace === undefined ? policy.name : `${policy.namespace}/${policy.name}`,
    policyHash: policyHash(policy, config),
    configHash: config.hash,
    ...(asked?.by === undefined ? {} : { approvedBy: asked.by, plan: asked.id }),
    reason,
    why: message,
  };
}

export function audited(actuators: Actuators, audit: Audit, config: () => Config): Actuators {
  const { act } = actuators;

  async function carryOut<Done extends Outcome | null>(
    intent: Intent,
    refused: () => Done,
    run: () => Promise<Done>,
  ): Promise<Done> {
    const { about, before, after, mayWait } = intent;
    const line = await audit.write({ ...about, phase: 'intent', before, after });
    if (line === null && mayWait) return refused();
    const outcome = await run();
    if (outcome === null) return outcome;
    const { status, code, message } = outcome;
    await audit.write({
      event: about['event'],
      phase: 'outcome',
      intent: line,
      status,
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
      ...('requestId' in outcome ? { requestId: outcome.requestId } : {}),
      ...('unanswered' in outcome ? { unanswered: true } : {}),
      ...('evicted' in outcome ? { evicted: outcome.evicted, refusedPods: outcome.refusedPods } : {}),
      before,
      after: status === 'succeeded' ? after : null,
    });
    return outcome;
  }

  const watched: Actuator = {
    scale: (decision, moment) => {
      const { current, desired, target } = decision;
      const intent: Intent = {
        about: { event: 'scale', target: targetKey(target), ...madeBy(decision, config()) },
        before: { replicas: current },
        after: { replicas: desired },
        mayWait: (desired ?? 0) < (current ?? 0),
      };
      const refused = () => scaleOutcome(decision, moment, unwritable);
      return carryOut(intent, refused, () => act.scale(decision, moment));
    },
    mark: (decision) => act.mark(decision),
    drain: (decision, step, moment) => {
      // Nothing is written by a wait.
      if (step.step === 'wait') return act.drain(decision, step, moment);
      const { nodeGroup } = decision;
      const request = step.step === 'begin' && step.request !== undefined ? { request: step.request } : {};
      const intent: Intent = {
        about: {
          event: 'drain',
          nodeGroup,
          node: step.node,
          ...('serverId' in step ? { serverId: step.serverId } : {}),
          ...request,
          ...madeBy(decision, config()),
        },
        before: {},
        after: {
          step: step.step,
          ...('pods' in step ? { pods: step.pods.map(({ namespace, name }) => `${namespace}/${name}`) } : {}),
        },
        mayWait: step.step === 'begin' || step.step === 'evict',
      };
      const refused = () => drainOutcome(decision, step, moment, unwritable);
      return carryOut(intent, refused, () => act.drain(decision, step, moment));
    },
    resize: (decision, moment: Moment) => {
      const { current, nodeGroup, resize } = decision;
      const remove = resize?.remove ?? [];
      const intent: Intent = {
        about: { event: 'resize', nodeGroup, magnum: moment.cluster, remove, ...madeBy(decision, config()) },
        before: { nodes: current },
        after: { nodes: resize?.to ?? current },
        mayWait: remove.length > 0,
      };
      const refused = () => resizeOutcome(decision, moment, unwritable);
      return carryOut(intent, refused, () => act.resize(decision, moment));
    },
    tell: (events, moment) => act.tell(events, moment),
  };
  return { ...actuators, act: watched };
}
