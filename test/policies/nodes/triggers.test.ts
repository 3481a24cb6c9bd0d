// What orders VMs beside pods that wait: headroom, saturation, schedules; and what must not order any.
import { describe, expect, it } from 'vitest';
import type { TargetForecast } from '../../../src/model/forecast.ts';
import type { KubernetesObject, Pod, PodSpec, Scale, Workload } from '../../../src/model/kubernetes.ts';
import type { Memory } from '../../../src/model/memory.ts';
import { minutes, rfc3339 } from '../../../src/model/units.ts';
import { ageQuestionsOf } from '../../../src/promql/batch.ts';
import { questionsOf } from '../../../src/targets/questions.ts';
import {
  aConfig,
  aDeployment,
  aForecast,
  aNode,
  aNodeGroup,
  aNodePolicy,
  answered,
  aPod,
  aPodPolicy,
  at,
  noon,
  podsOf,
} from '../../builders.ts';
import { group, pool, steady, tick, workers, type Tick } from './worlds.ts';

const wanting = (spec: object, groups: readonly object[] = [{ name: group, min: 1, max: 9 }]) =>
  aNodePolicy({ nodeGroups: groups, ...spec });

const one = { name: 'main', resources: { requests: { cpu: '1' } } };
const web = aDeployment('shop', 'web').replicas(4).requesting({ cpu: '1' });
const running = podsOf('web', { 'w-1': 4 }, { cpu: '1' });
/** Metrics ask for eight of four; each takes a core, and the one node is full. */
const rising = () =>
  pool(1)
    .deployments(web)
    .pods(...running)
    .answering('requests', 800);
const act = { pods: [aPodPolicy('web')] };

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
    expect(decision.for.reduce((sum, served) => sum + served.pods, 0)).toBe(pods);
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

describe('a forecast', () => {
  const forecast = { metric: 'requests' };
  /** Four of four replicas suffice, and the one node is full. */
  const coming = (said: TargetForecast) =>
    pool(1)
      .deployments(aDeployment('shop', 'web').replicas(4).requesting({ cpu: '1' }))
      .pods(...running)
      .answering('requests', 400)
      .foreseeing(said);
  const foreseen = aForecast(400, 1000);
  const served = ({ decision }: Tick) => decision.for.reduce((sum, one) => sum + one.pods, 0);

  it('orders VMs for replicas that nobody has decided on yet, and names them', () => {
    const ordered = tick(coming(foreseen).build(), { pods: [aPodPolicy('web', { forecast })] });
    expect(ordered.decision).toMatchObject({ action: 'grow', reason: 'ForecastWillNotFit', desired: 3 });
    expect(ordered.decision.for).toMatchObject([{ target: { kind: 'Deployment', name: 'web' }, pods: 6 }]);
    expect(ordered.decision.message).toContain('new pods of shop/web');
    expect(ordered.plan.pods[0]).toMatchObject({ action: 'none', desired: 4 });
  });

  it('orders beside replicas that are decided on in the same tick, each once', () => {
    const both = tick(coming(aForecast(800, 1000)).build(), { pods: [aPodPolicy('web', { forecast })] });
    expect(both.plan.pods[0]).toMatchObject({ desired: 8 });
    expect(both.decision).toMatchObject({ reason: 'ReplicasWillNotFit', desired: 3 });
    expect(served(both)).toBe(6);
  });

  it.each([
    ['a rehearsal', { mode: 'dryRun' }, foreseen],
    ['a preview', { forecast: { ...forecast, mode: 'preview' } }, foreseen],
    ['one that asks before it acts', { mode: 'confirm' }, foreseen],
    ['one that is not trusted', {}, aForecast(400, 1000, 1000, { state: 'steppedBack', doubt: 'patternChanged' })],
    ['one that stays within the policy’s maximum', { replicas: { min: 1, max: 4 } }, foreseen],
  ])('of %s orders none', (_, spec, said) => {
    const snapshot = coming(said).build();
    const policy = aPodPolicy('web', { forecast: { ...forecast, fallbackUtilization: 1 }, ...spec });
    expect(tick(snapshot, { pods: [policy] }).decision).toMatchObject({ action: 'none', reason: 'PoolFits' });
  });

  it('orders within limits and quotas, and pages nobody where it may not', () => {
    const pods = [aPodPolicy('web', { forecast })];
    const most = wanting({ limits: { nodes: 1 } });
    const short = tick(coming(foreseen).build(), { pods, policy: most });
    expect(short.decision).toMatchObject({ action: 'hold', reason: 'ForecastWillNotFit', desired: 1 });
    expect(short.plan.alerts).toEqual([]);
    const two = { metadata: { name: 'q', namespace: 'shop' }, status: { hard: { pods: 6 }, used: { pods: 4 } } };
    const within = coming(foreseen).kubernetes({ resourcequotas: [two] });
    expect(served(tick(within.build(), { pods }))).toBe(2);
  });
});

