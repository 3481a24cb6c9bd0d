// hpa: windows, rates, limits and the events that rates count.
import {
  emptyMemory,
  emptyTargetMemory,
  type Recommendation,
  type ScaleEvent,
  type ScaleHistory,
} from '../../../../src/model/memory.ts';
import { rfc3339, seconds } from '../../../../src/model/units.ts';
import { forgetOldEvents, limitChange, rateLimit, stabilize } from '../../../../src/policies/pods/behavior.ts';
import { record } from '../../../../src/policies/record.ts';
import { targetKey } from '../../../../src/model/target.ts';
import { behaviorOf, policyOf, type VectorBehavior } from '../policies.ts';
import { ago, now } from '../pods.ts';
import { adapter } from '../vector.ts';

interface Sample {
  readonly replicas: number;
  readonly secondsAgo: number;
}
/** The oldest first, as memory keeps them. */
export const historyOf = (samples: readonly Sample[]): Recommendation[] =>
  samples
    .map((sample) => ({ at: ago(sample.secondsAgo), replicas: sample.replicas }))
    .sort((one, other) => one.at - other.at);

type StabilizationInput = { readonly history: readonly Sample[]; readonly desiredReplicas: number } & (
  | { readonly mode: 'legacy'; readonly downscaleStabilizationSeconds: number }
  | {
      readonly mode: 'behavior';
      readonly scaleUpStabilizationSeconds: number;
      readonly scaleDownStabilizationSeconds: number;
      readonly currentReplicas: number;
    }
);

export const stabilizationCase = adapter<{ input: StabilizationInput; expected: object }>((input) => {
  // Without `behavior` ("legacy") the HPA knows the window of the way down only: seen from far above, ours decides alone.
  const [current, up, down] =
    input.mode === 'legacy'
      ? [Number.MAX_SAFE_INTEGER, 0, input.downscaleStabilizationSeconds]
      : [input.currentReplicas, input.scaleUpStabilizationSeconds, input.scaleDownStabilizationSeconds];
  const windows = { up: seconds(up), down: seconds(down) };
  const { replicas } = stabilize(current, input.desiredReplicas, historyOf(input.history), windows, now);
  return { got: { stabilizedReplicas: replicas } };
});

interface Event {
  readonly replicaChange: number;
  readonly secondsAgo: number;
}
const eventsOf = (events: readonly Event[]): ScaleEvent[] =>
  events
    .map((event) => ({ at: ago(event.secondsAgo), change: event.replicaChange }))
    .sort((one, other) => one.at - other.at);

interface LimitInput extends VectorBehavior {
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly scaleUpEvents?: readonly Event[];
  readonly scaleDownEvents?: readonly Event[];
}

/** With rules of its own and without any (legacy_limits): one path. */
export const limitCase = adapter<{ input: LimitInput; expected: object }>((input) => {
  const { behavior } = policyOf({ behavior: behaviorOf(input) }).spec;
  const history: ScaleHistory = {
    ups: eventsOf(input.scaleUpEvents ?? []),
    downs: eventsOf(input.scaleDownEvents ?? []),
  };
  const bounds = { min: input.minReplicas, max: input.maxReplicas };
  const limited = limitChange(input.currentReplicas, input.desiredReplicas, bounds, behavior, history, now);
  return { got: { replicas: limited.replicas, reason: limited.reason } };
});

interface PolicyLimitInput extends Partial<LimitInput> {
  readonly currentReplicas: number;
  readonly direction?: 'up' | 'down';
  readonly rules?: NonNullable<VectorBehavior['scaleUp']>;
}

/** What the rates of one direction allow, before any bound. */
export const policyLimitCase = adapter<{ input: PolicyLimitInput; expected: object }>((input) => {
  const down = input.direction === 'down' || (input.direction === undefined && input.scaleUp === undefined);
  const direction = down ? 'down' : 'up';
  const rules = input.rules ?? (down ? input.scaleDown : input.scaleUp) ?? {};
  const { behavior } = policyOf({ behavior: behaviorOf({ scaleUp: rules, scaleDown: rules }) }).spec;
  const history: ScaleHistory = {
    ups: eventsOf(input.scaleUpEvents ?? []),
    downs: eventsOf(input.scaleDownEvents ?? []),
  };
  const ours = down ? behavior.scaleDown : behavior.scaleUp;
  const { limit } = rateLimit(ours, direction, input.currentReplicas, history, now);
  return { got: { limit, replicas: limit } };
});

interface EventsInput {
  readonly replicaChange: number;
  readonly previousEvents: readonly Event[];
  readonly rules: NonNullable<VectorBehavior['scaleUp']> | null;
  readonly queryPeriodSeconds: number;
}
interface EventsExpected {
  readonly changeInQueryPeriodBeforeStore?: number;
  readonly eventsAfterStore?: readonly { readonly replicaChange: number; readonly outdated: boolean }[];
}

const numerically = (changes: readonly number[]): number[] => changes.toSorted((one, other) => one - other);

/** One direction: what a query finds before the write, and what is kept after it. */
function storedOn(list: 'ups' | 'downs', input: EventsInput) {
  const { scaleUp, scaleDown } = policyOf({
    behavior: behaviorOf(input.rules === null ? null : { scaleUp: input.rules, scaleDown: input.rules }),
  }).spec.behavior;
  const { policies } = list === 'ups' ? scaleUp : scaleDown;
  const longest = Math.max(...policies.map(({ period }) => period)) / 1000;
  const before: ScaleHistory = { ups: [], downs: [], [list]: eventsOf(input.previousEvents) };
  const queried = forgetOldEvents(before, seconds(input.queryPeriodSeconds), now)[list];
  const target = { kind: 'Deployment', namespace: 'vectors', name: 'target' };
  const acted = forgetOldEvents(before, seconds(longest), now);
  const memory = { ...emptyMemory(), targets: { [targetKey(target)]: { ...emptyTargetMemory, acted } } };
  const to = list === 'ups' ? 10 + input.replicaChange : 10 - input.replicaChange;
  const after = record(memory, [{ kind: 'scale', target, from: 10, to, status: 'succeeded', at: rfc3339(now) }], now);
  return {
    changeInQueryPeriodBeforeStore: queried.reduce((sum, event) => sum + event.change, 0),
    eventsAfterStore: numerically((after.targets[targetKey(target)]?.acted[list] ?? []).map(({ change }) => change)),
  };
}

/** Outdated events lie about in the HPA's list until their place is needed; ours are gone. */
export const scaleEventsCase = adapter<{ input: EventsInput; expected: EventsExpected }>((input, expected) => {
  const { eventsAfterStore, ...rest } = expected;
  const wanted = {
    ...rest,
    ...(eventsAfterStore && {
      eventsAfterStore: numerically(eventsAfterStore.filter((event) => !event.outdated).map((e) => e.replicaChange)),
    }),
  };
  return {
    expected: { ups: wanted, downs: wanted },
    got: { ups: storedOn('ups', input), downs: storedOn('downs', input) },
  };
});
