// What growing clusters are drawn from: groups of several sizes, zones and taints, and pods under each of the scheduler's rules.
import fc from 'fast-check';
import type { DaemonSet, Pod, PodSpec, Taint } from '../../../../src/model/kubernetes.ts';
import type { KubernetesFacts } from '../../../../src/model/snapshot.ts';
import { aDaemonSet, aPod } from '../../../builders.ts';
import { hostname, zone } from '../fit/rooms.ts';
import { asWritten, type Plainly } from './scheduler.ts';

const dedicated = 'dedicated';

export const rules = [
  'none',
  'zones',
  'nodes',
  'apart',
  'apartByZone',
  'together',
  'togetherByZone',
  'inZone',
  'onSsd',
  'volume',
  'port',
] as const;
type Rule = (typeof rules)[number];

interface Kind {
  /** in tenths of a core */
  readonly cpu: number;
  readonly memory: number;
  /** those that run already, as far as there was room */
  readonly running: number;
  readonly waiting: number;
  readonly rule: Rule;
  readonly where: 'a' | 'b' | 'c';
  readonly tolerates: boolean;
  readonly priority?: number;
  /** whether it may push out others of lower priority; by itself it may */
  readonly pushes?: boolean;
}

interface Group {
  readonly nodes: number;
  readonly more: number;
  readonly cores: 2 | 4 | 8;
  readonly pods: 5 | 110;
  readonly zone: 'a' | 'b' | 'c';
  readonly tainted: boolean;
  readonly ssd: boolean;
  readonly prefer: 1 | 2;
}

export interface Drawn {
  readonly groups: readonly Group[];
  readonly kinds: readonly Kind[];
  readonly agents: boolean;
  /** of all groups together; null: none */
  readonly limits: { readonly nodes?: number; readonly cores?: number };
}

const zones = fc.constantFrom('a' as const, 'b' as const, 'c' as const);
const seldom = fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

export const someGroup: fc.Arbitrary<Group> = fc.record({
  nodes: fc.nat(2),
  more: fc.integer({ min: 1, max: 9 }),
  cores: fc.constantFrom(2 as const, 4 as const, 4 as const, 8 as const),
  pods: fc.constantFrom(110 as const, 110 as const, 5 as const),
  zone: zones,
  tainted: seldom,
  ssd: seldom,
  prefer: fc.constantFrom(1 as const, 1 as const, 2 as const),
});

export const someKind = (...allowed: readonly Rule[]): fc.Arbitrary<Kind> =>
  fc.record({
    cpu: fc.integer({ min: 1, max: 70 }),
    memory: fc.integer({ min: 1, max: 16 }),
    running: fc.nat(4),
    waiting: fc.integer({ min: 1, max: 8 }),
    rule: fc.oneof(
      { weight: 3, arbitrary: fc.constant('none' as const) },
      { weight: 5, arbitrary: fc.constantFrom(...(allowed.length > 0 ? allowed : rules)) },
    ),
    where: zones,
    tolerates: seldom,
  });

export const someGrowing = (...allowed: readonly Rule[]): fc.Arbitrary<Drawn> =>
  fc.record({
    groups: fc.array(someGroup, { minLength: 1, maxLength: 4 }),
    kinds: fc.array(someKind(...allowed), { minLength: 1, maxLength: 5 }),
    agents: fc.boolean(),
    limits: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.record({ nodes: fc.integer({ min: 1, max: 12 }) }) },
      { weight: 1, arbitrary: fc.record({ cores: fc.integer({ min: 4, max: 60 }) }) },
    ),
  });

/** Who may push out whom: some of several priorities, some of which push out nobody. */
export const someContending: fc.Arbitrary<Drawn> = fc
  .tuple(
    someGrowing(),
    fc.array(
      fc.record({ priority: fc.constantFrom(0, 0, -10, 100, 1000), pushes: fc.constantFrom(true, true, false) }),
      {
        minLength: 5,
        maxLength: 5,
      },
    ),
  )
  .map(([drawn, ranks]) => ({ ...drawn, kinds: drawn.kinds.map((kind, index) => ({ ...kind, ...ranks[index] })) }));

