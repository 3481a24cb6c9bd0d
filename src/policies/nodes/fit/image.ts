// What the pods of one node take of it together, summed once for as long as they are the same.
import type { Container, Pod, PodSpec } from '../../../model/kubernetes.ts';
import { isMirror, isOfDaemonSet, isTerminal } from '../../pod-facts.ts';
import type { Family } from '../families.ts';
import { changedPart, isNothing, type Part } from './changed-part.ts';
import { antiTermsOf, kinFor, type Kin } from './needs.ts';
import { Tally } from './tally.ts';

export interface HostPort {
  readonly port: number;
  readonly protocol: string;
  readonly address: string;
}

export type Counted = readonly (readonly [Kin, number])[];

const everyAddress = '0.0.0.0';
const addressOf = (hostIP: string | undefined): string =>
  (hostIP === undefined || hostIP === '::' ? '' : hostIP) || everyAddress;

const noPorts: readonly HostPort[] = [];
const asksForPorts = ({ ports }: Container): boolean => ports !== undefined;

export function portsOf(spec: PodSpec | undefined): readonly HostPort[] {
  const { containers = [], initContainers = [] } = spec ?? {};
  if (!containers.some(asksForPorts) && !initContainers.some(asksForPorts)) return noPorts;
  return [...containers, ...initContainers.filter(runsOn)].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, protocol = 'TCP', hostIP }) =>
      hostPort > 0 ? [{ port: hostPort, protocol, address: addressOf(hostIP) }] : [],
    ),
  );
}

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
export const isPlain = ({ spec }: Pod): boolean =>
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

/** What the pods of a node are to others, and take of it. */
interface Content {
  /** those that have not ended */
  readonly pods: readonly Pod[];
  /** of those, the ones that come and go with their node: of DaemonSets, and static ones */
  readonly daemons: readonly Pod[];
  readonly ports: readonly HostPort[];
  readonly claims: readonly string[];
  /** pods that keep others away */
  readonly keeping: Counted;
  /** the namespaces of those that are spread, or look at others in another way */
  readonly ruled: readonly string[];
  readonly tally: Tally;
}

/** What an image is made of, gathered pod by pod. One for each of thousands of nodes in the first tick: `private` is made faster than `#`. */
export class Parts {
  private readonly tally = new Tally();
  private ended = false;
  private daemons: Pod[] | null = null;
  private ports: HostPort[] | null = null;
  private claims: string[] | null = null;
  private keeping: Kin[] | null = null;
  private ruled: string[] | null = null;

  take(pod: Pod): void {
    if (isTerminal(pod)) {
      this.ended = true;
      return;
    }
    const { spec } = pod;
    if (comesWithNode(pod)) (this.daemons ??= []).push(pod);
    if (spec === undefined) return;
    this.tally.add(spec, 1);
    if (!isPlain(pod)) this.takeRules(pod, spec);
  }

  /** What others request. */
  add(cpu: number, memory: number): void {
    this.tally.addAmounts(cpu, memory);
  }

  /** `pods`: all that were taken or added. */
  contentOf(pods: readonly Pod[]): Content {
    return {
      pods: this.ended ? pods.filter((pod) => !isTerminal(pod)) : pods,
      daemons: this.daemons ?? emptied,
      ports: this.ports ?? emptied,
      claims: this.claims ?? emptied,
      keeping: this.keeping === null ? emptied : counted(this.keeping),
      ruled: this.ruled ?? emptied,
      tally: this.tally,
    };
  }

  /** Of one that runs: all but what it requests. */
  takeRules(pod: Pod, spec: PodSpec): void {
    const ports = portsOf(spec);
    if (ports.length > 0) (this.ports ??= []).push(...ports);
    if (spec.volumes !== undefined) {
      const claims = claimsOf(pod);
      if (claims.length > 0) (this.claims ??= []).push(...claims);
    }
    if (spec.topologySpreadConstraints === undefined && spec.affinity === undefined) return;
    (this.ruled ??= []).push(pod.metadata.namespace ?? '');
    if (antiTermsOf(spec).length > 0) (this.keeping ??= []).push(kinFor(pod));
  }
}