describe('a schedule of pods', () => {
  const window = (min: number, second = 300, more: object = {}) => ({
    name: 'office',
    from: rfc3339(at(second)),
    until: rfc3339(at(second + 7200)),
    min,
    ...more,
  });
  const scheduled = (schedule: readonly object[], spec: object = {}) => ({
    pods: [aPodPolicy('web', { schedule, ...spec })],
  });
  /** Four of four replicas suffice, and the one node is full. */
  const calm = (annotations: Record<string, string> = {}, nodes = 1) => {
    const deployment = aDeployment('shop', 'web').replicas(4).requesting({ cpu: '1' }).build();
    return pool(nodes)
      .deployments({ ...deployment, metadata: { ...deployment.metadata, annotations } })
      .pods(...running)
      .answering('requests', 400);
  };
  const served = ({ decision }: Tick) => decision.for.reduce((sum, one) => sum + one.pods, 0);
  const learned = (count: number) => steady({ bootTimes: [minutes(count)] });

  it.each([
    ['a minute too early', 375, undefined, 'none', 0],
    ['as early as VMs usually take, and a tick', 315, undefined, 'grow', 6],
    ['a minute before the slow ones would come in time', 675, learned(10), 'none', 0],
    ['in time for them', 615, learned(10), 'grow', 6],
    ['nothing where VMs are quick and it is early', 300, learned(2), 'none', 0],
  ])('orders VMs %s', (_, opens, memory, action, pods) => {
    const ordered = tick(calm().build(), { ...scheduled([window(10, opens)]), ...(memory && { memory }) });
    expect(ordered.decision.action).toBe(action);
    expect(served(ordered)).toBe(pods);
    expect(ordered.plan.pods[0]).toMatchObject({ action: 'none', desired: 4 });
  });

  it('names the targets, and says that nobody waits yet', () => {
    const { decision } = tick(calm().build(), scheduled([window(10)]));
    expect(decision).toMatchObject({ action: 'grow', reason: 'ScheduleWillNotFit', desired: 3 });
    expect(decision.for).toMatchObject([{ target: { kind: 'Deployment', name: 'web' }, pods: 6 }]);
    expect(decision.message).toContain('shop/web');
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });

  it.each([
    ['the highest of several windows', [window(8), window(10), window(6, 100)], {}, 6],
    ['an exact number', [window(4, 300, { min: undefined, replicas: 9 })], {}, 5],
    ['one that is to be ready before it opens', [window(10, 900, { readyBefore: '10m' })], {}, 6],
    ['no more than the policy’s maximum', [window(10)], { replicas: { min: 1, max: 10 } }, 6],
    ['nothing for a ceiling', [window(4, 300, { min: undefined, max: 9 })], {}, 0],
    ['nothing for what runs already', [window(4)], {}, 0],
    ['nothing in a rehearsal', [window(10)], { mode: 'dryRun' }, 0],
    ['nothing while only the way up is rehearsed', [window(10)], { mode: { up: 'dryRun', down: 'act' } }, 0],
    ['nothing that a person is asked for first', [window(10)], { mode: 'confirm' }, 0],
  ])('orders %s', (_, schedule, spec, pods) => {
    expect(served(tick(calm().build(), scheduled(schedule, spec)))).toBe(pods);
  });

  it('orders while the metrics are unknown, and while only the way down is rehearsed', () => {
    const unknown = calm().answering('requests', answered(null)).build();
    expect(served(tick(unknown, scheduled([window(10)])))).toBe(6);
    const down = { mode: { up: 'act', down: 'dryRun' } };
    const falling = calm().answering('requests', 100).build();
    expect(served(tick(falling, scheduled([window(10)], down)))).toBe(6);
  });

  it.each([
    ['paused', { 'springtide.io/paused': 'true' }],
    ['paused at a number', { 'springtide.io/paused-replicas': '4' }],
    ['not to rise', { 'springtide.io/paused-scale-up': 'true' }],
    ['paused nobody knows how', { 'springtide.io/paused': 'maybe' }],
  ])('orders nothing for a target that is %s', (_, annotations) => {
    expect(tick(calm(annotations).build(), scheduled([window(10)])).decision.action).toBe('none');
  });

  it.each([
    ['of a custom kind as well', {}, 'grow', 6],
    ['nothing for one of a custom kind that is not to rise', { 'springtide.io/paused-scale-up': 'true' }, 'none', 0],
    ['nothing for one of a custom kind that is paused', { 'springtide.io/paused': 'true' }, 'none', 0],
  ])('orders %s', (_, annotations, action, pods) => {
    const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };
    const scale: Scale = {
      metadata: { name: 'web', namespace: 'shop', annotations },
      spec: { replicas: 4 },
      status: { replicas: 4, selector: 'app=web' },
      target: rollout,
    };
    const snapshot = pool(1)
      .kubernetes({ scales: [scale] })
      .pods(...running)
      .answering('requests', 400)
      .build();
    const ordered = tick(snapshot, {
      pods: [aPodPolicy('web', { target: { ...rollout, name: 'web' }, schedule: [window(10)] })],
    });
    expect(ordered.decision.action).toBe(action);
    expect(served(ordered)).toBe(pods);
  });

  it('orders nothing while the way up is switched off, nor for a target that a person has put to zero', () => {
    const control = { off: ['pods.up' as const], by: 'ann', why: 'freeze', until: null, releasedAt: null };
    expect(tick({ ...calm().build(), control }, scheduled([window(10)])).decision.action).toBe('none');
    const asleep = aDeployment('shop', 'web').replicas(0).requesting({ cpu: '1' });
    const stopped = pool(1).deployments(asleep).answering('requests', 0).build();
    expect(tick(stopped, scheduled([window(10)])).decision.action).toBe('none');
  });

  it('orders once for replicas that are decided on, foreseen and scheduled: the most of them', () => {
    const forecast = { forecast: { metric: 'requests' } };
    const both = (min: number, load: number, foreseen: number) =>
      tick(
        calm().answering('requests', load).foreseeing(aForecast(load, foreseen)).build(),
        scheduled([window(min)], forecast),
      );
    expect(served(both(8, 400, 1000))).toBe(6);
    expect(both(8, 400, 1000).decision.reason).toBe('ForecastWillNotFit');
    expect(served(both(12, 400, 1000))).toBe(8);
    expect(both(12, 400, 1000).decision.reason).toBe('ScheduleWillNotFit');
    expect(served(both(12, 800, 1000))).toBe(8);
    expect(both(12, 800, 1000).decision.reason).toBe('ReplicasWillNotFit');
  });

  it('orders within limits and quotas, and pages nobody where it may not', () => {
    const most = wanting({ limits: { nodes: 1 } });
    const short = tick(calm().build(), { ...scheduled([window(10)]), policy: most });
    expect(short.decision).toMatchObject({ action: 'hold', reason: 'ScheduleWillNotFit', desired: 1 });
    expect(short.decision.message).not.toMatch(/\{\w+\}/);
    expect(short.plan.alerts).toEqual([]);
    const two = { metadata: { name: 'q', namespace: 'shop' }, status: { hard: { pods: 6 }, used: { pods: 4 } } };
    expect(
      served(
        tick(
          calm()
            .kubernetes({ resourcequotas: [two] })
            .build(),
          scheduled([window(10)]),
        ),
      ),
    ).toBe(2);
  });

  it('says of an order that the guard over nodes holds that nobody waits for it', () => {
    const guards = { nodes: { ordered: { nodes: 1, per: '10m' } } };
    const held = tick(calm().build(), { ...scheduled([window(10)]), daemon: { guards } });
    expect(held.memory.nodeGuard?.tripped).toMatchObject({ guard: 'nodesOrdered' });
    expect(held.decision).toMatchObject({ resize: null, for: [] });
  });

  it('orders nothing more while the VMs are on their way, and keeps them once they have come', () => {
    const memory = steady({ ordered: [{ at: at(-60), count: 2 }] });
    const coming = calm()
      .groups(aNodeGroup(group, 3, { flavor_id: 'm1.large' }))
      .build();
    expect(tick(coming, { ...scheduled([window(10, 240)]), memory }).decision).toMatchObject({
      action: 'none',
      reason: 'NodesUpcoming',
    });
    const come = calm({}, 3).build();
    const kept = tick(come, { ...scheduled([window(10, 120)]), memory: learned(10) }).decision;
    expect(kept).toMatchObject({ action: 'none', resize: null });
    expect(kept.kept.filter(({ reason }) => reason === 'ScheduledSoon').map(({ node }) => node)).toEqual([
      'w-2',
      'w-3',
    ]);
  });
});

