// Faults of the API server and its nodes, switched by name while the world runs.
import { ApiError } from '../status.ts';
import type { Random } from '../../random.ts';

/** All faults and what each does. A "once" acts at the moment it is set, the others last until cleared or used up. */
const kubernetesFaults = {
  watch410: {
    lasts: 'once',
    does: 'ends every watch with ERROR 410 Expired and forgets the history: all must list again',
  },
  watchDrop: { lasts: 'once', does: 'destroys the socket of every watch' },
  watchSilent: { lasts: 'until cleared', does: 'watches stay open but say nothing more; those opened meanwhile too' },
  http500: { lasts: 'until cleared', does: 'answers 500 InternalError' },
  http429: { lasts: 'until cleared', does: 'answers 429 TooManyRequests with Retry-After' },
  slow: { lasts: 'until cleared', does: 'delays each answer by `delay` milliseconds of real time (default 1000)' },
  garbage: { lasts: 'until cleared', does: 'answers 200 with a body that is not JSON' },
  half: { lasts: 'until cleared', does: 'cuts the connection after half of the body' },
  conflictOnScale: {
    lasts: 'until cleared',
    does: 'answers writes of scale with 409 Conflict (default: the next one)',
  },
  evictionRefused: { lasts: 'until cleared', does: 'answers evictions with 429 as a disruption budget would' },
  evictionDenied: {
    lasts: 'until cleared',
    does: 'answers evictions with 403, in the words of an admission webhook that denies them',
  },
  nodeNotReady: { lasts: 'until cleared', does: 'nodeNotReady:NAME: the kubelet of NAME reports Ready=False' },
  nodeDead: {
    lasts: 'until cleared',
    does: 'nodeDead:NAME: the kubelet of NAME falls silent; Ready=Unknown after 40 s',
  },
} as const satisfies Record<string, { readonly lasts: 'once' | 'until cleared'; readonly does: string }>;

type Kind = keyof typeof kubernetesFaults;
type NodeFault = 'nodeNotReady' | 'nodeDead';
export type KubernetesFault = Exclude<Kind, NodeFault> | `${NodeFault}:${string}`;

export interface FaultSettings {
  /** The share of matching requests that are hit, 0 to 1 (default 1). */
  readonly share?: number;
  /** Ends after this many hits. */
  readonly count?: number;
  /** Only requests whose path contains this text. */
  readonly path?: string;
  /** Only this HTTP method. */
  readonly method?: string;
  /** http429: seconds (default 1). */
  readonly retryAfter?: number;
  /** slow: milliseconds of real time. */
  readonly delay?: number;
}

interface Active {
  readonly settings: FaultSettings;
  left: number;
}

export interface RequestFacts {
  readonly method: string;
  readonly path: string;
}

/** What the faults do to one request. */
export interface Disturbance {
  readonly error: ApiError | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly delay: number;
  readonly body: 'whole' | 'garbage' | 'half';
}

export class Faults {
  readonly #active = new Map<string, Active>();
  readonly #random: Random;
  readonly #changed: (name: string, on: boolean) => void;

  constructor(random: Random, changed: (name: string, on: boolean) => void) {
    this.#random = random;
    this.#changed = changed;
  }

  set(name: KubernetesFault, settings: FaultSettings = {}): void {
    const kind = kindOf(name);
    if (kubernetesFaults[kind].lasts === 'until cleared') {
      const count = settings.count ?? (kind === 'conflictOnScale' ? 1 : Infinity);
      this.#active.set(name, { settings, left: count });
    }
    this.#changed(name, true);
  }

  clear(name: KubernetesFault): void {
    if (this.#active.delete(name)) this.#changed(name, false);
  }

  clearAll(): void {
    for (const name of [...this.#active.keys()]) this.clear(name as KubernetesFault);
  }

  active(): string[] {
    return [...this.#active.keys()];
  }

  has(name: KubernetesFault): boolean {
    return this.#active.has(name);
  }

  disturb(request: RequestFacts): Disturbance {
    const slow = this.#hit('slow', request);
    const delay = slow === undefined ? 0 : (slow.delay ?? 1000);
    const body = this.#hit('garbage', request) ? 'garbage' : this.#hit('half', request) ? 'half' : 'whole';
    const told = (error: ApiError | undefined, headers: Record<string, string> = {}): Disturbance => ({
      error,
      headers,
      delay,
      body,
    });
    if (this.#hit('http500', request))
      return told(new ApiError(500, 'InternalError', 'Internal error occurred: a fault of the sandbox', {}));
    const limited = this.#hit('http429', request);
    if (limited) {
      const seconds = limited.retryAfter ?? 1;
      const error = new ApiError(
        429,
        'TooManyRequests',
        'the server has received too many requests and has asked us to try again later',
        {
          retryAfterSeconds: seconds,
        },
      );
      return told(error, { 'Retry-After': String(seconds) });
    }
    return told(undefined);
  }

  /** Whether a named fault hits now; one of its counted hits is used up. */
  strikes(name: 'conflictOnScale' | 'evictionRefused' | 'evictionDenied', request: RequestFacts): boolean {
    return this.#hit(name, request) !== undefined;
  }

  #hit(name: Kind & KubernetesFault, { method, path }: RequestFacts): FaultSettings | undefined {
    const fault = this.#active.get(name);
    if (fault === undefined) return undefined;
    const { settings } = fault;
    if (settings.path !== undefined && !path.includes(settings.path)) return undefined;
    if (settings.method !== undefined && settings.method !== method) return undefined;
    if (settings.share !== undefined && this.#random() >= settings.share) return undefined;
    fault.left -= 1;
    if (fault.left <= 0) this.clear(name);
    return settings;
  }
}

function kindOf(name: string): Kind {
  const kind = name.split(':')[0] ?? '';
  if (!(kind in kubernetesFaults))
    throw new Error(`unknown fault "${name}"; known: ${Object.keys(kubernetesFaults).join(', ')}`);
  return kind as Kind;
}
