// The rights on the custom kinds that policies name: what the API server calls their resources, and what is done with them.
import type { CustomKind } from '../clients/kubernetes/custom-objects.ts';
import type { Discovery } from '../clients/kubernetes/discovery.ts';
import type { Config, PodPolicy } from '../model/config.ts';
import { eachLimited } from '../parallel.ts';
import { groupOf, isCustomKind } from '../targets/kinds.ts';
import { isPattern } from '../targets/glob.ts';
import { needsOf, type Wanted } from './rights.ts';

interface Used {
  readonly kind: CustomKind;
  readonly places: Set<string | null>;
  isNamed: boolean;
  isListed: boolean;
  isScaled: boolean;
  isPutToSleep: boolean;
}

const unused = (kind: CustomKind): Used => ({
  kind,
  places: new Set(),
  isNamed: false,
  isListed: false,
  isScaled: false,
  isPutToSleep: false,
});

const atOnce = 4;
/** Who works in more namespaces than these is asked about the whole cluster, as its ClusterRole would be bound. */
const mostPlaces = 5;

function kindOf({ aim }: PodPolicy): CustomKind | null {
  const kind = aim.kind === 'one' ? aim.target.kind : aim.targetKind;
  const { apiVersion = 'apps/v1' } = aim.kind === 'one' ? aim.target : aim;
  return isCustomKind({ apiVersion, kind }) ? { apiVersion, kind } : null;
}

function placesOf({ aim }: PodPolicy, visible: readonly string[]): readonly (string | null)[] {
  if (aim.kind === 'one') return [aim.target.namespace];
  if (visible.length > 0) return visible;
  return aim.namespaces.some(isPattern) ? [null] : aim.namespaces;
}

function usedKinds(config: Config): readonly Used[] {
  const kinds = new Map<string, Used>();
  for (const policy of config.podPolicies) {
    const kind = kindOf(policy);
    if (kind === null) continue;
    const key = `${kind.apiVersion}/${kind.kind}`;
    const used = kinds.get(key) ?? unused(kind);
    kinds.set(key, used);
    const { acts, sleeps } = needsOf(policy, config.daemon.mode);
    for (const place of placesOf(policy, config.daemon.kubernetes.namespaces)) used.places.add(place);
    used.isNamed ||= policy.aim.kind === 'one';
    used.isListed ||= policy.aim.kind === 'many';
    used.isScaled ||= acts;
    used.isPutToSleep ||= sleeps;
  }
  return [...kinds.values()];
}

/** A kind that the server does not have, or that has no scale, needs no right: the collection says what is wrong with it. */
export async function customRightsFor(
  config: Config,
  discovery: Pick<Discovery, 'scalable'>,
): Promise<readonly Wanted[]> {
  const wanted = await eachLimited(usedKinds(config), atOnce, async (used): Promise<readonly Wanted[]> => {
    const { apiVersion, kind } = used.kind;
    const resource = await discovery.scalable(apiVersion, kind).then(
      ({ name }) => name,
      () => null,
    );
    if (resource === null) return [];
    const needs: readonly (readonly [resource: string, ...verbs: string[]])[] = [
      [
        resource,
        ...(used.isNamed ? ['get'] : []),
        ...(used.isListed ? ['list'] : []),
        ...(used.isPutToSleep ? ['patch'] : []),
      ],
      [`${resource}/scale`, 'get', ...(used.isScaled ? ['update'] : [])],
    ];
    const places = used.places.has(null) || used.places.size > mostPlaces ? [null] : [...used.places];
    const common = { group: groupOf(apiVersion), name: null, optional: false };
    return places.flatMap((namespace) =>
      needs.flatMap(([one, ...verbs]) => verbs.map((verb) => ({ ...common, verb, resource: one, namespace }))),
    );
  });
  return wanted.flat();
}
