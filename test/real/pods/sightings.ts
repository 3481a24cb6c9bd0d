// What the true API server was seen to hold: replicas over time, Events as kubectl describe asks for them.
import { at, listAt, numberAt, textAt } from '../servers/json.ts';
import type { Kubernetes } from '../servers/kubernetes.ts';
import type { Watching } from '../support/watching.ts';
import { shop } from '../support/workloads.ts';

export interface Sighting {
  readonly at: number;
  readonly replicas: number;
}

/** Each number of replicas in spec that was seen, with the moment at which it was seen first. */
export function sightings({ events }: Watching, name: string): readonly Sighting[] {
  const seen: Sighting[] = [];
  for (const { at: heard, object } of events) {
    if (textAt(object, 'metadata', 'name') !== name) continue;
    const replicas = numberAt(object, 'spec', 'replicas');
    if (seen.at(-1)?.replicas !== replicas) seen.push({ at: heard, replicas });
  }
  return seen;
}

export const sequence = (watching: Watching, name: string): readonly number[] =>
  sightings(watching, name).map(({ replicas }) => replicas);

/** The most that came (or went) within any stretch of so long. */
export function mostWithin(seen: readonly Sighting[], way: 'up' | 'down', lengthMs: number): number {
  const changes = seen.slice(1).map(({ at: heard, replicas }, index) => ({
    at: heard,
    by: Math.max(0, (replicas - (seen[index]?.replicas ?? replicas)) * (way === 'up' ? 1 : -1)),
  }));
  return Math.max(
    0,
    ...changes.map((last) =>
      changes
        .filter((one) => one.at <= last.at && one.at > last.at - lengthMs)
        .reduce((total, { by }) => total + by, 0),
    ),
  );
}

export interface ShownEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** As `kubectl describe` asks: by kind, name, namespace and uid. */
export async function eventsOf(
  kubernetes: Kubernetes,
  path: string,
  kind: string,
  reason?: string,
): Promise<readonly ShownEvent[]> {
  const { body } = await kubernetes.request('GET', path);
  const fields = {
    'involvedObject.kind': kind,
    'involvedObject.name': textAt(body, 'metadata', 'name'),
    'involvedObject.namespace': shop,
    'involvedObject.uid': textAt(body, 'metadata', 'uid'),
    ...(reason === undefined ? {} : { reason }),
  };
  const selector = Object.entries(fields)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const found = await kubernetes.request(
    'GET',
    `/api/v1/namespaces/${shop}/events?fieldSelector=${encodeURIComponent(selector)}`,
  );
  return listAt(found.body, 'items').map((event) => ({
    type: textAt(event, 'type'),
    reason: textAt(event, 'reason'),
    message: textAt(event, 'message'),
  }));
}

/** How many writes of scales the API server has refused because the object had moved. */
export async function scaleConflicts(kubernetes: Kubernetes): Promise<number> {
  const { text } = await kubernetes.request('GET', '/metrics');
  return text
    .split('\n')
    .filter(
      (line) =>
        line.startsWith('apiserver_request_total{') &&
        line.includes('code="409"') &&
        line.includes('subresource="scale"'),
    )
    .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
}

export const annotationOf = (object: unknown, name: string): unknown => at(object, 'metadata', 'annotations', name);
