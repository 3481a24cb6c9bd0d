// What a new pod of a target is believed to look like: its template, with what admission has given the newest pod that was made of it.
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../../src/model/kubernetes.ts';
import { Templates } from '../../../src/policies/nodes/template.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aPod, at } from '../../builders.ts';

const target = { kind: 'StatefulSet', namespace: 'shop', name: 'db' } as const;
const container = (requests: Record<string, string>, limits?: Record<string, string>) => ({
  name: 'main',
  resources: { requests, ...(limits === undefined ? {} : { limits }) },
});
const pod = (name: string, spec: PodSpec, born = 0): Pod =>
  aPod(name)
    .ownedBy('StatefulSet', 'db')
    .spec(spec)
    .meta({ creationTimestamp: rfc3339(at(born)) })
    .on('w-1')
    .build();
const shapeOf = (template: PodSpec, ...pods: readonly Pod[]): PodSpec | undefined =>
  new Templates({
    statefulsets: [{ metadata: { name: 'db', namespace: 'shop' }, spec: { template: { spec: template } } }],
  }).of(target, pods)?.spec;

describe('the shape of a new pod', () => {
  const asked: PodSpec = { containers: [container({ cpu: '1' })] };

  it('has what admission adds, and neither the node nor the claims of the pod that shows it', () => {
    const claim = { name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } };
    const made: PodSpec = {
      containers: [container({ cpu: '1', memory: '1Gi' }), { name: 'injected' }],
      overhead: { cpu: '250m' },
      priority: 7,
    };
    const own = pod('db-0', { ...made, volumes: [claim] });
    expect(shapeOf(asked, own)).toEqual(made);
    const tmp = [{ name: 'tmp', emptyDir: {} }];
    expect(shapeOf({ ...asked, volumes: tmp }, own)).toEqual({ ...made, volumes: tmp });
  });

  it.each<[string, PodSpec]>([
    ['asks for another amount', { containers: [container({ cpu: '2' })] }],
    ['asks for less', { containers: [container({})] }],
    ['has another container', { containers: [{ ...container({ cpu: '1' }), name: 'other' }] }],
  ])('is the template’s where the pod is of another revision: it %s', (_, spec) => {
    expect(shapeOf(asked, pod('db-0', { ...spec, overhead: { cpu: '9' } }))).toBe(asked);
  });

  it('is the template’s where a limit was changed, or there is no pod', () => {
    const limited: PodSpec = { containers: [container({ cpu: '1' }, { memory: '2Gi' })] };
    const before: PodSpec = { containers: [container({ cpu: '1' }, { memory: '1Gi' })] };
    expect(shapeOf(limited, pod('db-0', before))).toBe(limited);
    expect(shapeOf(limited)).toBe(limited);
  });

  it('is that of the newest pod of this revision', () => {
    const of = (memory: string) => ({ containers: [container({ cpu: '1', memory })] });
    const pods = [pod('db-0', of('1Gi'), 1), pod('db-1', of('3Gi'), 3), pod('db-2', of('2Gi'), 2)];
    expect(shapeOf(asked, ...pods)).toEqual(of('3Gi'));
  });

  it('is one object for as long as nothing changes: what is worked out of it is remembered', () => {
    const own = pod('db-0', { ...asked, overhead: { cpu: '1' } });
    expect(shapeOf(asked, own)).toBe(shapeOf(asked, own));
  });
});
