// Pods as the client has them once it has read their list: through its own reading of pages, by name, with what siblings share.
import { KeptObjects } from '../dist/clients/kubernetes/kept-objects.js';
import { listItems } from '../dist/clients/kubernetes/list-items.js';
import { watchedResources } from '../dist/clients/kubernetes/resources.js';
import type { Pod } from '../dist/model/kubernetes.js';

const aPage = 250;
const nameOf = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.name}`;

/** The API server lists by namespace and name; whatever is put in is written down as JSON first. */
export function asRead(pods: readonly Pod[]): Pod[] {
  const { project, fields, share } = watchedResources.pods;
  const kept = new KeptObjects<Pod>(share);
  const listing = kept.list();
  const sorted = pods.map((pod) => ({ pod, name: nameOf(pod) })).sort((one, other) => (one.name < other.name ? -1 : 1));
  for (let from = 0; from < sorted.length; from += aPage) {
    const items = sorted.slice(from, from + aPage).map(({ pod }) => pod);
    const page = JSON.stringify({ metadata: { resourceVersion: '1' }, items });
    for (const raw of listItems(page, fields)) listing.take(project(raw, 'v1', 'Pod'));
  }
  listing.complete();
  return [...kept.items()];
}
