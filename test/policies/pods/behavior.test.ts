// Stabilization and rates against the HPA's own tables, and the history that they are decided from.
import { describe, expect, it } from 'vitest';
import type { Recommendation, ScaleHistory } from '../../../src/model/memory.ts';
import { seconds } from '../../../src/model/units.ts';
import { forgetOldEvents, limitChange, remember, stabilize } from '../../../src/policies/pods/behavior.ts';
import { record } from '../../../src/policies/record.ts';
import { emptyMemory, emptyTargetMemory } from '../../../src/model/memory.ts';
import { aPodPolicy, at, noon } from '../../builders.ts';
import { vectorCases } from '../../vectors/cases.ts';

interface Event {
  readonly replicaChange: number;
  readonly secondsAgo: number;
}
const eventsOf = (events: readonly Event[]) =>
  events.map((event) => ({ at: at(-event.secondsAgo), change: event.replicaChange }));

describe('rates (vectors hpa/behavior_rate_limits)', () => {
  interface Input {
    readonly currentReplicas: number;
    readonly desiredReplicas: number;
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly scaleUp: object;
    readonly scaleDown: object;
    readonly scaleUpEvents: readonly Event[];
    readonly scaleDownEvents: readonly Event[];
  }
  it.each(vectorCases<Input, { replicas: number; reason: string }>('hpa/behavior_rate_limits'))(
    '%s',
    (_, { input, expected }) => {
      const { behavior } = aPodPolicy('web', { behavior: { scaleUp: input.scaleUp, scaleDown: input.scaleDown } }).spec;
      const history: ScaleHistory = { ups: eventsOf(input.scaleUpEvents), downs: eventsOf(input.scaleDownEvents) };
      const bounds = { min: input.minReplicas, max: input.maxReplicas };
      const { replicas, reason } = limitChange(
        input.currentReplicas,
        input.desiredReplicas,
        bounds,
        behavior,
        history,
        noon,
      );
      expect({ replicas, reason }).toEqual(expected);
    },
  );
});

interface Sample {
  readonly replicas: number;
  readonly secondsAgo: number;
}
const historyOf = (samples: readonly Sample[]): Recommendation[] =>
  samples
    .map((sample) => ({ at: at(-sample.secondsAgo), replicas: sample.replicas }))
    .sort((one, other) => one.at - other.at);

describe('stabilization (vectors hpa/stabilization)', () => {
  // The cases without `behavior` ("legacy") know a window for the way down only: current stands at the newest proposal's
  // far side, so that the window of the way down alone decides.
  type Input = { readonly history: readonly Sample[]; readonly desiredReplicas: number } & (
    | { readonly mode: 'legacy'; readonly downscaleStabilizationSeconds: number }
    | {
        readonly mode: 'behavior';
        readonly scaleUpStabilizationSeconds: number;
        readonly scaleDownStabilizationSeconds: number;
        readonly currentReplicas: number;
      }
  );
  it.each(vectorCases<Input, { stabilizedReplicas: number }>('hpa/stabilization'))('%s', (_, { input, expected }) => {
    const windows =
      input.mode === 'legacy'
        ? { up: seconds(0), down: seconds(input.downscaleStabilizationSeconds) }
        : { up: seconds(input.scaleUpStabilizationSeconds), down: seconds(input.scaleDownStabilizationSeconds) };
    const current = input.mode === 'legacy' ? Number.MAX_SAFE_INTEGER : input.currentReplicas;
    const stable = stabilize(current, input.desiredReplicas, historyOf(input.history), windows, noon);
    expect(stable.replicas).toBe(expected.stabilizedReplicas);
  });

  it('keeps of the history only what can still govern, and decides the same from it', () => {
    const windows = { up: seconds(60), down: seconds(300) };
    const samples = [4, 9, 9, 3, 7, 2, 8, 5].map((replicas, index) => ({ at: at(index * 40), replicas }));
    const kept = samples.reduce<readonly Recommendation[]>((history, one) => remember(history, one, windows), []);
    expect(kept.length).toBeLessThan(samples.length);
    for (let later = 280; later < 700; later += 20)
      for (const proposed of [1, 5, 12])
        expect(stabilize(6, proposed, kept, windows, at(later)).replicas).toBe(
          stabilize(6, proposed, samples, windows, at(later)).replicas,
        );
  });
});

describe('scale events (vectors hpa/scale_event_history)', () => {
  interface Input {
    readonly replicaChange: number;
    readonly previousEvents: readonly Event[];
    readonly rules: { readonly policies: readonly { readonly periodSeconds: number }[] } | null;
    readonly queryPeriodSeconds: number;
  }
  interface Expected {
    readonly changeInQueryPeriodBeforeStore: number;
    readonly eventsAfterStore: readonly { readonly replicaChange: number; readonly outdated: boolean }[];
  }
  // There is one path: a policy without `behavior` has the default rules and keeps events (pod-tier rule 16).
  const cases = vectorCases<Input, Expected>('hpa/scale_event_history').filter(([, { input }]) => input.rules !== null);
  it.each(cases)('%s', (_, { input, expected }) => {
    const longest = seconds(Math.max(...(input.rules?.policies ?? []).map((policy) => policy.periodSeconds)));
    const before: ScaleHistory = { ups: eventsOf(input.previousEvents), downs: [] };
    const queried = forgetOldEvents(before, seconds(input.queryPeriodSeconds), noon).ups;
    expect(queried.reduce((sum, event) => sum + event.change, 0)).toBe(expected.changeInQueryPeriodBeforeStore);
    const young = forgetOldEvents(before, longest, noon);
    const target = { kind: 'Deployment', namespace: 'shop', name: 'web' };
    const after = record(
      { ...emptyMemory(), targets: { 'shop/Deployment/web': { ...emptyTargetMemory, acted: young } } },
      [{ kind: 'scale', target, from: 10, to: 10 + input.replicaChange, status: 'succeeded', at: '' }],
      noon,
    ).targets['shop/Deployment/web'];
    expect(after?.acted.ups.map((event) => event.change)).toEqual(
      expected.eventsAfterStore.filter((event) => !event.outdated).map((event) => event.replicaChange),
    );
  });
});
