// A PodPolicy as it is about to be written: only what differs from the defaults, in the order a person reads it.

export interface MetricTargetDraft {
  readonly averageValue?: string | number;
  readonly value?: string | number;
  readonly utilization?: number;
}

export interface MetricDraft {
  readonly name: string;
  readonly query?: string;
  readonly by?: 'pod';
  readonly resource?: 'cpu' | 'memory';
  readonly container?: string;
  readonly formula?: string;
  readonly use?: 'formula';
  readonly target?: MetricTargetDraft;
  readonly unknown?: { readonly treatAs: number };
  readonly activation?: number;
}

export interface ScalingRulesDraft {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: string;
  readonly policies?: readonly {
    readonly type: 'Pods' | 'Percent';
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

export interface BehaviorDraft {
  readonly scaleUp?: ScalingRulesDraft;
  readonly scaleDown?: ScalingRulesDraft;
}

export interface ToleranceDraft {
  readonly up?: number;
  readonly down?: number;
}

export interface ScheduleDraft {
  readonly name: string;
  readonly from?: string;
  readonly cron?: { readonly start: string; readonly end: string };
  readonly timeZone?: string;
  readonly min?: number;
  readonly replicas?: number;
  readonly priority?: number;
}

export interface PodPolicySpecDraft {
  readonly target: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly replicas: { readonly min: number; readonly whenActive?: number; readonly max: number };
  readonly zero?: { readonly after: string; readonly initialCooldown?: string };
  readonly metrics?: readonly MetricDraft[];
  readonly tolerance?: ToleranceDraft;
  readonly behavior?: BehaviorDraft;
  readonly fallback?: { readonly after: string; readonly replicas: number; readonly behavior: string };
  readonly schedule?: readonly ScheduleDraft[];
  readonly mode: 'dryRun';
}

export interface PodPolicyDraft {
  readonly apiVersion: 'springtide/v1';
  readonly kind: 'PodPolicy';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: PodPolicySpecDraft;
}
