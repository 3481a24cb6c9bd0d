// Two Deployments of one shape for each kind of target, one under a true HPA and one under springtide, with the same rules.
import { deploymentOf, shop } from '../support/workloads.ts';
import type { MetricQueries } from './metrics-server.ts';
import { bounds, target } from './steps.ts';

/** `total`: an AverageValue of all replicas together; `each`: a Value of one replica, which falls when replicas come. */
export const pairNames = ['total', 'each'] as const;
export type PairName = (typeof pairNames)[number];

export const sides = ['hpa', 'springtide'] as const;
export type Side = (typeof sides)[number];

export const deploymentName = (pair: PairName, side: Side): string => `${pair}-${side}`;
export const deploymentNames = pairNames.flatMap((pair) => sides.map((side) => deploymentName(pair, side)));

export const loadSeries = 'orders_waiting';
export const shareSeries = (deployment: string): string => `orders_each{deployment="${deployment}"}`;

const loadQuery = `max(${loadSeries})`;
const shareQuery = (deployment: string): string => `max(${shareSeries(deployment)})`;

/** The HPA's metrics server asks the same Prometheus the same questions as springtide. */
export const queries: MetricQueries = {
  external: { orders_waiting: loadQuery },
  ofDeployment: { orders_each: shareQuery },
};

export const queryOf = (pair: PairName, side: Side): string =>
  pair === 'total' ? loadQuery : shareQuery(deploymentName(pair, side));

export const pairDeployment = (pair: PairName, side: Side): unknown =>
  deploymentOf({ name: deploymentName(pair, side), replicas: bounds.min, cpu: '1m', startupMs: 0 });

/** The default rates, per so many seconds, and no window on the way down. */
const rules = (
  periodSeconds: number,
): Readonly<Record<'scaleUp' | 'scaleDown', Readonly<Record<string, unknown>>>> => ({
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds },
      { type: 'Percent', value: 100, periodSeconds },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds }],
  },
});

const scaleTarget = (name: string): unknown => ({ apiVersion: 'apps/v1', kind: 'Deployment', name });

export function horizontalPodAutoscaler(pair: PairName, periodSeconds: number): unknown {
  const name = deploymentName(pair, 'hpa');
  const metric =
    pair === 'total'
      ? {
          type: 'External',
          external: {
            metric: { name: 'orders_waiting' },
            target: { type: 'AverageValue', averageValue: String(target) },
          },
        }
      : {
          type: 'Object',
          object: {
            metric: { name: 'orders_each' },
            describedObject: scaleTarget(name),
            target: { type: 'Value', value: String(target) },
          },
        };
  return {
    apiVersion: 'autoscaling/v2beta2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: shop },
    spec: {
      scaleTargetRef: scaleTarget(name),
      minReplicas: bounds.min,
      maxReplicas: bounds.max,
      metrics: [metric],
      behavior: rules(periodSeconds),
    },
  };
}

export function podPolicy(pair: PairName, periodSeconds: number): unknown {
  const name = deploymentName(pair, 'springtide');
  const { scaleUp, scaleDown } = rules(periodSeconds);
  return {
    apiVersion: 'springtide/v1',
    kind: 'PodPolicy',
    metadata: { name, namespace: shop },
    spec: {
      target: scaleTarget(name),
      replicas: bounds,
      metrics: [
        {
          name: 'orders',
          query: queryOf(pair, 'springtide'),
          target: pair === 'total' ? { averageValue: target } : { value: target },
        },
      ],
      behavior: { scaleUp, scaleDown: { ...scaleDown, bounds: 'atOnce' } },
      mode: 'act',
    },
  };
}
