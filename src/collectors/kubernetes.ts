// Kubernetes' part of the snapshot: what the reflectors hold, as long as it is fresh, and the scales that they do not cover.
import type { ListReading, WatchedLists } from '../clients/kubernetes/lists.ts';
import { watchedLists } from '../clients/kubernetes/resources.ts';
import type { WatchedList } from '../clients/kubernetes/resources.ts';
import type { KubernetesWrites } from '../clients/kubernetes/writes.ts';
import type { Config } from '../model/config.ts';
import type { Scale } from '../model/kubernetes.ts';
import type { KubernetesFacts } from '../model/snapshot.ts';
import { targetKey } from '../model/target.ts';
import type { TargetRef } from '../model/target.ts';
import { since } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import { eachLimited } from '../parallel.ts';
import type { Gathering } from './gathering.ts';

export interface KubernetesSource {
  readonly lists: Pick<WatchedLists, 'read' | 'seesAll'>;
  readonly writes: Pick<KubernetesWrites, 'readScale'>;
}

const scalesAtOnce = 8;

export async function collectKubernetes(
  source: KubernetesSource,
  config: Config,
  gathering: Gathering,
  { now, staleAfter }: { readonly now: Instant; readonly staleAfter: Milliseconds },
): Promise<KubernetesFacts> {
  const facts: Partial<Record<WatchedList, readonly unknown[]>> = {};
  for (const list of watchedLists) {
    const reading = source.lists.read(list);
    const wrong = whatIsWrong(list, reading, source.lists.seesAll, now, staleAfter);
    if (wrong === null) facts[list] = reading.items;
    else gathering.fail('kubernetes', list, wrong.code, wrong.message);
  }
  const scales = await collectScales(source, config, gathering);
  return { ...(facts as KubernetesFacts), ...(scales.length > 0 && { scales }) };
}

function whatIsWrong(
  list: WatchedList,
  reading: ListReading<unknown>,
  seesAll: boolean,
  now: Instant,
  staleAfter: Milliseconds,
): { readonly code: string; readonly message: string } | null {
  const { synced, lastContact, failure } = reading;
  const why = failure === null ? '' : `: ${failure.message}`;
  if (!synced) return { code: failure?.code ?? 'NotSynced', message: `${list} have not been listed yet${why}` };
  // With pods of some namespaces only, a full node looks empty: better to know nothing of nodes.
  if (list === 'nodes' && !seesAll)
    return {
      code: 'PartialView',
      message: 'kubernetes.namespaces limits what is seen, so no node can be judged; leave it empty to act on nodes',
    };
  const silent = lastContact === null ? null : since(lastContact, now);
  if (silent !== null && silent <= staleAfter) return null;
  const age = silent === null ? 'for an unknown time' : `for ${Math.round(silent / 1000)} s`;
  return { code: 'Stale', message: `the API server has said nothing of ${list} ${age}${why}` };
}

const listedKinds: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController']);

/** The targets whose own objects are in no list: custom resources. */
export function targetsToRead(config: Config): readonly TargetRef[] {
  const targets = new Map<string, TargetRef>();
  for (const { metadata, spec } of config.podPolicies) {
    if (listedKinds.has(spec.target.kind)) continue;
    const target = { ...spec.target, namespace: metadata.namespace };
    targets.set(targetKey(target), target);
  }
  return [...targets.values()];
}

async function collectScales(
  source: KubernetesSource,
  config: Config,
  gathering: Gathering,
): Promise<readonly Scale[]> {
  const scales: Scale[] = [];
  await eachLimited(targetsToRead(config), scalesAtOnce, async (target) => {
    const scale = await gathering.read('kubernetes', `scales ${targetKey(target)}`, (signal) =>
      source.writes.readScale(target, signal),
    );
    if (scale !== undefined) scales.push(scale);
  });
  return scales;
}
