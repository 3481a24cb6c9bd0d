// What is kept of each object, and what never is.
import { describe, expect, it } from 'vitest';
import {
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