describe('headroom', () => {
  const keeping = (pods: number, spec: object = {}) =>
    wanting({ growth: { headroom: { of: { kind: 'Deployment', namespace: 'shop', name: 'web' }, pods } }, ...spec });

  it.each([
    ['fits on today’s nodes', { 'w-1': 2 }, 2, 'PoolFits', 1],
    ['does not', { 'w-1': 2 }, 3, 'HeadroomShort', 2],
    ['needs several nodes', { 'w-1': 4 }, 5, 'HeadroomShort', 3],
  ])('that %s', (_, where, pods, reason, desired) => {
    const snapshot = pool(1)
      .deployments(web)
      .pods(...podsOf('web', where, { cpu: '1' }));
    expect(tick(snapshot.build(), { policy: keeping(pods) }).decision).toMatchObject({ reason, desired });
  });

  it('comes after pods that wait, and pages nobody where it cannot be had', () => {
    const waiting = aPod('batch').requesting({ cpu: '4' }).unschedulable().build();
    const policy = keeping(4, { limits: { nodes: 2 } });
    const snapshot = pool(1)
      .deployments(web)
      .pods(...running, waiting)
      .build();
    const { decision } = tick(snapshot, { policy });
    expect(decision).toMatchObject({ reason: 'PodsUnschedulable', desired: 2 });
    const alone = tick(
      pool(2)
        .deployments(web)
        .pods(...podsOf('web', { 'w-1': 4, 'w-2': 4 }, { cpu: '1' }))
        .build(),
      {
        policy,
      },
    );
    expect(alone.decision).toMatchObject({ action: 'hold', reason: 'HeadroomShort', desired: 2 });
    expect(alone.decision.message).not.toMatch(/\{\w+\}/);
    expect(alone.plan.alerts).toEqual([]);
  });

  it('of a target that nobody knows the shape of is named, and orders nothing', () => {
    const policy = wanting({
      growth: { headroom: { of: { kind: 'Rollout', namespace: 'shop', name: 'new' }, pods: 9 } },
    });
    const { decision } = tick(pool(1).build(), { policy });
    expect(decision).toMatchObject({ action: 'hold', reason: 'ShapeUnknown', resize: null });
    expect(decision.message).toContain('Rollout shop/new');
  });
});

