// What decisions say on their targets: which of them, in which words, and what makes two of them the same.
import { describe, expect, it } from 'vitest';
import { failedRescale, standingEvent, successfulRescale } from '../../src/actuators/events.ts';
import type { PodDecision } from '../../src/model/plan.ts';
import type { PodReason } from '../../src/model/reason.ts';
import { scaleOutcome } from '../../src/actuators/actuator.ts';
import { aMoment, aPodDecision } from './stage.ts';

const hold = (reason: PodReason, more: Partial<PodDecision> = {}): PodDecision => ({
  ...aPodDecision(4, 4),
  action: 'hold',
  reason,
  message: `a sentence of ${reason}`,
  ...more,
});
const saying = (reason: PodReason, more: Partial<PodDecision> = {}) => {
  const event = standingEvent(hold(reason, more));
  return event === null ? null : [event.request.type, event.request.reason, event.request.note];
};

describe('a decision that stands', () => {
  it.each([
    'ClaimedTwice',
    'AmbiguousSelector',
    'InvalidSelector',
    'ForeignAutoscaler',
    'ForeignWriter',
    'TargetStuck',
    'WaitingForNodes',
    'MetricUnknown',
    'SomeMetricsUnknown',
    'FallbackReplicas',
    'GuardTripped',
    'InvalidAnnotation',
    'UnexpectedTargets',
  ] as const)('%s is a warning in its own sentence', (reason) => {
    expect(saying(reason)).toEqual(['Warning', reason, `a sentence of ${reason}`]);
  });

  it.each(['Paused', 'PausedReplicas'] as const)('%s is said as what somebody wished', (reason) => {
    expect(saying(reason)).toEqual(['Normal', reason, `a sentence of ${reason}`]);
  });

  it.each(['WithinTolerance', 'ScaleDownStabilized', 'FlapBudgetSpent', 'SwitchedOff', 'PolicyOff'] as const)(
    '%s concerns nobody',
    (reason) => {
      expect(saying(reason)).toBeNull();
    },
  );

  it("says HPA's own word where it has one", () => {
    const conditions = [{ type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric' }] as const;
    expect(saying('MetricUnknown', { conditions })?.[1]).toBe('FailedGetResourceMetric');
  });

  it('is another one by target, reason and fault, and the same by everything else', () => {
    const key = (decision: PodDecision): string | undefined => standingEvent(decision)?.repetition?.key;
    const one = hold('ForeignWriter', { facts: { by: 'argocd', count: 3 } });
    expect(key({ ...one, facts: { by: 'argocd', count: 9 }, message: 'other words' })).toBe(key(one));
    expect(key({ ...one, facts: { by: 'helm', count: 3 } })).not.toBe(key(one));
    expect(key({ ...one, target: { ...one.target, name: 'api' } })).not.toBe(key(one));
    expect(key({ ...one, reason: 'ForeignAutoscaler' })).not.toBe(key(one));
    expect(key({ ...one, uid: 'of the one that came after it' })).not.toBe(key(one));
  });
});

describe('a write', () => {
  const decision = aPodDecision(4, 8);

  it('that succeeded is said each time, in the words of an HPA', () => {
    const event = successfulRescale(decision, scaleOutcome(decision, aMoment(), { status: 'succeeded' }));
    expect(event).toMatchObject({
      request: { type: 'Normal', reason: 'SuccessfulRescale', note: 'New size: 8; reason: more load' },
      repetition: null,
    });
  });

  it('that failed is said once a code for ten minutes', () => {
    const parts = { status: 'failed', code: 'Forbidden', message: 'may not' } as const;
    const event = failedRescale(decision, scaleOutcome(decision, aMoment(), parts));
    expect(event).toMatchObject({
      request: { type: 'Warning', reason: 'FailedRescale', note: 'New size: 8; reason: more load; error: may not' },
      repetition: { key: 'default/Deployment/web||FailedRescale|Forbidden', silence: 600_000, returns: false },
    });
  });
});