export const groupName = (index: number): string => `g${index}`;
export const appOf = (kind: number): string => `k${kind}`;
export const taintsOf = ({ tainted }: Group): Taint[] => (tainted ? [{ key: dedicated, effect: 'NoSchedule' }] : []);
export const labelsOf = (group: Group): Record<string, string> => ({
  [zone]: group.zone,
  ...(group.ssd ? { disk: 'ssd' } : {}),
});
export const memoryOf = ({ cores }: Pick<Group, 'cores'>): number => cores * 4;

function rulesOf({ rule, where }: Kind, app: string): PodSpec {
  const labelSelector = { matchLabels: { app } };
  const spread = (topologyKey: string): PodSpec => ({
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector }],
  });
  const near = (topologyKey: string) => ({
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector }],
  });
  switch (rule) {
    case 'none':
      return {};
    case 'zones':
      return spread(zone);
    case 'nodes':
      return spread(hostname);
    case 'apart':
      return { affinity: { podAntiAffinity: near(hostname) } };
    case 'apartByZone':
      return { affinity: { podAntiAffinity: near(zone) } };
    case 'together':
      return { affinity: { podAffinity: near(hostname) } };
    case 'togetherByZone':
      return { affinity: { podAffinity: near(zone) } };
    case 'inZone':
      return { affinity: { nodeAffinity: onlyIn(where) } };
    case 'onSsd':
      return { nodeSelector: { disk: 'ssd' } };
    case 'volume':
      return { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: `data-${where}` } }] };
    case 'port':
      return {};
  }
}

const onlyIn = (where: string) => ({
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'In', values: [where] }] }],
  },
});

/** Claims that many pods share, one a zone. */
export const volumes: Pick<
  KubernetesFacts,
  'persistentvolumes' | 'persistentvolumeclaims' | 'storageclasses' | 'csinodes'
> = {
  persistentvolumes: ['a', 'b', 'c'].map((where) => ({
    metadata: { name: `disk-${where}` },
    spec: { nodeAffinity: { required: onlyIn(where).requiredDuringSchedulingIgnoredDuringExecution } },
  })),
  persistentvolumeclaims: ['a', 'b', 'c'].map((where) => ({
    metadata: { name: `data-${where}`, namespace: 'shop' },
    spec: { accessModes: ['ReadWriteMany'], volumeName: `disk-${where}` },
    status: { phase: 'Bound' },
  })),
  storageclasses: [],
  csinodes: [],
};

/** The zone of its volume, said as the scheduler reads it. */
export const plainly: Plainly = (pod) => {
  const resident = asWritten(pod);
  const claim = pod.spec?.volumes?.[0]?.persistentVolumeClaim?.claimName;
  if (claim === undefined) return resident;
  return { ...resident, spec: { ...resident.spec, affinity: { nodeAffinity: onlyIn(claim.slice(-1)) } } };
};

export function podsOf(kind: Kind, index: number, count: number, prefix: string): Pod[] {
  const app = appOf(index);
  return Array.from({ length: count }, (_, number) => {
    const pod = aPod(`${prefix}-${app}-${number}`)
      .labelled({ app })
      .ownedBy('ReplicaSet', app)
      .spec({
        ...rulesOf(kind, app),
        tolerations: kind.tolerates ? [{ key: dedicated, operator: 'Exists' }] : [],
        priority: kind.priority ?? 0,
        ...(kind.pushes === false ? { preemptionPolicy: 'Never' } : {}),
      })
      .requesting({ cpu: `${kind.cpu * 100}m`, memory: `${kind.memory}Gi` })
      .unschedulable()
      .build();
    if (kind.rule !== 'port') return pod;
    const containers = (pod.spec?.containers ?? []).map((one) => ({
      ...one,
      ports: [{ hostPort: 8080, protocol: 'TCP' }],
    }));
    return { ...pod, spec: { ...pod.spec, containers } };
  });
}

/** Nobody pushes out those that every node has. */
export const ofEveryNode = 2_000_001_000;
export const agent: DaemonSet = aDaemonSet('agent', { cpu: '200m' }, { tolerations: [], priority: ofEveryNode });
export const onNode = (pod: Pod, nodeName: string): Pod => ({
  ...pod,
  spec: { ...pod.spec, nodeName },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

/** What its owner makes in its place. */
export const waitingAgain = (pod: Pod, name: string): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, name, uid: name },
  spec: { ...pod.spec, nodeName: undefined },
  status: aPod(name).unschedulable().build().status,
});
