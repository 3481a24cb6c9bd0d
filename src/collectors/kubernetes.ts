// Kubernetes' part of the snapshot: what the reflectors hold, as long as it is fresh.
import type { ListReading, WatchedLists } from '../clients/kubernetes/lists.ts';
import { watchedLists } from '../clients/kubernetes/resources.ts';
import type { WatchedList } from '../clients/kubernetes/resources.ts';
import type { KubernetesFacts } from '../model/snapshot.ts';
import { since } from '../model/units.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { Gathering } from './gathering.ts';
import type { ScaleSource } from './scales.ts';

export interface KubernetesSource extends ScaleSource {
  readonly lists: Pick<WatchedLists, 'read' | 'seesAll'>;
}

/** What nodes say once, when they begin: the last that was known is truer than nothing, and is named as a failure all the same. */
const hardlyChange: ReadonlySet<WatchedList> = new Set(['csinodes']);

/** In memory: nothing is waited for. */
export function readLists(
  source: Pick<KubernetesSource, 'lists'>,
  gathering: Gathering,
  { now, staleAfter }: { readonly now: Instant; readonly staleAfter: Milliseconds },
): KubernetesFacts {
  const facts: Partial<Record<WatchedList, readonly unknown[]>> = {};
  for (const list of watchedLists) {
    const reading = source.lists.read(list);
    const wrong = whatIsWrong(list, reading, source.lists.seesAll, now, staleAfter);
    if (wrong !== null) gathering.fail('kubernetes', list, wrong.code, wrong.message);
    if (wrong === null || (reading.synced && hardlyChange.has(list))) facts[list] = reading.items;
  }
  return facts as KubernetesFacts;
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
