// Where a pod's volumes let it run: on the nodes that its bound ones can be reached from, or where a new one may be made.
import type {
  CSINode,
  NodeSelector,
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeClaim,
  PodSpec,
  ResourceList,
  StorageClass,
} from '../../../model/kubernetes.ts';
import { parseMilli } from '../../../model/quantity.ts';
import type { KubernetesFacts } from '../../../model/snapshot.ts';
import { isBound, isTerminal } from '../../pod-facts.ts';
import { claimsOf } from './image.ts';

export interface VolumeNeeds {
  /** why no node at all will do; null: some may */
  readonly never: string | null;
  /** each must match the node; with the claim's name, for people */
  readonly reach: readonly { readonly claim: string; readonly nodes: NodeSelector }[];
  /** claims that one pod alone may use */
  readonly exclusive: readonly string[];
  /** what the node must attach, by the driver that does it */
  readonly attach: readonly { readonly claim: string; readonly driver: string }[];
}

const noVolumes: VolumeNeeds = { never: null, reach: [], exclusive: [], attach: [] };

const zoneLabels = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
];

type Named = { readonly metadata: { readonly name: string; readonly namespace?: string } };
const named = new WeakMap<readonly Named[], ReadonlyMap<string, Named>>();

/** Made when it is first asked for, and kept as long as the list is the same. */
function byName<Kind extends Named>(list: readonly Kind[] | undefined): ReadonlyMap<string, Kind> | null {
  if (list === undefined) return null;
  const known = named.get(list);
  if (known !== undefined) return known as ReadonlyMap<string, Kind>;
  const made = new Map(
    list.map((one) => {
      const { name, namespace } = one.metadata;
      return [namespace === undefined ? name : `${namespace}/${name}`, one];
    }),
  );
  named.set(list, made);
  return made;
}

const saidBy = (nodes: readonly CSINode[]): ReadonlyMap<string, ReadonlyMap<string, number>> =>
  new Map(
    nodes.map(({ metadata, spec }) => [
      metadata.name,
      new Map(
        (spec?.drivers ?? []).flatMap(({ name, allocatable }) =>
          allocatable?.count === undefined ? [] : [[name, allocatable.count] as const],
        ),
      ),
    ]),
  );

const storageOf = (list: ResourceList | undefined): number => parseMilli(list?.['storage']) ?? 0;

interface AttachLimit {
  readonly most: number;
  /** said by the node; seen: nobody can read what nodes say, and no node bears more now */
  readonly by: 'said' | 'seen';
}

export class Volumes {
  readonly #facts: KubernetesFacts;
  #said: ReadonlyMap<string, ReadonlyMap<string, number>> | null = null;
  #seen: { readonly nodes: ReadonlySet<string>; readonly most: ReadonlyMap<string, number> } | null = null;

  constructor(facts: KubernetesFacts) {
    this.#facts = facts;
  }

  get #claims(): ReadonlyMap<string, PersistentVolumeClaim> | null {
    return byName(this.#facts.persistentvolumeclaims);
  }

  get #volumes(): ReadonlyMap<string, PersistentVolume> | null {
    return byName(this.#facts.persistentvolumes);
  }

  get #classes(): ReadonlyMap<string, StorageClass> | null {
    return byName(this.#facts.storageclasses);
  }

  needsOf(namespace: string, spec: PodSpec | undefined): VolumeNeeds {
    if (spec?.volumes === undefined) return noVolumes;
    const parts = spec.volumes.flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
      if (persistentVolumeClaim !== undefined) return [this.#claim(`${namespace}/${persistentVolumeClaim.claimName}`)];
      // It is made with the pod: wherever the pod goes, a new one is made there.
      return ephemeral === undefined ? [] : [this.#made(name ?? '', ephemeral.storageClassName, null)];
    });
    if (parts.length === 0) return noVolumes;
    return {
      never: parts.find(({ never }) => never !== null)?.never ?? null,
      reach: parts.flatMap(({ reach }) => reach),
      exclusive: parts.flatMap(({ exclusive }) => exclusive),
      attach: parts.flatMap(({ attach }) => attach),
    };
  }

  /** Who attaches a claim's volume; null: nobody has to, or it is not known. */
  driverOf(claim: string): string | null {
    const found = this.#claims?.get(claim);
    const volume = this.#volumes?.get(found?.spec?.volumeName ?? '');
    if (volume !== undefined) return volume.spec?.csi?.driver ?? null;
    const { storageClassName } = found?.spec ?? {};
    return this.#classes?.get(storageClassName ?? '')?.provisioner ?? null;
  }

  /** How many volumes of a driver a node can attach; null: it does not say, or does not exist yet. */
  limitOf(node: string, driver: string): AttachLimit | null {
    const { csinodes } = this.#facts;
    if (csinodes === undefined) return this.#seenLimit(node, driver);
    this.#said ??= saidBy(csinodes);
    const most = this.#said.get(node)?.get(driver);
    return most === undefined ? null : { most, by: 'said' };
  }

  /** Where no limit can be read: as many as some node bears now another one is believed to bear, and one at least. */
  #seenLimit(node: string, driver: string): AttachLimit | null {
    this.#seen ??= {
      nodes: new Set((this.#facts.nodes ?? []).map(({ metadata }) => metadata.name)),
      most: this.#mostAttached(),
    };
    return this.#seen.nodes.has(node) ? { most: Math.max(1, this.#seen.most.get(driver) ?? 0), by: 'seen' } : null;
  }