describe('saturation', () => {
  const growth = { saturation: [{ query: 'busy', above: 0.85, for: '3m' }] };
  const policy = wanting({ growth });
  const since = (second: number): Memory => ({ ...steady(), saturatedSince: { 'workers 0.85 busy': at(second) } });

  it.each([
    ['for too short a time', 0.9, since(-170), 'PoolFits', 1],
    ['for long enough', 0.9, since(-180), 'Saturated', 2],
    ['not at all', 0.85, since(-600), 'PoolFits', 1],
  ])('above the threshold %s', (_, value, memory, reason, desired) => {
    const { decision } = tick(pool(1).answering('busy', value).build(), { policy, memory });
    expect(decision).toMatchObject({ reason, desired });
    expect(decision.message).not.toMatch(/\{\w+\}/);
  });

  it('keeps its time in memory, and begins anew where nothing is known', () => {
    const first = tick(pool(1).answering('busy', 0.9).build(), { policy });
    expect(first.memory.saturatedSince).toEqual({ 'workers 0.85 busy': noon });
    const second = tick(pool(1).answering('busy', 0.95).build(), { policy, memory: first.memory, now: at(60) });
    expect(second.memory.saturatedSince).toEqual({ 'workers 0.85 busy': noon });
    const unknown = tick(pool(1).build(), { policy, memory: since(-600) });
    expect(unknown.decision.action).toBe('none');
    expect(unknown.memory.saturatedSince).toBeUndefined();
  });

  it.each([
    ['fresh', 119, 'Saturated', 'grow'],
    ['too old', 121, 'SaturationUnknown', 'none'],
    ['of unknown age', null, 'SaturationUnknown', 'none'],
  ])('orders by samples that are %s', (_, age, reason, action) => {
    const { decision, memory } = tick(
      pool(1)
        .answering('busy', 0.9)
        .answering(ageQuestionsOf('busy', null)[0] ?? '', answered(age))
        .build(),
      { policy, memory: since(-600) },
    );
    expect(decision).toMatchObject({ reason, action });
    expect(decision.message).not.toMatch(/\{\w+\}/);
    expect(memory.saturatedSince === undefined).toBe(action === 'none');
  });

  it('is told when nothing is known of it for a minute', () => {
    const failed = pool(1).failing({
      source: 'prometheus',
      what: 'busy',
      code: 'Timeout',
      message: 'no answer in 5 s',
    });
    const first = tick(failed.build(), { policy });
    const { plan } = tick(failed.build(), { policy, memory: first.memory, now: at(61) });
    expect(plan.alerts.map(({ labels }) => labels['alertname'])).toContain('SpringtideSaturationUnknown');
    expect(plan.nodes[0]?.facts['what']).toContain('no answer in 5 s');
  });

  it('has the age of each of its samples asked', () => {
    const asked = questionsOf(
      aConfig([], [wanting({ growth: { saturation: [{ query: 'a / b', above: 1, for: '1m' }] } })]),
      [],
    );
    expect(asked.filter((text) => text.includes('timestamp('))).toHaveLength(2);
  });

  it('gets one node at a time: while one is on its way no other is ordered', () => {
    const memory = { ...since(-600), groups: steady({ ordered: [{ at: at(-60), count: 1 }] }).groups };
    const { decision, memory: after } = tick(pool(2, workers(1)).answering('busy', 0.99).build(), { policy, memory });
    expect(decision).toMatchObject({ action: 'none', reason: 'NodesUpcoming' });
    expect(after.saturatedSince).toBeUndefined();
  });

  it('asks for no more where a group grows anyway, and takes the next group where the first may not', () => {
    const snapshot = rising().answering('busy', 0.99).build();
    expect(tick(snapshot, { ...act, policy, memory: since(-600) }).decision).toMatchObject({
      desired: 2,
      reason: 'ReplicasWillNotFit',
    });
    const groups = [
      { name: group, min: 1, max: 1 },
      { name: 'spare', min: 0, max: 3, prefer: 2 },
    ];
    const { plan } = tick(
      pool(1).groups(aNodeGroup(group, 1), aNodeGroup('spare', 0)).answering('busy', 0.99).build(),
      { policy: wanting({ growth }, groups), memory: since(-600) },
    );
    expect(plan.nodes.map(({ desired }) => desired)).toEqual([1, 1]);
    expect(plan.nodes[1]).toMatchObject({ action: 'grow', reason: 'Saturated' });
  });
});

