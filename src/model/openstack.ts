// Magnum's and Nova's answers, only the fields that decisions use.

export interface MagnumCluster {
  readonly uuid: string;
  readonly name?: string;
  readonly status?: string;
  readonly status_reason?: string | null;
  readonly node_count?: number;
  readonly stack_id?: string | null;
  /** what stack_id is called from microversion 1.13 on */
  readonly cluster_id?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly faults?: Readonly<Record<string, string>>;
}

export interface MagnumNodeGroup {
  readonly uuid: string;
  readonly name: string;
  readonly role?: string;
  readonly status?: string;
  readonly status_reason?: string | null;
  readonly updated_at?: string | null;
  readonly node_count: number;
  readonly min_node_count?: number | null;
  readonly max_node_count?: number | null;
  readonly flavor_id?: string;
  readonly node_addresses?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly is_default?: boolean;
  /** from microversion 1.14 on: what every node of the group is registered with */
  readonly node_labels?: Readonly<Record<string, string>>;
  /** objects, or KEY=VALUE:EFFECT */
  readonly node_taints?: readonly (
    string | { readonly key: string; readonly value?: string; readonly effect: string }
  )[];
}

export interface NovaLimits {
  readonly maxTotalInstances?: number;
  readonly totalInstancesUsed?: number;
  readonly maxTotalCores?: number;
  readonly totalCoresUsed?: number;
  readonly maxTotalRAMSize?: number;
  readonly totalRAMUsed?: number;
}

export interface NovaServer {
  readonly id: string;
  readonly name?: string;
  readonly status?: string;
  readonly created?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** by the name of the network */
  readonly addresses?: Readonly<Record<string, readonly { readonly addr: string }[]>>;
}

export interface NovaFlavor {
  readonly id: string;
  readonly name?: string;
  readonly vcpus?: number;
  /** MiB */
  readonly ram?: number;
  /** GiB */
  readonly disk?: number;
}
