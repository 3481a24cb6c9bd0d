// HPAs and ScaledObjects for tests, and what comes of them.
import { convertObjects, type Conversion, type ConvertOptions, type SourceKind } from '../../src/convert/convert.ts';
import type { PodPolicySpecDraft } from '../../src/convert/draft.ts';
import { loadFiles } from '../../src/config/load.ts';
import type { Problem } from '../../src/config/problem.ts';
import { goodTexts, inMemory } from '../config/files.ts';

type Fields = Readonly<Record<string, unknown>>;

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

export const hpa = (spec: Fields, metadata: Fields = {}, version = 'v2'): Fields => ({
  apiVersion: `autoscaling/${version}`,
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec: { scaleTargetRef: target, maxReplicas: 10, ...spec },
});

export const scaledObject = (spec: Fields, metadata: Fields = {}): Fields => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec: { scaleTargetRef: { name: 'web' }, maxReplicaCount: 10, ...spec },
});

export const prometheus = (metadata: Fields = {}, trigger: Fields = {}): Fields => ({
  type: 'prometheus',
  metadata: { serverAddress: 'http://prometheus:9090', query: 'sum(up)', threshold: '5', ...metadata },
  ...trigger,
});

export const office = (desiredReplicas: string, trigger: Fields = {}): Fields => ({
  type: 'cron',
  metadata: { timezone: 'Asia/Shanghai', start: '0 8 * * 1-5', end: '0 20 * * 1-5', desiredReplicas },
  ...trigger,
});

export const converted = (
  source: SourceKind,
  objects: readonly unknown[],
  options: Partial<ConvertOptions> = {},
): Conversion =>
  convertObjects(objects, source, {
    namespace: 'default',
    queries: new Map(),
    keepIgnoreNullValues: false,
    ...options,
  });

/** Of the only object. */
export function specOf(
  source: SourceKind,
  object: unknown,
  options: Partial<ConvertOptions> = {},
): PodPolicySpecDraft | null {
  return converted(source, [object], options).policies[0]?.document.spec ?? null;
}

/** The codes of the notes, without those that stand under every conversion. */
export function codesOf({ notes }: Conversion): string[] {
  const usual = ['Carried', 'DryRun', 'BoundsGradual', 'ServerOfTheDaemon', 'DefaultRates', 'HoldOnEmpty'];
  return notes.map(({ code }) => code).filter((code) => !usual.includes(code));
}

/** What a configuration directory with these policies is refused for. */
export function refusals({ policies }: Conversion): Problem[] {
  const text = policies.map(({ document }) => JSON.stringify(document)).join('\n---\n');
  return loadFiles(inMemory({ ...goodTexts, 'policies/web.yaml': text })).problems.filter(
    ({ severity }) => severity === 'error',
  );
}
