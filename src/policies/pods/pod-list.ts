// What a list of pods says by itself, read once: lists and pods that have not changed are the same objects in every tick.
import type { Container, Pod } from '../../model/kubernetes.ts';
import { parseMilli } from '../../model/quantity.ts';
import { instantOf, type Instant } from '../../model/units.ts';
import { conditionOf, isDeleting, isTerminal } from '../pod-facts.ts';
import type { Seats } from './seats.ts';

type Pods = readonly Pod[];

export class PodList {
  readonly #pods: Pods;
  readonly names: readonly string[];
  /** neither ended nor on their way out */
  readonly existing: number;
  readonly readyRunning: number;
  /** all Running, none being deleted, none with Ready=False or without a start: null where that is not so; else when the last one started */
  readonly quietSince: Instant | null;
  #claim = 0;
  #seats: { readonly of: Seats; readonly list: readonly number[] } | null = null;

  /** what was asked for last: most policies ask for one resource only */
  #requests: KnownRequests | null = null;

  constructor(pods: Pods) {
    let [existing, readyRunning, latest, quiet] = [0, 0, 0, true];
    for (const pod of pods) {
      const ready = conditionOf(pod, 'Ready');
      const isRunning = pod.status?.phase === 'Running';
      if (!isTerminal(pod) && !isDeleting(pod)) existing += 1;
      if (isRunning && ready?.status === 'True') readyRunning += 1;
      const started = instantOf(pod.status?.startTime);
      if (!isRunning || isDeleting(pod) || ready === undefined || ready.status === 'False' || started === null)
        quiet = false;
      else latest = Math.max(latest, started);
    }
    this.#pods = pods;
    this.names = pods.map((pod) => pod.metadata.name);
    this.existing = existing;
    this.readyRunning = readyRunning;
    this.quietSince = quiet ? (latest as Instant) : null;
  }

  /** Whether it was claimed before, on behalf of the same claim. */
  isClaimedBy(claim: number): boolean {
    const before = this.#claim === claim;
    this.#claim = claim;
    return before;
  }

  requests(resource: 'cpu' | 'memory', container: string | null): Requests | NoRequest {
    let known = this.#requests;
    if (known?.resource !== resource || known.container !== container)
      this.#requests = known = { resource, container, requests: readRequests(this.#pods, resource, container) };
    return known.requests;
  }

  /** The pods are all of one namespace. */
  seatsIn(seats: Seats, namespace: string): readonly number[] {
    if (this.#seats?.of !== seats)
      this.#seats = { of: seats, list: this.names.map((name) => seats.seatOf(namespace, name)) };
    return this.#seats.list;
  }
}

let claims = 0;

/** A number: an object of this tick, kept by each of thousands of old lists, would have the collector look at all of them. */
export const newClaim = (): number => ++claims;

const lists = new WeakMap<Pods, PodList>();

export function podListOf(pods: Pods): PodList {
  let list = lists.get(pods);
  if (list === undefined) lists.set(pods, (list = new PodList(pods)));
  return list;
}

/** A pod's own request; null where a container has none: a utilization of nothing has no meaning. */
export function requestOf(pod: Pod, resource: 'cpu' | 'memory', container: string | null): number | null {
  const { spec } = pod;
  const whole = container === null ? parseMilli(spec?.resources?.requests?.[resource]) : null;
  if (whole !== null) return whole;
  let found = 0;
  let total = 0;
  const add = (one: Container): boolean => {
    if (container !== null && one.name !== container) return true;
    const request = one.resources?.requests?.[resource];
    if (request === undefined) return false;
    found += 1;
    total += parseMilli(request) ?? 0;
    return true;
  };
  for (const one of spec?.containers ?? []) if (!add(one)) return null;
  for (const one of spec?.initContainers ?? []) if (one.restartPolicy === 'Always' && !add(one)) return null;
  return found === 0 ? null : total;
}

/** In thousandths. */
export interface Requests {
  readonly each: readonly number[];
  readonly total: number;
}

/** The name of the first pod that has none. */
export type NoRequest = string;

/** What some container's request was asked for; null: all of them together. */
interface KnownRequests {
  readonly resource: 'cpu' | 'memory';
  readonly container: string | null;
  readonly requests: Requests | NoRequest;
}

function readRequests(pods: Pods, resource: 'cpu' | 'memory', container: string | null): Requests | NoRequest {
  const each: number[] = [];
  let total = 0;
  for (const pod of pods) {
    const request = requestOf(pod, resource, container);
    if (request === null) return pod.metadata.name;
    each.push(request);
    total += request;
  }
  return { each, total };
}
