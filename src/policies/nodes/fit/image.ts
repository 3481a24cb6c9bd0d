// What the pods of one node take of it together, summed once for as long as they are the same.
import type { Container, Pod, PodSpec } from '../../../model/kubernetes.ts';
import { addRequests, isMirror, isOfDaemonSet, isTerminal } from '../../pod-facts.ts';
import { changedPart, isNothing, type Part } from './changed-part.ts';
import { antiTermsOf, kinFor, type Kin } from './needs.ts';

export interface HostPort {
  readonly port: number;
  readonly protocol: string;
  readonly address: string;
}

export type Counted = readonly (readonly [Kin, number])[];

const everyAddress = '0.0.0.0';
const addressOf = (hostIP: string | undefined): string =>
  (hostIP === undefined || hostIP === '::' ? '' : hostIP) || everyAddress;

export const portsOf = (spec: PodSpec | undefined): readonly HostPort[] =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? []).filter(runsOn)].flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort = 0, protocol = 'TCP', hostIP }) =>
      hostPort > 0 ? [{ port: hostPort, protocol, address: addressOf(hostIP) }] : [],
    ),
  );

const runsOn = (container: Container): boolean => container.restartPolicy === 'Always';

export const collides = (one: HostPort, other: HostPort): boolean =>
  one.port === other.port &&
  one.protocol === other.protocol &&
  (one.address === other.address || one.address === everyAddress || other.address === everyAddress);

export const claimsOf = ({
  metadata,
  spec,
}: {
  readonly metadata?: Partial<Pod['metadata']>;
  readonly spec?: PodSpec;
}) =>
  (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim === undefined ? [] : [`${metadata?.namespace ?? ''}/${persistentVolumeClaim.claimName}`],
  );

function counted(kins: readonly Kin[]): Counted {
  const counts = new Map<Kin, number>();
  for (const kin of kins) counts.set(kin, (counts.get(kin) ?? 0) + 1);
  return [...counts];
}

/** Beside its requests nothing of it counts for others, or for the node. */
const isPlain = ({ spec }: Pod): boolean =>
  spec?.volumes === undefined &&
  spec?.topologySpreadConstraints === undefined &&
  spec?.affinity === undefined &&
  spec?.containers?.some(({ ports }) => ports !== undefined) !== true &&
  spec?.initContainers === undefined;

const comesWithNode = (pod: Pod): boolean => isOfDaemonSet(pod) || isMirror(pod);

const emptied: readonly never[] = [];

/** Those that have not ended; between these places somebody may have. */
function runningOf(pods: readonly Pod[], from: number, until: number): readonly Pod[] {
  for (let index = from; index < until; index += 1) {
    const pod = pods[index];
    if (pod !== undefined && isTerminal(pod)) return pods.filter((one) => !isTerminal(one));
  }
  return pods;
}

export class Image {
  /** those that have not ended */
  readonly pods: readonly Pod[];
  /** of those, the ones that come and go with their node: of DaemonSets, and static ones */
  readonly daemons: readonly Pod[] = emptied;
  readonly ports: readonly HostPort[] = emptied;
  readonly claims: readonly string[] = emptied;
  /** pods that keep others away */
  readonly keeping: Counted = emptied;
  /** the namespaces of those that are spread, or look at others in another way */
  readonly ruled: readonly string[] = emptied;
  /** where the census has seen it last */
  row = -1;
  readonly #sums: Readonly<Record<string, number>>;
  /** by index; told apart only for those that somebody asks about */
  #kins: (Kin | undefined)[] | null = null;

