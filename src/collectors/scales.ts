// Targets of custom kinds: listed by their metadata where a selector means them, then read by their scales, kind by kind.
import type { CustomKind, CustomObjects } from '../clients/kubernetes/custom-objects.ts';
import type { KubernetesWrites } from '../clients/kubernetes/writes.ts';
import type { Config, PodPolicy } from '../model/config.ts';
import type { ObjectMeta, Scale } from '../model/kubernetes.ts';
import { labelSelectorText } from '../model/label-selector-text.ts';
import { targetKey, type TargetRef } from '../model/target.ts';
import { eachLimited } from '../parallel.ts';
import { globMatches, isPattern } from '../targets/glob.ts';
import { isCustomKind, scalesOfKind } from '../targets/kinds.ts';
import { Gathering } from './gathering.ts';

export interface ScaleSource {
  readonly writes: Pick<KubernetesWrites, 'readScale'>;
  readonly custom: CustomObjects;
}

type Many = Extract<PodPolicy['aim'], { kind: 'many' }>;

/** What all policies mean of one custom kind. */
export interface WantedKind {
  readonly kind: CustomKind;
  readonly named: ReadonlyMap<string, TargetRef>;
  readonly lists: readonly { readonly namespace: string | undefined; readonly labelSelector: string }[];
}

const atOnce = 8;
/** Beyond so many, one list of the whole cluster is less work for the API server than one a namespace. */
const mostLists = 20;
/** A kind whose server answers late must not take the whole collection's time. */
const kindBudget = 6_000;

export function customKindsOf(config: Config): readonly WantedKind[] {
  const kinds = new Map<string, { kind: CustomKind; named: Map<string, TargetRef>; aims: Many[] }>();
  const kindOf = (kind: CustomKind): { named: Map<string, TargetRef>; aims: Many[] } => {
    const name = scalesOfKind(kind);
    const known = kinds.get(name) ?? { kind, named: new Map<string, TargetRef>(), aims: [] };
    kinds.set(name, known);
    return known;
  };
  for (const { aim } of config.podPolicies) {
    const kind = aim.kind === 'one' ? aim.target.kind : aim.targetKind;
    const { apiVersion = 'apps/v1' } = aim.kind === 'one' ? aim.target : aim;
    if (!isCustomKind({ apiVersion, kind })) continue;
    if (aim.kind === 'one') kindOf({ apiVersion, kind }).named.set(targetKey(aim.target), aim.target);
    else kindOf({ apiVersion, kind }).aims.push(aim);
  }
  const visible = config.daemon.kubernetes.namespaces;
  return [...kinds.values()].map(({ kind, named, aims }) => ({ kind, named, lists: listsOf(aims, visible) }));
}

/** Namespaces and selectors are left to the API server; patterns only it cannot match. */
function listsOf(aims: readonly Many[], visible: readonly string[]): WantedKind['lists'] {
  const lists = new Map<string, WantedKind['lists'][number]>();
  for (const aim of aims) {
    const labelSelector = labelSelectorText(aim.selector);
    const within =
      visible.length > 0
        ? visible.filter((namespace) => aim.namespaces.some((pattern) => globMatches(pattern, namespace)))
        : aim.namespaces.some(isPattern) || aim.namespaces.length > mostLists
          ? [undefined]
          : aim.namespaces;
    for (const namespace of within) lists.set(`${namespace ?? ''} ${labelSelector}`, { namespace, labelSelector });
  }
  return [...lists.values()];
}

/** Everything of one kind: an object whose scale cannot be read is there without its replicas, and named. */
export async function collectScales(
  source: ScaleSource,
  { kind, named, lists }: WantedKind,
  collection: Gathering,
): Promise<readonly Scale[]> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), kindBudget);
  const gathering = new Gathering(AbortSignal.any([collection.signal, controller.signal]));
  try {
    const found = new Map<string, { readonly target: TargetRef; readonly metadata: ObjectMeta | null }>();
    for (const [key, target] of named) found.set(key, { target, metadata: null });
    await eachLimited(lists, atOnce, async (where) => {
      const listed = await gathering.read('kubernetes', scalesOfKind(kind), (signal) =>
        source.custom.list(kind, where, signal),
      );
      for (const metadata of listed ?? []) {
        const target = { ...kind, namespace: metadata.namespace ?? '', name: metadata.name };
        found.set(targetKey(target), { target, metadata });
      }
    });
    const scales = await eachLimited([...found.values()], atOnce, ({ target, metadata }) =>
      scaleOf(source, { ...kind, ...target }, metadata, gathering),
    );
    return scales.flatMap((scale) => scale ?? []);
  } finally {
    clearTimeout(timer);
    // several lists of one kind fail for the same reason: once is enough
    const told = new Map(gathering.errors.map((error) => [error.what, error]));
    for (const { source: from, what, code, message } of told.values()) collection.fail(from, what, code, message);
  }
}

/** With the labels and annotations of the object itself: a pause is written there, and must never be overlooked. */
async function scaleOf(
  { writes, custom }: ScaleSource,
  target: TargetRef & CustomKind,
  listed: ObjectMeta | null,
  gathering: Gathering,
): Promise<Scale | null> {
  const { apiVersion, kind } = target;
  const read = await gathering.read('kubernetes', `scales ${targetKey(target)}`, async (signal) => {
    const [scale, metadata] = await Promise.all([
      writes.readScale(target, signal),
      listed ?? custom.read(target, signal),
    ]);
    return { ...scale, metadata: { ...metadata, ...scale.metadata } };
  });
  if (read !== undefined) return read;
  return listed === null ? null : { metadata: listed, target: { kind, apiVersion } };
}
