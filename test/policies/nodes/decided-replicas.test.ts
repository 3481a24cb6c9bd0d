// Replicas that were just decided on order VMs beside the pods that wait: within quotas, in the shape that they will have.
import { describe, expect, it } from 'vitest';
import type { KubernetesObject, PodSpec, Workload } from '../../../src/model/kubernetes.ts';
import { rfc3339 } from '../../../src/model/units.ts';
import { aDeployment, aPod, aPodPolicy, noon } from '../../builders.ts';
import { act, pool, rising, running, tick, web } from './worlds.ts';

const one = { name: 'main', resources: { requests: { cpu: '1' } } };

describe('replicas that were just decided on', () => {
  const quota = (hard: object, used: object, spec: object = {}): KubernetesObject & { readonly spec: object } => ({
    metadata: { name: 'q', namespace: 'shop' },
    spec: { hard, ...spec },
    ...{ status: { hard, used } },
  });

  it.each([
    ['no quota', [], 4],
    ['a quota with room for two', [quota({ pods: 6 }, { pods: 4 })], 2],
    ['a quota that is used up', [quota({ 'requests.cpu': '4' }, { 'requests.cpu': '4' })], 0],
    ['the shorter of two', [quota({ cpu: '7' }, { cpu: '4' }), quota({ 'count/pods': '5' }, { 'count/pods': '4' })], 1],
    [
      'one of another namespace',
      [{ ...quota({ pods: 4 }, { pods: 4 }), metadata: { name: 'q', namespace: 'pay' } }],
      4,
    ],
    ['one for pods without requests', [quota({ pods: 4 }, { pods: 4 }, { scopes: ['BestEffort'] })], 4],
    ['one for pods with requests', [quota({ pods: 5 }, { pods: 4 }, { scopes: ['NotBestEffort'] })], 1],
    ['one for jobs that end', [quota({ pods: 4 }, { pods: 4 }, { scopes: ['Terminating'] })], 4],
    [
      'one of a priority that they do not have',
      [
        quota(
          { pods: 4 },
          { pods: 4 },
          { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } },
        ),
      ],
      4,
    ],
  ])('%s', (_, resourcequotas, pods) => {
    const { decision } = tick(rising().kubernetes({ resourcequotas }).build(), act);
    expect(decision.for.reduce((sum, one) => sum + one.pods, 0)).toBe(pods);
    expect(decision.action).toBe(pods > 0 ? 'grow' : 'none');
  });

  it('order nothing while the quotas cannot be read', () => {
    expect(tick(rising().without('resourcequotas').build(), act).decision).toMatchObject({ action: 'none' });
  });

  const set = (name: string, revision: string, spec: PodSpec): Workload => ({
    metadata: {
      name,
      namespace: 'shop',
      annotations: { 'deployment.kubernetes.io/revision': revision },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', controller: true }],
    },
    spec: { replicas: 4, template: { metadata: { labels: { app: 'web' } }, spec } },
  });
  const two = { containers: [{ name: 'main', resources: { requests: { cpu: '2' } } }] };

  it.each([
    ['the newest revision', [set('web-new', '2', two), set('web-old', '1', { containers: [one] })], 3],
    ['an old one that was rolled back to', [set('web-old', '9', { containers: [one] }), set('web-new', '8', two)], 2],
    ['the Deployment’s own template', [], 2],
  ])('are shaped like %s', (_, sets, desired) => {
    const { decision } = tick(
      rising()
        .replicaSets(...sets)
        .build(),
      act,
    );
    expect(decision.desired).toBe(desired);
  });

  describe('look as admission has made the newest pod of their revision', () => {
    const bare: PodSpec = { containers: [{ name: 'main' }] };
    const pod = (name: string, owner: string, requests: Record<string, string>, more: PodSpec = {}) =>
      aPod(name)
        .labelled({ app: 'web' })
        .ownedBy('ReplicaSet', owner)
        .spec({ containers: [{ name: 'main', resources: { requests } }], ...more })
        .on('w-1')
        .ready();
    /** Eight are wanted of four, that leave no room on the node. */
    const wanting = (template: PodSpec, ...pods: ReturnType<typeof pod>[]) =>
      tick(
        pool(1)
          .deployments(web)
          .replicaSets(set('web-new', '2', template), set('web-old', '1', { containers: [one] }))
          .pods(...pods.map((made) => made.build()))
          .answering('requests', 800)
          .build(),
        act,
      ).decision;
    const four = (make: (name: string) => ReturnType<typeof pod>) => ['1', '2', '3', '4'].map((name) => make(name));

    it.each<[string, PodSpec, readonly ReturnType<typeof pod>[], number]>([
      ['a LimitRange’s default request', bare, four((name) => pod(name, 'web-new', { cpu: '2' })), 3],
      [
        'a RuntimeClass’s overhead',
        { containers: [one] },
        four((name) => pod(name, 'web-new', { cpu: '1' }, { overhead: { cpu: '1' } })),
        3,
      ],
      ['not that of an older revision', { containers: [one] }, four((name) => pod(name, 'web-old', { cpu: '2' })), 2],
      [
        'not that of one that has ended',
        { containers: [one] },
        four((name) => pod(name, 'web-old', { cpu: '1' })).concat(
          pod('5', 'web-new', { cpu: '2' })
            .meta({ creationTimestamp: rfc3339(noon) })
            .status({ phase: 'Failed' }),
        ),
        2,
      ],
    ])('%s', (_, template, pods, desired) => {
      expect(wanting(template, ...pods).desired).toBe(desired);
    });
  });

  it('of a target whose new pods do not come up order nothing', () => {
    const status = { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] };
    const snapshot = rising().deployments(web.replicas(8)).build();
    expect(tick(snapshot, act).decision.action).toBe('grow');
    const stuck = { ...web.replicas(8).build(), status };
    expect(tick(rising().deployments(stuck).build(), act).decision).toMatchObject({ action: 'none' });
  });
});

describe('targets that hold because nobody may count their pods', () => {
  /** Four of four run on a node that is full: nothing is decided for them. */
  const standing = () =>
    pool(1)
      .pods(...running)
      .answering('requests', 800);

  it('order nothing where two select the same pods', () => {
    const api = aDeployment('shop', 'api')
      .replicas(2)
      .spec({ selector: { matchLabels: { app: 'web' } } });
    const { plan, decision } = tick(standing().deployments(web, api).build(), {
      pods: [aPodPolicy('web'), aPodPolicy('api')],
    });
    expect(plan.pods.map(({ reason }) => reason)).toEqual(['AmbiguousSelector', 'AmbiguousSelector']);
    expect(decision).toMatchObject({ action: 'none', reason: 'PoolFits' });
  });

  it('order what is missing of them, where more or fewer targets were found than expected', () => {
    const held = (replicas: number) =>
      tick(standing().deployments(web.replicas(replicas)).build(), {
        pods: [
          aPodPolicy('web', {
            targets: {
              kind: 'Deployment',
              namespaces: ['shop'],
              selector: { matchLabels: { app: 'web' } },
              expect: { min: 2, max: 9 },
            },
          }),
        ],
      });
    const whole = held(4);
    expect(whole.plan.pods).toMatchObject([{ reason: 'UnexpectedTargets', desired: 4 }]);
    expect(whole.decision).toMatchObject({ action: 'none', reason: 'PoolFits' });
    expect(held(6).decision.for.reduce((sum, { pods }) => sum + pods, 0)).toBe(2);
  });
});
