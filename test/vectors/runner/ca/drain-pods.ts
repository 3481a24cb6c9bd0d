// ca: pods, budgets and controllers as the tables of draining write them, in our own words.
import type { Pod } from '../../../../src/model/kubernetes.ts';
import { rfc3339, seconds } from '../../../../src/model/units.ts';
import { controllersOf } from '../../../../src/policies/nodes/controllers.ts';
import type { MovableRules } from '../../../../src/policies/nodes/movable.ts';
import { aPod, at, noon } from '../../../builders.ts';

export interface VectorPod {
  readonly ref: string;
  readonly name: string;
  readonly namespace: string;
  readonly owner: { readonly kind: string; readonly name: string; readonly api_version: string } | null;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly volumes: readonly {
    readonly name: string;
    readonly kind?: string;
    readonly type?: string;
    readonly medium?: string | null;
  }[];
  readonly restart_policy: string | null;
  readonly phase: string | null;
  readonly creation_offset_s: number | null;
  readonly deletion_offset_s: number | null;
  readonly termination_grace_s: number | null;
}

export interface DrainInput {
  readonly options?: {
    readonly min_replica_count?: number;
    readonly system_pod_disruption_timeout_s?: number;
    readonly skip_nodes_with_custom_controller_pods?: boolean;
    readonly skip_nodes_with_local_storage?: boolean;
  };
  readonly controllers?:
    | readonly {
        readonly kind: string;
        readonly namespace: string;
        readonly name: string;
        readonly replicas?: number;
      }[]
    | null;
  readonly pdbs?: readonly {
    readonly name?: string;
    readonly namespace: string;
    readonly match_labels: Readonly<Record<string, string>> | null;
    readonly disruptions_allowed: number;
  }[];
}

function volumeOf(volume: VectorPod['volumes'][number]) {
  const kind = volume.kind ?? volume.type ?? '';
  const { name } = volume;
  if (/host/i.test(kind)) return { name, hostPath: {} };
  if (/empty/i.test(kind))
    return { name, emptyDir: (volume.medium ?? '') === '' ? {} : { medium: volume.medium ?? '' } };
  return { name };
}

export function podOf(vector: VectorPod): Pod {
  const { owner, creation_offset_s: created, deletion_offset_s: deleted, termination_grace_s: grace } = vector;
  return aPod(vector.name)
    .meta({
      namespace: vector.namespace,
      labels: vector.labels,
      annotations: vector.annotations,
      ...(owner !== null && {
        ownerReferences: [{ apiVersion: owner.api_version, kind: owner.kind, name: owner.name, controller: true }],
      }),
      ...(deleted !== null && { deletionTimestamp: rfc3339(at(deleted)) }),
      creationTimestamp: created === null ? '' : rfc3339(at(created)),
    })
    .spec({
      volumes: vector.volumes.map(volumeOf),
      ...(grace !== null && { terminationGracePeriodSeconds: grace }),
    })
    .status(vector.phase === null ? {} : { phase: vector.phase })
    .build();
}

const listOf: Readonly<Record<string, string>> = {
  ReplicaSet: 'replicasets',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets',
  Job: 'jobs',
  DaemonSet: 'daemonsets',
};

/** A table without controllers does not look for them: then every owner that is named exists. */
export function rulesOf(
  pods: readonly VectorPod[],
  { options = {}, controllers, pdbs = [] }: DrainInput,
): MovableRules {
  const known =
    controllers ??
    pods.flatMap(({ namespace, owner }) =>
      owner === null ? [] : [{ kind: owner.kind, namespace, name: owner.name, replicas: 1_000 }],
    );
  const facts = Object.fromEntries(
    Object.entries(listOf).map(([kind, list]) => [
      list,
      known.flatMap(({ kind: of, namespace, name, replicas }) =>
        of === kind ? [{ metadata: { namespace, name }, ...(replicas !== undefined && { spec: { replicas } }) }] : [],
      ),
    ]),
  );
  return {
    shrink: {
      localVolumes: options.skip_nodes_with_local_storage === false ? 'safeToEvict' : 'block',
      minReplicas: options.min_replica_count ?? 0,
      systemPodAge: seconds(options.system_pod_disruption_timeout_s ?? 3600),
      protect: [],
    },
    budgets: pdbs.map((pdb, index) => ({
      metadata: { namespace: pdb.namespace, name: pdb.name ?? `pdb-${index}` },
      spec: { selector: pdb.match_labels === null ? null : { matchLabels: pdb.match_labels } },
      status: { disruptionsAllowed: pdb.disruptions_allowed },
    })),
    controllers: controllersOf(facts),
    now: noon,
  };
}

/** Our reasons by theirs. */
export const reasons: Readonly<Record<string, string>> = {
  ControllerGone: 'ControllerNotFound',
  BelowMinReplicas: 'MinReplicasReached',
  NotReplicated: 'NotReplicated',
  SystemPodWithoutPDB: 'UnmovableKubeSystemPod',
  NotSafeToEvict: 'NotSafeToEvictAnnotation',
  LocalStorage: 'LocalStorageRequested',
  BlockedByPDB: 'NotEnoughPdb',
};