  constructor(pods: readonly Pod[], before: Image | null = null) {
    // Who was running before runs still: only the others are asked.
    const open = before === null ? null : changedPart(before.pods, pods);
    this.pods = runningOf(pods, open?.from ?? 0, open?.until ?? pods.length);
    const part = before === null || this.pods === pods ? open : changedPart(before.pods, this.pods);
    if (before !== null && part !== null) this.#kins = before.#kinsWithout(part, this.pods.length);
    const sums = before === null || part === null ? null : before.#sumsAfter(part, this.pods);
    if (before !== null && sums !== null) {
      this.daemons = before.daemons;
      this.ports = before.ports;
      this.claims = before.claims;
      this.keeping = before.keeping;
      this.ruled = before.ruled;
      this.#sums = sums;
      return;
    }
    const all: Record<string, number> = {};
    const daemons: Pod[] = [];
    const ports: HostPort[] = [];
    const claims: string[] = [];
    const keeping: Kin[] = [];
    const ruled: string[] = [];
    for (const pod of this.pods) {
      const { spec, metadata } = pod;
      if (comesWithNode(pod)) daemons.push(pod);
      if (spec === undefined) continue;
      addRequests(all, spec);
      if (isPlain(pod)) continue;
      ports.push(...portsOf(spec));
      if (spec.volumes !== undefined) claims.push(...claimsOf(pod));
      if (spec.topologySpreadConstraints !== undefined || spec.affinity !== undefined)
        ruled.push(metadata.namespace ?? '');
      if (antiTermsOf(spec).length > 0) keeping.push(kinFor(pod));
    }
    if (daemons.length > 0) this.daemons = daemons;
    if (ports.length > 0) this.ports = ports;
    if (claims.length > 0) this.claims = claims;
    if (keeping.length > 0) this.keeping = counted(keeping);
    if (ruled.length > 0) this.ruled = ruled;
    this.#sums = all;
  }

  /** What they request together. */
  sumOf(resource: string): number {
    return this.#sums[resource] ?? 0;
  }

  /** How one of them looks to the rules of others. */
  kin(index: number): Kin {
    const kins = (this.#kins ??= []);
    return (kins[index] ??= kinFor(this.pods[index] ?? {}));
  }

  #kinsWithout({ from, untilBefore, until }: Part, pods: number): (Kin | undefined)[] | null {
    const kins = this.#kins;
    if (kins === null) return null;
    const moved = untilBefore - until;
    return Array.from({ length: pods }, (_, index) =>
      index < from ? kins[index] : index < until ? undefined : kins[index + moved],
    );
  }

  /** Less what has gone, and with what has come. null: more than requests has changed, or the numbers are too large to be exact. */
  #sumsAfter({ from, untilBefore, until }: Part, pods: readonly Pod[]): Readonly<Record<string, number>> | null {
    const gone = this.pods.slice(from, untilBefore);
    const come = pods.slice(from, until);
    for (const pod of gone) if (!isPlain(pod) || comesWithNode(pod)) return null;
    for (const pod of come) if (!isPlain(pod) || comesWithNode(pod)) return null;
    const less: Record<string, number> = {};
    const more: Record<string, number> = {};
    for (const { spec } of gone) addRequests(less, spec);
    for (const { spec } of come) addRequests(more, spec);
    const sums = { ...this.#sums };
    for (const name in less) sums[name] = (sums[name] ?? 0) - (less[name] ?? 0);
    for (const name in more) sums[name] = (sums[name] ?? 0) + (more[name] ?? 0);
    for (const name in sums)
      if (!Number.isSafeInteger(sums[name]) || !Number.isSafeInteger(this.sumOf(name))) return null;
    return sums;
  }
}

export const nobody = new Image([]);
const ofList = new WeakMap<readonly Pod[], { readonly length: number; readonly image: Image }>();
const remembered = new WeakMap<Pod, { readonly of: readonly Pod[]; readonly image: Image }>();

/** The watch keeps unchanged pods identical: a node whose pods are the same objects as before is not summed again. A list may grow, but nobody in it is exchanged. */
export function imageOf(pods: readonly Pod[]): Image {
  const [first] = pods;
  if (first === undefined) return nobody;
  const same = ofList.get(pods);
  if (same?.length === pods.length) return same.image;
  const image = imageOfEqual(first, pods);
  ofList.set(pods, { length: pods.length, image });
  return image;
}

function imageOfEqual(first: Pod, pods: readonly Pod[]): Image {
  const known = remembered.get(first);
  if (known !== undefined && isNothing(changedPart(known.of, pods))) return known.image;
  const of = pods.slice();
  const image = new Image(of, known?.image);
  remembered.set(first, { of, image });
  return image;
}