function contentOf(pods: readonly Pod[]): Content {
  const parts = new Parts();
  for (const pod of pods) parts.take(pod);
  return parts.contentOf(pods);
}

type Kins = (Kin | undefined)[];

export class Image implements Content {
  readonly pods: Content['pods'];
  readonly daemons: Content['daemons'];
  readonly ports: Content['ports'];
  readonly claims: Content['claims'];
  readonly keeping: Content['keeping'];
  readonly ruled: Content['ruled'];
  readonly tally: Tally;
  /** where the census has seen it last */
  row = -1;
  /** by index; told apart only for those that somebody asks about */
  #kins: Kins | null;
  /** by index, where it is known whose they are */
  readonly #families: readonly Family[] | null;

  constructor(content: Content, families: readonly Family[] | null, kins: Kins | null) {
    this.pods = content.pods;
    this.daemons = content.daemons;
    this.ports = content.ports;
    this.claims = content.claims;
    this.keeping = content.keeping;
    this.ruled = content.ruled;
    this.tally = content.tally;
    this.#families = families;
    this.#kins = kins;
  }

  /** The one of those that are here now. */
  after(now: readonly Pod[]): Image {
    // Who was running before runs still: only the others are asked.
    const open = changedPart(this.pods, now);
    const pods = runningOf(now, open.from, open.until);
    const part = pods === now ? open : changedPart(this.pods, pods);
    const tally = this.#tallyAfter(part, pods);
    const content = tally === null ? contentOf(pods) : { ...this.#content, pods, tally };
    return new Image(content, null, this.#kinsWithout(part, pods.length));
  }

  /** What they request together. */
  sumOf(resource: string): number {
    return this.tally.of(resource);
  }

  namespaceOf(index: number): string {
    return this.#families?.[index]?.namespace ?? this.pods[index]?.metadata.namespace ?? '';
  }

  /** How one of them looks to the rules of others. */
  kin(index: number): Kin {
    const kins = (this.#kins ??= []);
    return (kins[index] ??= this.#families?.[index]?.kinOf(this.pods[index] ?? {}) ?? kinFor(this.pods[index] ?? {}));
  }

  get #content(): Content {
    const { pods, daemons, ports, claims, keeping, ruled, tally } = this;
    return { pods, daemons, ports, claims, keeping, ruled, tally };
  }

  #kinsWithout({ from, untilBefore, until }: Part, pods: number): Kins | null {
    const kins = this.#kins;
    if (kins === null) return null;
    const moved = untilBefore - until;
    return Array.from({ length: pods }, (_, index) =>
      index < from ? kins[index] : index < until ? undefined : kins[index + moved],
    );
  }

  /** Less what has gone, and with what has come. null: more than requests has changed, or the numbers are too large to be exact. */
  #tallyAfter({ from, untilBefore, until }: Part, pods: readonly Pod[]): Tally | null {
    const gone = this.pods.slice(from, untilBefore);
    const come = pods.slice(from, until);
    for (const pod of gone) if (!isPlain(pod) || comesWithNode(pod)) return null;
    for (const pod of come) if (!isPlain(pod) || comesWithNode(pod)) return null;
    const tally = this.tally.copy();
    for (const { spec } of gone) tally.add(spec, -1);
    for (const { spec } of come) tally.add(spec, 1);
    return this.tally.isExact && tally.isExact ? tally : null;
  }
}

export const nobody = new Image(contentOf([]), null, null);
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
  const image = known === undefined ? new Image(contentOf(of), null, null) : known.image.after(of);
  remembered.set(first, { of, image });
  return image;
}

/** Of a list that was gathered pod by pod; it stays as it is. */
export function rememberImage(pods: readonly Pod[], parts: Parts, families: readonly Family[]): void {
  const [first] = pods;
  if (first === undefined) return;
  const content = parts.contentOf(pods);
  const image = new Image(content, content.pods === pods ? families : null, null);
  ofList.set(pods, { length: pods.length, image });
  remembered.set(first, { of: pods, image });
}
