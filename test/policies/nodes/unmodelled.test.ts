// Which rules of placing we do not simulate: a node stays while one of its pods has one.
import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../src/model/kubernetes.ts';
import { unmodelledRule } from '../../../src/policies/nodes/unmodelled.ts';

const required = { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname' }] };
const preferred = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] };

describe('a rule that is not simulated', () => {
  it.each<[string, PodSpec | undefined, string | null]>([
    ['no spec at all', undefined, null],
    ['plain requests', { containers: [{ name: 'app', resources: { requests: { cpu: '1' } } }] }, null],
    ['node affinity, which is simulated', { affinity: { nodeAffinity: {} } }, null],
    ['required affinity', { affinity: { podAffinity: required } }, 'podAffinity'],
    ['required anti-affinity', { affinity: { podAntiAffinity: required } }, 'podAntiAffinity'],
    ['preferred anti-affinity', { affinity: { podAntiAffinity: preferred } }, null],
    [
      'spread that must be',
      { topologySpreadConstraints: [{ whenUnsatisfiable: 'DoNotSchedule' }] },
      'topologySpreadConstraints',
    ],
    ['spread that should be', { topologySpreadConstraints: [{ whenUnsatisfiable: 'ScheduleAnyway' }] }, null],
    ['a claim', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }, 'persistentVolumeClaim'],
    ['a host port', { containers: [{ name: 'app', ports: [{ hostPort: 80 }] }] }, 'hostPort'],
    ['a container port', { containers: [{ name: 'app', ports: [{ protocol: 'TCP' }] }] }, null],
  ])('%s', (_, spec, rule) => {
    expect(unmodelledRule(spec)).toBe(rule);
  });
});