describe('a schedule of nodes', () => {
  it.each([
    ['too early', 600, [], 1],
    ['as early as nodes have lately taken to come', 600, [minutes(10)], 5],
    ['as early as they usually take where nothing is known yet', 315, [], 5],
    ['no earlier than that', 316, [], 1],
    ['later where they are quick', 300, [minutes(2)], 1],
  ])('orders its nodes: %s', (_, opens, bootTimes, desired) => {
    const schedule = [{ name: 'd11', from: rfc3339(at(opens)), until: rfc3339(at(7200)), nodeGroup: group, min: 5 }];
    const { decision } = tick(pool(1).build(), { policy: wanting({ schedule }), memory: steady({ bootTimes }) });
    expect(decision.desired).toBe(desired);
    if (desired > 1) {
      expect(decision).toMatchObject({ action: 'grow', reason: 'ScheduledNodes' });
      expect(decision.message).toContain('d11');
    }
  });
});

describe('too many nodes that are not Ready', () => {
  const down = Array.from({ length: 4 }, (_, index) =>
    aNode(`w-${index + 2}`)
      .notReady(at(-400))
      .build(),
  );
  const evicted = podsOf('web', { 'w-2': 3 }, { cpu: '2' }).map((pod) => ({
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp: rfc3339(at(-60)) },
  }));
  const replacing = (count: number): Pod[] =>
    Array.from({ length: count }, (_, index) =>
      aPod(`new-${index}`).ownedBy('ReplicaSet', 'web-abc').requesting({ cpu: '4' }).unschedulable().build(),
    );
  const full = podsOf('api', { 'w-1': 1 }, { cpu: '4' });

  it('order no VM for those that take the place of their pods, until the nodes are gone', () => {
    const nodes = [...workers(1), ...down];
    const snapshot = pool(5, nodes).pods(...full, ...evicted, ...replacing(3));
    const { decision } = tick(snapshot.build());
    expect(decision).toMatchObject({ action: 'hold', reason: 'TooManyUnready', resize: null });
    expect(decision.message).toContain('4 of 5');
    const gone = pool(1, workers(1)).pods(...full, ...replacing(3));
    expect(tick(gone.build()).decision).toMatchObject({ action: 'grow', desired: 4 });
  });

  it('order VMs for all others', () => {
    const snapshot = pool(5, [...workers(1), ...down]).pods(...full, ...evicted, ...replacing(5));
    expect(tick(snapshot.build()).decision).toMatchObject({ action: 'grow', desired: 7 });
  });
});