  /** On one node, by driver. */
  #mostAttached(): ReadonlyMap<string, number> {
    const claims = new Map<string, Set<string>>();
    for (const pod of this.#facts.pods ?? []) {
      if (pod.spec?.volumes === undefined || !isBound(pod) || isTerminal(pod)) continue;
      const { nodeName = '' } = pod.spec;
      const here = claims.get(nodeName) ?? new Set();
      claims.set(nodeName, here);
      for (const claim of claimsOf(pod)) here.add(claim);
    }
    const most = new Map<string, number>();
    for (const here of claims.values()) {
      const attached = new Map<string, number>();
      for (const claim of here) {
        const driver = this.driverOf(claim);
        if (driver !== null) attached.set(driver, (attached.get(driver) ?? 0) + 1);
      }
      for (const [driver, count] of attached) most.set(driver, Math.max(most.get(driver) ?? 0, count));
    }
    return most;
  }

  #claim(name: string): VolumeNeeds {
    const never = (why: string): VolumeNeeds => ({ ...noVolumes, never: why });
    if (this.#claims === null) return never('the list persistentvolumeclaims could not be read');
    const claim = this.#claims.get(name);
    if (claim === undefined) return never(`the claim ${name} is not there`);
    if (claim.metadata.deletionTimestamp !== undefined) return never(`the claim ${name} is being deleted`);
    const { volumeName = '', storageClassName, accessModes = [] } = claim.spec ?? {};
    const driver = this.driverOf(name);
    const own: VolumeNeeds = {
      ...noVolumes,
      exclusive: accessModes.includes('ReadWriteOncePod') ? [name] : [],
      attach: driver === null ? [] : [{ claim: name, driver }],
    };
    if (volumeName === '') {
      const made = this.#made(name, storageClassName, claim);
      return { ...own, never: made.never, reach: made.reach };
    }
    if (this.#volumes === null) return never('the list persistentvolumes could not be read');
    const volume = this.#volumes.get(volumeName);
    if (volume === undefined) return never(`the volume ${volumeName} of the claim ${name} is not there`);
    return { ...own, reach: reachOf(volume).map((nodes) => ({ claim: name, nodes })) };
  }

  /** Not bound yet: it will be, when a pod that uses it gets a node, if its class does so. */
  #made(name: string, className: string | undefined, claim: PersistentVolumeClaim | null): VolumeNeeds {
    const never = (why: string): VolumeNeeds => ({ ...noVolumes, never: why });
    if (this.#classes === null) return never('the list storageclasses could not be read');
    const storageClass =
      className === undefined ? [...this.#classes.values()].find(isDefault) : this.#classes.get(className);
    if (storageClass?.volumeBindingMode !== 'WaitForFirstConsumer') return never(`the claim ${name} is not bound`);
    const { provisioner = '', allowedTopologies = [] } = storageClass;
    const makes = provisioner !== '' && provisioner !== 'kubernetes.io/no-provisioner';
    if (makes && allowedTopologies.length === 0) return noVolumes;
    const nodeSelectorTerms: NodeSelectorTerm[] = makes ? allowedTopologies.map(termOfTopology) : [];
    for (const volume of this.#freeVolumes(storageClass.metadata.name, claim)) {
      const [nodes, ...more] = reachOf(volume);
      if (nodes === undefined) return noVolumes;
      // Its labels and its affinity must both match; they are never both there for one that is not bound yet.
      if (more.length === 0) nodeSelectorTerms.push(...(nodes.nodeSelectorTerms ?? []));
    }
    if (nodeSelectorTerms.length === 0) return never(`no volume is free for the claim ${name}`);
    return { ...noVolumes, reach: [{ claim: name, nodes: { nodeSelectorTerms } }] };
  }

  #freeVolumes(className: string, claim: PersistentVolumeClaim | null): readonly PersistentVolume[] {
    if (claim === null) return [];
    const { accessModes = [], resources } = claim.spec ?? {};
    const wanted = storageOf(resources?.requests);
    return [...(this.#volumes?.values() ?? [])].filter(
      ({ spec, status }) =>
        status?.phase === 'Available' &&
        spec?.storageClassName === className &&
        storageOf(spec.capacity) >= wanted &&
        accessModes.every((mode) => spec.accessModes?.includes(mode) === true),
    );
  }
}

const isDefault = ({ metadata }: StorageClass): boolean =>
  metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';

/** Any key, not only zones; and the labels that clouds write on volumes. */
function reachOf({ metadata, spec }: PersistentVolume): readonly NodeSelector[] {
  const required = spec?.nodeAffinity?.required;
  const labelled = zoneLabels.flatMap((key) => {
    const value = metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator: 'In', values: value.split('__') }];
  });
  const byLabels = labelled.length === 0 ? [] : [{ nodeSelectorTerms: [{ matchExpressions: labelled }] }];
  return required === undefined ? byLabels : [required, ...byLabels];
}

const termOfTopology = ({
  matchLabelExpressions = [],
}: NonNullable<StorageClass['allowedTopologies']>[number]): NodeSelectorTerm => ({
  matchExpressions: matchLabelExpressions.map(({ key, values = [] }) => ({ key, operator: 'In', values })),
});
