// What the pods of one node take of it together, summed once for as long as they are the same.
import type { Container, Pod, PodSpec } from '../../../model/kubernetes.ts';
import { isTerminal, requestsOf } from '../../pod-facts.ts';
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

const hasPorts = (spec: PodSpec): boolean =>
  spec.containers?.some((container) => container.ports !== undefined) === true;

export class Image {
  /** those that have not ended */
  readonly pods: readonly Pod[];
  cpu = 0;
  memory = 0;
  readonly others: Record<string, number> = {};
  readonly ports: readonly HostPort[];
  readonly claims: readonly string[];
  /** pods that keep others away */
  readonly keeping: Counted;
  /** some of them are spread, or look at others in another way */
  readonly hasRules: boolean;
  #kinOf: readonly Kin[] | null = null;
  #kins: Counted | null = null;

  /** `before`: of the same node when one or the other of its pods was different */
  constructor(pods: readonly Pod[], before: Image | null = null) {
    const running = pods.filter((pod) => !isTerminal(pod));
    const ports: HostPort[] = [];
    const claims: string[] = [];
    const keeping: Kin[] = [];
    let hasRules = false;
    for (const pod of running) {
      const { spec } = pod;
      if (spec === undefined) continue;
      const requests = requestsOf(spec);
      for (const name in requests) {
        const milli = requests[name] ?? 0;
        if (name === 'cpu') this.cpu += milli;
        else if (name === 'memory') this.memory += milli;
        else this.others[name] = (this.others[name] ?? 0) + milli;
      }
      if (hasPorts(spec)) ports.push(...portsOf(spec));
      if (spec.volumes !== undefined) claims.push(...claimsOf(pod));
      hasRules ||= spec.topologySpreadConstraints !== undefined || spec.affinity !== undefined;
      if (spec.affinity !== undefined && antiTermsOf(spec).length > 0) keeping.push(kinFor(pod));
    }
    this.pods = running;
    this.ports = ports;
    this.claims = claims;
    this.keeping = counted(keeping);
    this.hasRules = hasRules;
    if (before !== null) this.#kinOf = this.#kinsAfter(before);
  }

  sumOf(resource: string): number {
    if (resource === 'cpu') return this.cpu;
    return resource === 'memory' ? this.memory : (this.others[resource] ?? 0);
  }

  /** All of them, by how they look to the rules of others: only asked for where there is such a rule. */
  get kins(): Counted {
    this.#kinOf ??= this.pods.map(kinFor);
    this.#kins ??= counted(this.#kinOf);
    return this.#kins;
  }

  /** Pods that stand where they stood before are the same; null: nobody has asked yet. */
  #kinsAfter(before: Image): readonly Kin[] | null {
    const { pods } = before;
    const known = before.#kinOf;
    if (known === null) return null;
    return this.pods.map((pod, index) => (pod === pods[index] ? known[index] : undefined) ?? kinFor(pod));
  }
}

const nobody = new Image([]);
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
  if (known !== undefined && known.of.length === pods.length && known.of.every((pod, index) => pod === pods[index]))
    return known.image;
  const image = new Image(pods, known?.image);
  remembered.set(first, { of: [...pods], image });
  return image;
}
