// What decisions are made from: the loaded configuration, its types taken from the one schema.
import type { AlertsDocument } from '../config/schema/alerts.ts';
import type { CalendarDocument, DaemonSpec } from '../config/schema/daemon.ts';
import type {
  NodePolicyDocument as WrittenNodePolicy,
  WrittenNodeGroup,
  WrittenUsage,
} from '../config/schema/node-policy.ts';
import type { MetricDocument, MetricTarget, PodPolicyDocument } from '../config/schema/pod-policy.ts';
import type { Formula } from '../formula/formula.ts';
import type { LabelSelector } from './kubernetes.ts';
import type { RuleGroup } from './rule.ts';
import type { NamedWindow, NodeWindow, ScheduleWindow } from './schedule.ts';
import type { TargetRef } from './target.ts';
import type { Texts } from './texts.ts';
import type { QueryText } from './units.ts';

export type { DaemonSpec } from '../config/schema/daemon.ts';
export type {
  MetricTarget,
  PodPolicyDocument,
  PodPolicySpec,
  ScalingPolicy,
  ScalingRules,
} from '../config/schema/pod-policy.ts';
export type { AlertsDocument } from '../config/schema/alerts.ts';

/** Which label of an answer names what: {namespace: 'namespace', app: 'name'}. */
export type Split = Readonly<Record<string, 'namespace' | 'name'>>;

/** Something that Prometheus is asked for a target: by a text of its own, or by one for many targets, split by label. */
export interface Question {
  /** the text for one target, `{{namespace}} {{name}}` not filled in yet; null: asked for many targets only */
  readonly single: QueryText | null;
  readonly grouped: { readonly query: QueryText; readonly split: Split } | null;
}

export type MetricSource =
  | {
      readonly kind: 'query';
      readonly question: Question;
      /** one series a pod, averaged over the pods as the HPA's Pods metrics are */
      readonly byPod: boolean;
    }
  | {
      readonly kind: 'resource';
      readonly resource: 'cpu' | 'memory';
      readonly container: string | null;
      readonly query: QueryText;
    }
  | { readonly kind: 'formula'; readonly formula: Formula };

/** A metric as decisions use it: what is asked, and what is asked to learn how old the answer is. */
export type Metric = Omit<
  MetricDocument,
  'query' | 'resource' | 'container' | 'formula' | 'use' | 'split' | 'by' | 'coverage' | 'target'
> & {
  readonly source: MetricSource;
  readonly ages: readonly Question[];
  readonly coverage: {
    readonly question: Question;
    readonly of: 'readyPods' | 'pods';
    readonly atLeast: number;
  } | null;
  /** null: only read by a formula */
  readonly target: MetricTarget | null;
};

/** What a policy scales: one object, or all that a selector finds. */
export type Aim =
  | { readonly kind: 'one'; readonly target: TargetRef }
  | {
      readonly kind: 'many';
      readonly apiVersion: string;
      readonly targetKind: string;
      /** names, or patterns with * */
      readonly namespaces: readonly string[];
      readonly selector: LabelSelector;
      readonly expect: { readonly min: number; readonly max: number } | null;
      readonly overrides: PodPolicyDocument['spec']['overrides'];
    };

/** What tells which pods do least: a number for each of them. */
export interface VictimRule {
  readonly question: Question;
  readonly ages: readonly Question[];
}

export type PodPolicy = Omit<PodPolicyDocument, 'spec'> & {
  readonly aim: Aim;
  readonly spec: Omit<PodPolicyDocument['spec'], 'metrics' | 'target' | 'targets' | 'overrides' | 'schedule'> & {
    readonly metrics: readonly Metric[];
    readonly schedule: readonly ScheduleWindow[];
    /** of `behavior.scaleDown`: which pods go first */
    readonly victim: VictimRule | undefined;
  };
};

/** What is asked about one resource of all nodes, and above which share of it a node stays. */
export interface AskedUse {
  readonly query: QueryText;
  /** how old its samples are, by node: a question for each of its selectors */
  readonly ages: readonly string[];
  readonly holdAbove: number;
}

/** What nodes really use, beside what is requested of them. */
export type UsageRules = Omit<WrittenUsage, 'cpu' | 'memory'> & {
  /** null: nobody asks about it */
  readonly cpu: AskedUse | null;
  readonly memory: AskedUse | null;
};

interface FilledIn {
  /** null: always */
  readonly only: readonly NamedWindow[] | null;
  readonly never: readonly NamedWindow[];
  /** absent: requests alone decide */
  readonly usage?: UsageRules | undefined;
}

export type ShrinkPolicy = Omit<WrittenNodePolicy['spec']['shrink'], keyof FilledIn> & FilledIn;

/** What a group says over its policy's. */
type GroupShrink = Omit<NonNullable<WrittenNodeGroup['shrink']>, keyof FilledIn> & {
  readonly [Key in keyof FilledIn]?: FilledIn[Key] | undefined;
};

export type NodeGroupPolicy = Omit<WrittenNodeGroup, 'shrink'> & { readonly shrink?: GroupShrink | undefined };

type WrittenGrowth = WrittenNodePolicy['spec']['growth'];

/** Told too full by a query; how old its samples are is asked beside it, one question for each of its selectors. */
export type Saturation = WrittenGrowth['saturation'][number] & { readonly ages: readonly string[] };

/** As it was written, its windows filled in. */
export type NodePolicyDocument = Omit<WrittenNodePolicy, 'spec'> & {
  readonly spec: Omit<WrittenNodePolicy['spec'], 'nodeGroups' | 'growth' | 'shrink' | 'schedule'> & {
    readonly nodeGroups: readonly NodeGroupPolicy[];
    readonly growth: Omit<WrittenGrowth, 'saturation'> & { readonly saturation: readonly Saturation[] };
    readonly shrink: ShrinkPolicy;
    readonly schedule: readonly NodeWindow[];
  };
};

export interface Config {
  /** changes whenever anything that decisions depend on does */
  readonly hash: string;
  readonly daemon: DaemonSpec;
  readonly podPolicies: readonly PodPolicy[];
  readonly nodePolicies: readonly NodePolicyDocument[];
  readonly calendars: readonly CalendarDocument[];
  readonly alerts: AlertsDocument;
  readonly rules: readonly RuleGroup[];
  readonly texts: Texts;
}
