// A cluster on a virtual clock with a small HTTP client beside it, for the tests of this room.
import { onTestFinished } from 'vitest';
import { VirtualClock } from '../../../src/sandbox/clock.ts';
import { seededRandom } from '../../../src/sandbox/random.ts';
import { startKubernetes } from '../../../src/sandbox/kubernetes/world.ts';
import type { Instant, Milliseconds } from '../../../src/model/units.ts';
import type { KubernetesOptions, KubernetesWorld } from '../../../src/sandbox/kubernetes/world.ts';
import type { ObjectInput, Pod } from '../../../src/sandbox/kubernetes/objects.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // what a test reads out of an answer is stated by the test itself
  readonly body: Body;
}
export interface Body {
  kind?: string;
  reason?: string;
  message?: string;
  code?: number;
  details?: {
    causes?: { reason: string; message: string; field?: string }[];
    retryAfterSeconds?: number;
    name?: string;
  };
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number; [field: string]: unknown };
  items: Body[];
  spec: Record<string, unknown>;
  status: unknown;
  data?: Record<string, string>;
  resources?: { name: string; kind: string; verbs: string[]; version?: string }[];
  groups?: { name: string; versions: { version: string }[] }[];
  gitVersion?: string;
}

export interface TestWorld extends KubernetesWorld {
  readonly clock: VirtualClock;
  advance(seconds: number): void;
  call(method: string, path: string, body?: unknown, options?: { type?: string; token?: string }): Promise<Reply>;
  watch(path: string): Promise<TestWatch>;
}
export interface WatchEvent {
  type: string;
  object: Body;
}
export interface TestWatch {
  /** The next event; undefined at the end of the stream. */
  next(): Promise<WatchEvent | undefined>;
  close(): void;
}

export async function testWorld(options: Partial<KubernetesOptions> = {}): Promise<TestWorld> {
  const clock = new VirtualClock(Date.parse('2026-03-02T08:00:00Z') as Instant);
  const world = await startKubernetes({ clock, random: seededRandom(7), ...options });
  onTestFinished(() => world.close());
  const headers = (token = world.token): Record<string, string> =>
    token === '' ? {} : { Authorization: `Bearer ${token}` };
  return Object.assign(world, {
    clock,
    advance: (seconds: number) => clock.advance((seconds * 1000) as Milliseconds),
    call: async (
      method: string,
      path: string,
      body?: unknown,
      { type = 'application/json', token }: { type?: string; token?: string } = {},
    ) => {
      const response = await fetch(world.url + path, {
        method,
        headers: { ...headers(token), ...(body === undefined ? {} : { 'Content-Type': type }) },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const parsed = text.startsWith('{') ? (JSON.parse(text) as Body) : ({ message: text } as Body);
      return { status: response.status, headers: response.headers, body: parsed };
    },
    watch: (path: string) => openWatch(world.url + path, headers()),
  });
}

async function openWatch(url: string, headers: Record<string, string>): Promise<TestWatch> {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let buffer = '';
  return {
    next: async () => {
      for (;;) {
        const end = buffer.indexOf('\n');
        if (end >= 0) {
          const line = buffer.slice(0, end);
          buffer = buffer.slice(end + 1);
          return JSON.parse(line) as WatchEvent;
        }
        const chunk = await reader.read().catch(() => ({ done: true, value: undefined }));
        if (chunk.done || chunk.value === undefined) return undefined;
        buffer += decoder.decode(chunk.value, { stream: true });
      }
    },
    close: () => abort.abort(),
  };
}

export const configMap = (
  name: string,
  data: Record<string, string> = {},
  labels?: Record<string, string>,
): ObjectInput => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(labels === undefined ? {} : { labels }) },
  data,
});

export const deployment = (
  name: string,
  replicas: number,
  cpu = '500m',
  more: Record<string, unknown> = {},
): ObjectInput => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name }, annotations: { 'sandbox.springtide.io/startup-seconds': '10' } },
      spec: { containers: [{ name: 'main', image: 'web:1', resources: { requests: { cpu, memory: '64Mi' } } }] },
    },
    ...more,
  },
});

export const budget = (name: string, spec: Record<string, unknown>, version: string): ObjectInput => ({
  apiVersion: version,
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'default' },
  spec,
});

export const scheduledMessage = (pod: Pod): string | undefined =>
  pod.status.conditions?.find((one) => one.type === 'PodScheduled')?.message;
export const names = (items: readonly { metadata: { [field: string]: unknown } }[]): unknown[] =>
  items.map((item) => item.metadata['name']);

export function asking(cpu: string, more: Record<string, string> = {}): Record<string, unknown> {
  return { name: 'main', image: 'web:1', resources: { requests: { cpu, ...more } } };
}

export function pod(name: string, spec: Record<string, unknown>, labels: Record<string, string> = {}): ObjectInput {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec };
}
