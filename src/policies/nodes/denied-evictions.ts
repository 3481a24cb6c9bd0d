// Evictions that somebody else than a budget refuses, an admission webhook for one: which pods, and in which words, for as long as their drain lasts.
import { drainOf } from '../../model/drain-record-on.ts';
import type { Pod } from '../../model/kubernetes.ts';
import type { DeniedEvictions, GroupMemory } from '../../model/memory.ts';
import type { DrainOutcome } from '../../model/outcome.ts';
import type { GroupState } from './group-state.ts';
import { podName } from './movable.ts';

type Denials = Readonly<Record<string, DeniedEvictions>>;

const withThese = (memory: Omit<GroupMemory, 'deniedEvictions'>, denials: Denials): GroupMemory =>
  Object.keys(denials).length === 0 ? memory : { ...memory, deniedEvictions: denials };

/** The newest words count; whoever was let go since, or waits for a budget only, is denied no more. */
export function withDenied({ deniedEvictions = {}, ...memory }: GroupMemory, outcome: DrainOutcome): GroupMemory {
  const { node, evicted = [], refusedPods = [], denied = [] } = outcome;
  const { [node]: before, ...others } = deniedEvictions;
  const named = denied.map(({ pod }) => pod);
  const answered = new Set([...evicted, ...refusedPods, ...named]);
  const pods = [...named, ...(before?.pods ?? []).filter((pod) => !answered.has(pod))];
  const words = denied[0]?.words ?? before?.words;
  return withThese(memory, pods.length === 0 || words === undefined ? others : { ...others, [node]: { pods, words } });
}

/** A drain that begins anew asks anew. */
export function withoutOldDenials(memory: GroupMemory, { draining }: GroupState): GroupMemory {
  const { deniedEvictions, ...others } = memory;
  if (deniedEvictions === undefined) return memory;
  const underWay = new Set(
    draining.filter((node) => drainOf(node)?.step === 'draining').map(({ metadata }) => metadata.name),
  );
  const kept = Object.entries(deniedEvictions).filter(([node]) => underWay.has(node));
  return withThese(others, Object.fromEntries(kept));
}

export const isDenied = (pod: Pod, denied: DeniedEvictions | undefined): boolean =>
  denied?.pods.includes(podName(pod)) === true;

/** Who is still there; the one that is not let go stands first, with what was said. */
export function remaining(pods: readonly string[], denied: DeniedEvictions | undefined): string {
  const first = denied?.pods.find((pod) => pods.includes(pod));
  if (denied === undefined || first === undefined) return pods.join(', ');
  return [`${first} (${denied.words})`, ...pods.filter((pod) => pod !== first)].join(', ');
}
