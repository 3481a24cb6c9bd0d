// keda: cron triggers as windows of a schedule.
import { instantOf } from '../../../../src/model/units.ts';
import { spanAt } from '../../../../src/policies/schedule/open.ts';
import { adapter, type Fields } from '../vector.ts';
import { imported } from './scaled-object.ts';

interface ActivityInput {
  readonly trigger: Fields;
  readonly at: string;
}

const windowOf = (trigger: Fields) => {
  const { desiredReplicas } = trigger;
  const max = Math.max(100, Number(desiredReplicas ?? 0) || 0);
  return imported({
    triggers: [{ type: 'cron', metadata: trigger }],
    spec: { minReplicaCount: 1, maxReplicaCount: max },
  });
};

export const cronActivityCase = adapter<{ input: ActivityInput; expected: object }>(({ trigger, at }) => {
  const result = windowOf(trigger);
  if (result.status === 'refused') return { got: { error: true, why: result.why } };
  const [window] = result.policy.spec.schedule;
  const instant = instantOf(at);
  if (window === undefined || instant === null) throw new Error('there is no window or no instant');
  const active = spanAt(window.rule, instant).open;
  return { got: { error: false, active, value: active ? window.min : 0 } };
});

/** The settings stand in the input itself or under a word for them. */
interface ConfigInput extends Fields {
  readonly trigger?: Fields;
  readonly metadata?: Fields;
}

export const cronConfigCase = adapter<{ input: ConfigInput; expected: object }>((input) => {
  const { status } = windowOf(input.trigger ?? input.metadata ?? input);
  return { got: { valid: status === 'accepted', error: status === 'refused' } };
});
