// What decisions are made from: the loaded configuration, its types taken from the one schema.
import type { AlertsDocument } from '../config/schema/alerts.ts';
import type { DaemonSpec } from '../config/schema/daemon.ts';
import type { NodePolicyDocument } from '../config/schema/node-policy.ts';
import type { MetricDocument, PodPolicyDocument } from '../config/schema/pod-policy.ts';
import type { Texts } from './texts.ts';
import type { QueryText } from './units.ts';

export type { DaemonSpec } from '../config/schema/daemon.ts';
export type {
  NodeGroupPolicy,
  NodePolicyDocument,
  NodePolicySpec,
  ShrinkPolicy,
} from '../config/schema/node-policy.ts';
export type {
  MetricDocument,
  MetricTarget,
  PodPolicyDocument,
  PodPolicySpec,
  ScalingPolicy,
  ScalingRules,
  UnknownRule,
} from '../config/schema/pod-policy.ts';
export type { AlertsDocument } from '../config/schema/alerts.ts';

/** A metric as decisions use it: what is asked, and what is asked to learn how old the answer is. */
export type Metric = Omit<MetricDocument, 'query' | 'resource' | 'container' | 'target'> & {
  readonly source:
    | { readonly kind: 'query'; readonly query: QueryText }
    | {
        readonly kind: 'resource';
        readonly resource: 'cpu' | 'memory';
        readonly container: string | null;
        readonly query: QueryText;
      };
  readonly ageQueries: readonly QueryText[];
  readonly target: NonNullable<MetricDocument['target']>;
};

export type PodPolicy = Omit<PodPolicyDocument, 'spec'> & {
  readonly spec: Omit<PodPolicyDocument['spec'], 'metrics' | 'target' | 'targets'> & {
    readonly target: NonNullable<PodPolicyDocument['spec']['target']>;
    readonly metrics: readonly Metric[];
  };
};

export interface Config {
  /** changes whenever anything that decisions depend on does */
  readonly hash: string;
  readonly daemon: DaemonSpec;
  readonly podPolicies: readonly PodPolicy[];
  readonly nodePolicies: readonly NodePolicyDocument[];
  readonly alerts: AlertsDocument;
  readonly texts: Texts;
}
