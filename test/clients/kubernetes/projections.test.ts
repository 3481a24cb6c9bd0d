// What is kept of each object, and what never is.
import { describe, expect, it } from 'vitest';
import {
  projectAutoscaler,
  projectDisruptionBudget,
  projectMeta,
  projectNode,
  projectPod,
  projectWorkload,
} from '../../../src/clients/kubernetes/projections.ts';

describe('a projected pod', () => {
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } };
  const spread = [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }];
  const pod = projectPod(
    {
      metadata: { name: 'a', namespace: 'shop', managedFields: [{}], selfLink: '/x' },
      spec: {
        nodeName: 'node-1',
        affinity,
        topologySpreadConstraints: spread,
        containers: [
          {
            name: 'app',
            image: 'x',
            env: [{ name: 'PASSWORD', value: 'hunter2' }],
            resources: { requests: { cpu: '100m' }, claims: [] },
            ports: [{ containerPort: 80 }, { containerPort: 53, hostPort: 53, protocol: 'UDP' }],
          },
        ],
        volumes: [
          { name: 'token', secret: { secretName: 's' } },
          { name: 'tmp', emptyDir: {} },
          { name: 'data', persistentVolumeClaim: { claimName: 'd', readOnly: true } },
        ],
      },
      status: {
        phase: 'Pending',
        podIP: '10.0.0.1',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastProbeTime: null }],
        containerStatuses: [
          { name: 'app', ready: false, image: 'x', state: { waiting: { reason: 'CrashLoopBackOff' } } },
        ],
      },
    },
    'v1',
    'Pod',
  );

  it('keeps what decisions read', () => {
    expect(pod).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'shop' },
      spec: {
        nodeName: 'node-1',
        affinity,
        topologySpreadConstraints: spread,
        containers: [
          {
            name: 'app',
            resources: { requests: { cpu: '100m' } },
            ports: [{ hostPort: 53, protocol: 'UDP' }],
          },
        ],
        volumes: [
          { name: 'tmp', emptyDir: {} },
          { name: 'data', persistentVolumeClaim: { claimName: 'd' } },
        ],
      },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
        containerStatuses: [{ name: 'app', ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
    });
  });

  it.each([
    [{}],
    [{ spec: null, status: null, metadata: { name: 'x' } }],
    [{ spec: { containers: null }, metadata: {} }],
  ])('survives %j', (raw) => {
    expect(projectPod(raw, 'v1', 'Pod')).toMatchObject({ kind: 'Pod' });
  });
});

describe('projected metadata', () => {
  it('drops what others keep in annotations, and keeps our own of any length', () => {
    const long = 'x'.repeat(2_000);
    const { annotations } = projectMeta({
      name: 'a',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{"env":"hunter2"}',
        'springtide.io/drain': long,
        other: long,
        'springtide.io/paused': 'true',
      },
    });
    expect(annotations).toEqual({ 'springtide.io/drain': long, 'springtide.io/paused': 'true' });
  });
});

describe('other projections', () => {
  it('keep the template of a workload, cut down like a pod', () => {
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', env: [{}] }] } };
    const workload = projectWorkload(
      {
        metadata: { name: 'web' },
        spec: { replicas: 0, selector: {}, template, paused: true },
        status: { replicas: 3 },
      },
      'apps/v1',
      'Deployment',
    );
    expect(workload.spec).toEqual({
      replicas: 0,
      selector: {},
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app' }] } },
    });
  });

  it('drop the heartbeat of a node', () => {
    const node = projectNode(
      {
        metadata: { name: 'n' },
        spec: { providerID: 'openstack:///u', podCIDR: '10.0.0.0/24' },
        status: {
          images: [{}],
          conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: 'now', lastTransitionTime: 'then' }],
          nodeInfo: { systemUUID: 'u', kubeletVersion: 'v1' },
        },
      },
      'v1',
      'Node',
    );
    expect(node).toMatchObject({ spec: { providerID: 'openstack:///u' }, status: { nodeInfo: { systemUUID: 'u' } } });
    expect(JSON.stringify(node)).not.toMatch(/Heartbeat|images|podCIDR|kubelet/);
  });

  it.each([
    ['policy/v1', {}, {}],
    ['policy/v1beta1', {}, null],
    ['policy/v1beta1', { matchLabels: {} }, null],
    ['policy/v1beta1', { matchLabels: { a: 'b' } }, { matchLabels: { a: 'b' } }],
  ])('in %s a budget with the selector %j means %j', (apiVersion, selector, expected) => {
    const raw = { metadata: { name: 'b' }, spec: { selector } };
    expect(projectDisruptionBudget(raw, apiVersion, 'PodDisruptionBudget').spec?.selector).toEqual(expected);
  });
});

describe('what tells who writes and what is stuck', () => {
  it('of managed fields only the owners of spec.replicas are kept', () => {
    const owning = { 'f:spec': { 'f:replicas': {} } };
    const managedFields = [
      { manager: 'kubectl-client-side-apply', operation: 'Update', fieldsV1: { 'f:spec': { 'f:template': {} } } },
      { manager: 'argocd', operation: 'Apply', time: '2026-11-20T08:00:00Z', fieldsType: 'FieldsV1', fieldsV1: owning },
      { manager: 'springtide', operation: 'Update', subresource: 'scale', fieldsV1: owning },
    ];
    expect(projectMeta({ name: 'web', managedFields }).managedFields).toEqual([
      { manager: 'argocd', operation: 'Apply', time: '2026-11-20T08:00:00Z' },
      { manager: 'springtide', operation: 'Update', subresource: 'scale' },
    ]);
    expect(projectMeta({ name: 'web', managedFields: managedFields.slice(0, 1) })).toEqual({ name: 'web' });
  });

  it('conditions of a workload, waiting init containers and the requests of a whole pod stay', () => {
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', lastUpdateTime: 'x' },
    ];
    const workload = projectWorkload({ metadata: { name: 'web' }, status: { conditions } }, 'apps/v1', 'Deployment');
    expect(workload.status?.conditions).toEqual([
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
    ]);
    const waiting = { name: 'init', state: { waiting: { reason: 'ImagePullBackOff', message: 'no' } }, image: 'x' };
    const raw = {
      metadata: { name: 'web-1' },
      spec: { resources: { requests: { cpu: '1' }, claims: [] }, containers: [] },
      status: { initContainerStatuses: [waiting] },
    };
    const pod = projectPod(raw, 'v1', 'Pod');
    expect(pod.spec?.resources).toEqual({ requests: { cpu: '1' } });
    expect(pod.status?.initContainerStatuses).toEqual([
      { name: 'init', state: { waiting: { reason: 'ImagePullBackOff' } } },
    ]);
  });

  it('an autoscaler keeps its spec as it is written', () => {
    const spec = {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas: 9,
      metrics: [{ type: 'Pods' }],
      behavior: {},
    };
    expect(projectAutoscaler({ metadata: { name: 'web' }, spec }, 'autoscaling/v2', 'HorizontalPodAutoscaler')).toEqual(
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec,
      },
    );
  });
});
