// What plays for us: a policy with a forecast and a pool, everything else as it is when nobody writes anything.

/** `perReplica`: all that a replica bears. */
export const policyText = (perReplica: number): string => `apiVersion: springtide/v1
kind: PodPolicy
metadata: {name: app, namespace: bench}
spec:
  target: {apiVersion: apps/v1, kind: Deployment, name: app}
  replicas: {min: 1, max: 100000}
  metrics: [{name: load, query: sum(load), target: {averageValue: ${perReplica}}}]
  forecast: {metric: load}
  mode: act
---
apiVersion: springtide/v1
kind: NodePolicy
metadata: {name: pool}
spec:
  nodeGroups: [{name: pool, min: 1, max: 10000}]
  mode: act
`;
