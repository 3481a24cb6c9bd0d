// What really happened in a true API server, event by event, with the moment at which each was heard.
import { get } from 'node:https';
import { numberAt, listAt, textAt } from '../servers/json.ts';
import type { Kubernetes } from '../servers/kubernetes.ts';

export interface SeenEvent {
  readonly at: number;
  readonly type: string;
  readonly object: unknown;
}

export interface Watching {
  /** The objects at its beginning are its first events, as ADDED. */
  readonly events: readonly SeenEvent[];
  /** Why it ended before it was stopped; null while it goes on. */
  readonly broken: () => string | null;
  stop(): void;
}

export async function watch(kubernetes: Kubernetes, path: string): Promise<Watching> {
  const list = await kubernetes.request('GET', path);
  if (list.status !== 200) throw new Error(`GET ${path}: ${list.text}`);
  const events: SeenEvent[] = listAt(list.body, 'items').map((object) => ({ at: Date.now(), type: 'ADDED', object }));
  let stopped = false;
  let broken: string | null = null;
  const breaks = (why: string): void => {
    if (!stopped) broken ??= why;
  };
  const version = textAt(list.body, 'metadata', 'resourceVersion');
  const request = get(
    `${kubernetes.url}${path}${path.includes('?') ? '&' : '?'}watch=1&timeoutSeconds=3600&resourceVersion=${version}`,
    { ca: kubernetes.certificateAuthority, headers: { authorization: `Bearer ${kubernetes.token}` } },
    (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const at = Date.now();
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const event = JSON.parse(line) as Omit<SeenEvent, 'at'>;
          events.push({ at, ...event });
        }
      });
      response.on('close', () => breaks('the watch was closed'));
      response.on('error', (error) => breaks(error.message));
    },
  );
  request.on('error', (error) => breaks(error.message));
  return {
    events,
    broken: () => broken,
    stop: () => {
      stopped = true;
      request.destroy();
    },
  };
}

/** How often a budget was seen, how often it was broken, and how tight it got. */
export function budgetRecord(events: readonly SeenEvent[]): { seen: number; broken: number; least: number } {
  const shortfalls = events.map(
    ({ object }) => numberAt(object, 'status', 'currentHealthy') - numberAt(object, 'status', 'desiredHealthy'),
  );
  return {
    seen: shortfalls.length,
    broken: shortfalls.filter((margin) => margin < 0).length,
    least: Math.min(...shortfalls),
  };
}
