// keda: the metrics of an imported policy, measured in a world as decide() does it.
import type { PodPolicy } from '../../../../src/model/config.ts';
import type { TargetMemory } from '../../../../src/model/memory.ts';
import { Answers } from '../../../../src/policies/pods/answers.ts';
import { combine } from '../../../../src/policies/pods/combine.ts';
import { measureAll, proposalOf, type TargetFacts } from '../../../../src/policies/pods/measure.ts';
import { ResourceSamples } from '../../../../src/policies/pods/resource-samples.ts';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { now } from '../pods.ts';
import { target } from './scaled-object.ts';

export function measuredIn(
  snapshot: Snapshot,
  policy: PodPolicy,
  current: number,
  unknownSince: TargetMemory['unknownSince'] = {},
) {
  const answers = new Answers(snapshot);
  const facts: TargetFacts = { target, current, statusReplicas: current, pods: snapshot.kubernetes.pods ?? [] };
  const measured = measureAll(policy, facts, { answers, resources: new ResourceSamples(answers, now), now });
  const combined = combine(
    policy,
    measured,
    ({ metric }, value) => proposalOf(metric, policy, facts, value),
    current,
    { unknownSince },
    now,
  );
  return { readings: new Map(measured.map(({ reading }) => [reading.name, reading])), combined };
}
