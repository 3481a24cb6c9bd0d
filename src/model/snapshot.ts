// The Snapshot: facts about the world in the world's own words, with what could not be read named.
import type { TargetForecast } from './forecast.ts';
import type { Approval } from './approval.ts';
import type {
  CSINode,
  DaemonSet,
  HorizontalPodAutoscaler,
  KubernetesObject,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PriorityClass,
  ResourceQuota,
  Scale,
  StorageClass,
  Workload,
} from './kubernetes.ts';
import type { RemovalProof } from './memory.ts';
import type { MagnumCluster, MagnumNodeGroup, NovaFlavor, NovaLimits, NovaServer } from './openstack.ts';

/** A list that could not be read is absent and named in `errors`; it is never empty instead. */
export interface KubernetesFacts {
  readonly deployments?: readonly Workload[];
  readonly statefulsets?: readonly Workload[];
  readonly replicasets?: readonly Workload[];
  readonly replicationcontrollers?: readonly Workload[];
  readonly daemonsets?: readonly DaemonSet[];
  readonly jobs?: readonly KubernetesObject[];
  readonly pods?: readonly Pod[];
  readonly nodes?: readonly Node[];
  readonly poddisruptionbudgets?: readonly PodDisruptionBudget[];
  readonly persistentvolumes?: readonly PersistentVolume[];
  readonly persistentvolumeclaims?: readonly PersistentVolumeClaim[];
  readonly storageclasses?: readonly StorageClass[];
  /** the last that was known stays, named in `errors` beside it: what a node can attach hardly changes */
  readonly csinodes?: readonly CSINode[];
  readonly namespaces?: readonly KubernetesObject[];
  readonly resourcequotas?: readonly ResourceQuota[];
  readonly priorityclasses?: readonly PriorityClass[];
  readonly horizontalpodautoscalers?: readonly HorizontalPodAutoscaler[];
  readonly scales?: readonly Scale[];
  /** cluster-autoscaler's status and nothing else: it is read by its name */
  readonly configmaps?: readonly ConfigMap[];
}

export interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

export type KubernetesList = keyof KubernetesFacts;

export interface MagnumFacts {
  readonly cluster?: MagnumCluster;
  /** Each read on its own: the list's min and max are always 0 and null. */
  readonly nodegroups?: readonly MagnumNodeGroup[];
  readonly versions?: { readonly min?: string; readonly max?: string; readonly used?: string };
}

export interface NovaFacts {
  readonly limits?: NovaLimits;
  readonly servers?: readonly NovaServer[];
  readonly flavors?: readonly NovaFlavor[];
}

export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>;
  /** [seconds since the epoch, value as text] */
  readonly value: readonly [number, string];
}

export type PrometheusData =
  | { readonly resultType: 'vector'; readonly result: readonly PrometheusSample[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: readonly [number, string] }
  | { readonly resultType: 'matrix'; readonly result: readonly unknown[] };

export interface PrometheusAnswer {
  readonly status: 'success' | 'error';
  readonly data?: PrometheusData;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
  readonly errorType?: string;
  readonly error?: string;
}

export interface PrometheusRange {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly answer: PrometheusAnswer;
}

export interface PrometheusFacts {
  /** Keyed by the query's text as it was sent. */
  readonly queries?: Readonly<Record<string, PrometheusAnswer>>;
  readonly ranges?: readonly PrometheusRange[];
}

export type Source = 'prometheus' | 'kubernetes' | 'magnum' | 'nova';

export interface SourceError {
  readonly source: Source;
  /** The query or the list that could not be read. */
  readonly what: string;
  readonly code: string;
  readonly message: string;
}

/** springtide's own loop, seen from outside: a recording made by hand has none of it. */
export interface LoopFacts {
  readonly latenessSeconds: number;
  readonly intervalSeconds: number;
  /** documents that were refused, with the first thing wrong in each */
  readonly refused: readonly { readonly document: string; readonly why: string }[];
  /** groups of rules that cannot be evaluated; absent: there are none */
  readonly failingRules?: readonly { readonly group: string; readonly count: number; readonly why: string }[];
  /** rules that learn, and how many of their series there is no place for; absent: there is place for all */
  readonly seriesLeftOut?: readonly { readonly group: string; readonly alert: string; readonly count: number }[];
  /** the replica that led before this one and fell silent; absent: it gave the lease back, or this tick is not the first */
  readonly lostLeader?: string;
  /** alerts that should keep coming in and do not, with their last sign of life (RFC 3339); absent: there are none */
  readonly missingWatchdogs?: readonly {
    readonly name: string;
    readonly since: string;
    readonly withinSeconds: number;
  }[];
  /** alerts that fire and for which there was no place, and what most of them are called; absent: there is place for all */
  readonly alertsLeftOut?: { readonly count: number; readonly limit: number; readonly names: readonly string[] };
  /** requests with alerts that were too large to be read, and who sent some of them; absent: there was none lately */
  readonly alertsTooLarge?: { readonly count: number; readonly limitMiB: number; readonly senders: readonly string[] };
  /** receivers that cannot be told by a channel, since when (RFC 3339) and how many of their people; absent: all can */
  readonly tellingFails?: readonly {
    readonly receiver: string;
    readonly channel: string;
    readonly count: number;
    readonly since: string;
    readonly why: string;
  }[];
  /** why a memory or a ledger of a newer version is not read: nothing is scaled meanwhile; absent: all of it is */
  readonly stateTooNew?: string;
  /** what the doctor's checks have found; absent: they have not run yet, and what was told before stays */
  readonly failedChecks?: readonly {
    readonly check: string;
    /** which group, server, role … */
    readonly of: string;
    readonly what: string;
    readonly mend: string;
  }[];
  /** lines that the audit log could not take, since when; absent: it takes them all */
  readonly auditTrouble?: { readonly since: string; readonly lines: number };
}

export type SwitchWay = 'pods.up' | 'pods.down' | 'nodes.grow' | 'nodes.shrink';

/** What a person has switched off for now, and what they have released. */
export interface ControlFacts {
  readonly off: readonly SwitchWay[];
  /** RFC 3339; null: until it is released */
  readonly until: string | null;
  readonly by: string;
  readonly why: string;
  /** RFC 3339: guards that tripped before it are released */
  readonly releasedAt: string | null;
  /** what people have proven of Magnum's removals (`springtide doctor --prove-removal`) */
  readonly removalProofs?: readonly RemovalProof[];
  /** what people have said yes to (`springtide approve`) */
  readonly approvals?: readonly Approval[];
}

export interface Snapshot {
  /** RFC 3339 */
  readonly time: string;
  readonly loop?: LoopFacts;
  readonly control?: ControlFacts;
  readonly kubernetes: KubernetesFacts;
  readonly magnum: MagnumFacts;
  readonly nova: NovaFacts;
  readonly prometheus: PrometheusFacts;
  /** what is expected of the targets that have a forecast, by `targetKey`; absent: nothing is */
  readonly forecasts?: Readonly<Record<string, TargetForecast>>;
  readonly errors: readonly SourceError[];
}
