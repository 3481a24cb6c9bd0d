// A target that is explained: recordings made by hand, and the explanation and its text that follow from them.
import { explanationText } from '../../src/cli/explain.ts';
import type { PodExplanation } from '../../src/cli/explain/explanation.ts';
import { plainPaint } from '../../src/cli/explain/page.ts';
import { explainSeen, type Seen } from '../../src/cli/explain/sources.ts';
import { shippedTexts } from '../../src/config/texts.ts';
import type { PodPolicy } from '../../src/model/config.ts';
import { emptyMemory, emptyTargetMemory, type TargetMemory } from '../../src/model/memory.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import type { Language } from '../../src/model/texts.ts';
import { rfc3339, type Instant } from '../../src/model/units.ts';
import { aConfig, aDeployment, aSnapshot, at, longAgo, noon, podsOf } from '../builders.ts';

const key = 'shop/Deployment/web';

/** Four replicas of shop/web that run, and what Prometheus says of `requests`. */
export const world = (requests: number | null, replicas = 4): Snapshot => {
  const snapshot = aSnapshot()
    .deployments(aDeployment('shop', 'web').replicas(replicas))
    .pods(...podsOf('web', { 'n-1': replicas }));
  return requests === null ? snapshot.build() : snapshot.answering('requests', requests).build();
};

export const remembered = (more: Partial<TargetMemory> = {}): Seen['memory'] => ({
  ...emptyMemory(),
  lastTick: at(-15),
  steadySince: longAgo,
  targets: { [key]: { ...emptyTargetMemory, firstSeen: longAgo, seen: 4, ...more } },
});

export interface Given {
  readonly policy: PodPolicy;
  readonly snapshot: Snapshot;
  readonly memory?: Seen['memory'];
  readonly now?: Instant;
}

const seen = ({ snapshot, memory = remembered(), now = noon }: Given): Seen => ({
  snapshot,
  memory,
  now,
  origin: {
    kind: 'live',
    where: 'test',
    memoryAt: memory.lastTick === null ? null : rfc3339(memory.lastTick),
  },
});

export function explained(given: Given): PodExplanation {
  const asked = { target: 'shop/web', namespace: undefined };
  const explanation = explainSeen(seen(given), aConfig([given.policy]), asked);
  if (explanation.tier !== 'pods') throw new Error('a target is no node group');
  return explanation;
}

export const textOf = (explanation: PodExplanation, language: Language = 'en', zone = 'UTC'): string =>
  explanationText(explanation, { ...aConfig(), texts: shippedTexts(language) }, zone, plainPaint);
