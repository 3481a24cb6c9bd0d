// Workloads of the story as plain API objects.
import type { Kubernetes } from '../servers/kubernetes.ts';

export const shop = 'shop';
export const deploymentsPath = `/apis/apps/v1/namespaces/${shop}/deployments`;
export const podsPath = `/api/v1/namespaces/${shop}/pods`;
export const budgetsPath = `/apis/policy/v1beta1/namespaces/${shop}/poddisruptionbudgets`;

export interface Workload {
  readonly name: string;
  readonly replicas: number;
  readonly cpu: string;
  readonly nodeGroup?: string;
  /** From binding to ready. */
  readonly startupMs?: number;
  /** Of the Deployment itself, not of its pods. */
  readonly labels?: Readonly<Record<string, string>>;
}

export function deploymentOf({ name, replicas, cpu, nodeGroup, startupMs = 300, labels = {} }: Workload): unknown {
  const own = { app: name };
  const container = { name, image: `${name}:1`, resources: { requests: { cpu, memory: '64Mi' } } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: shop, labels },
    spec: {
      replicas,
      selector: { matchLabels: own },
      template: {
        metadata: { labels: own, annotations: { 'fakekubelet/startup-ms': String(startupMs) } },
        spec: {
          containers: [container],
          ...(nodeGroup === undefined ? {} : { nodeSelector: { 'magnum.openstack.org/nodegroup': nodeGroup } }),
        },
      },
    },
  };
}

export function budgetOf(name: string, minAvailable: number): object {
  return {
    apiVersion: 'policy/v1beta1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: shop },
    spec: { minAvailable, selector: { matchLabels: { app: name } } },
  };
}

export const create = (kubernetes: Kubernetes, path: string, body: unknown): Promise<void> =>
  kubernetes.write('POST', path, { body });
