// The whole story over true servers: load rises, pods and then VMs come, load falls, and exactly the drained servers go.
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { at, listAt, numberAt, textAt } from './servers/json.ts';
import { eventually } from './servers/process.ts';
import { drainOn, group, nameOf, useStage } from './support/stage.ts';
import { budgetRecord, watch, type Watching } from './support/watching.ts';
import { budgetOf, budgetsPath, create, deploymentOf, deploymentsPath, podsPath } from './support/workloads.ts';

const requests = 'http_requests_total{namespace="shop",app="web"}';
const intervalMs = 2000;

describe('springtide run', () => {
  const stage = useStage({
    interval: `${intervalMs}ms`,
    podPolicies: {
      web: {
        target: { kind: 'Deployment', name: 'web' },
        replicas: { min: 2, max: 40 },
        metrics: [{ name: 'requests', query: `sum(rate(${requests}[5s]))`, target: { averageValue: 100 } }],
        behavior: {
          scaleUp: { policies: [{ type: 'Pods', value: 100, period: '15s' }] },
          scaleDown: { stabilizationWindow: '6s' },
        },
        mode: 'act',
      },
      queue: {
        target: { kind: 'Deployment', name: 'queue' },
        replicas: { min: 1, max: 40 },
        metrics: [{ name: 'depth', query: 'max(queue_depth)', target: { averageValue: 100 } }],
        behavior: { scaleUp: { policies: [{ type: 'Pods', value: 100, period: '1s' }] } },
        mode: 'act',
      },
    },
    nodePolicy: {
      nodeGroups: [{ name: group, min: 2, max: 6 }],
      growth: { provisionTimeout: '60s' },
      shrink: { unneededFor: '6s', afterGrowth: '5s', afterFailure: '5s', drainTimeout: '5m', removal: 'auto' },
      mode: 'act',
    },
  });
  const watches: Watching[] = [];
  const watching = async (path: string): Promise<Watching> => {
    const one = await watch(stage.kubernetes(), path);
    watches.push(one);
    return one;
  };
  afterAll(() => watches.forEach((one) => one.stop()));
  afterEach((context) => {
    if (context.task.result?.state !== 'fail') return;
    const states = budget?.events.map(({ at: heard, object }) => [heard, at(object, 'status')]);
    console.error(`the budget: ${JSON.stringify(states)}`);
    console.error(
      stage
        .daemon()
        .lines()
        .map((line) => JSON.stringify(line))
        .join('\n'),
    );
  });
  let began = 0;
  const tell = (what: string): void => console.info(`${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`);
  let grown: readonly { readonly name: string; readonly server_id: string }[] = [];
  let budget: Watching | undefined;
  let nodes: Watching | undefined;
  let evictedFrom = '';

  it('leaves alone what is as it should be', async () => {
    began = Date.now();
    const kubernetes = stage.kubernetes();
    stage.exporter().grow(requests, 800);
    stage.exporter().set('queue_depth', 50);
    await create(
      kubernetes,
      deploymentsPath,
      deploymentOf({ name: 'api', replicas: 6, cpu: '100m', nodeGroup: group }),
    );
    const ready = (name: string, count: number): Promise<true> =>
      eventually(`${count} pods of ${name} are available`, async () =>
        (await stage.available(name)) === count ? true : undefined,
      );
    await ready('api', 6);
    await create(kubernetes, deploymentsPath, deploymentOf({ name: 'web', replicas: 8, cpu: '1' }));
    await create(kubernetes, deploymentsPath, deploymentOf({ name: 'queue', replicas: 1, cpu: '1m' }));
    await create(kubernetes, budgetsPath, budgetOf('api', 5));
    await ready('web', 8);
    await eventually('the budget is counted', async () => {
      const { body } = await kubernetes.request('GET', `${budgetsPath}/api`);
      return at(body, 'status', 'currentHealthy') === 6 ? true : undefined;
    });
    await eventually('Prometheus has a rate', async () => {
      const [series] = await stage.query(`sum(rate(${requests}[5s]))`);
      return Math.abs(Number(at(series, 'value', 1)) - 800) < 40 ? true : undefined;
    });
    budget = await watching(budgetsPath);
    nodes = await watching('/api/v1/nodes');
    await stage.start();
    tell('springtide runs');
    await eventually('three ticks', () =>
      at(stage.memory(), 'lastTick') !== undefined && stage.daemon().lines().length > 3 ? true : undefined,
    );
    expect(await stage.replicas('web')).toBe(8);
    expect(stage.resizes()).toEqual([]);
  });

  it('adds replicas and orders the VM that they will need in the same tick', async () => {
    const scaled = await watching(deploymentsPath);
    stage.exporter().grow(requests, 2000);
    await eventually('twenty replicas are asked for', async () =>
      (await stage.replicas('web')) >= 19 ? true : undefined,
    );
    tell(`web has ${await stage.replicas('web')} replicas`);
    await eventually('the resize has reached the driver', () => (stage.resizes().length > 0 ? true : undefined));
    tell('the driver was told');
    const [resize] = stage.resizes();
    expect(resize).toMatchObject({ nodegroup_name: group, previous: 3, matched: [], superseded: false });
    expect(resize?.nodes_to_remove ?? []).toEqual([]);
    const toldAt = (resize?.t ?? 0) * 1000;
    const written = scaled.events.findLast(({ at: heard, object }) => nameOf(object) === 'web' && heard <= toldAt);
    const apart = toldAt - (written?.at ?? 0);
    console.info(`the order reached the driver ${apart.toFixed(0)} ms after the replicas that need it were written`);
    // Sixteen replicas are the first that four workers cannot hold beside the rest.
    const tooMuch = `sum(rate(${requests}[5s])) > 1500`;
    const [seen] = await stage.query(`min_over_time((vector(time()) and on() (${tooMuch}))[60s:100ms])`);
    const afterMetric = toldAt - Number(at(seen, 'value', 1)) * 1000;
    console.info(`and ${afterMetric.toFixed(0)} ms after Prometheus could tell that they would be needed`);
    const [order] = stage
      .daemon()
      .lines()
      .filter((line) => line['tier'] === 'nodes' && line['action'] === 'grow');
    expect(order).toMatchObject({ reason: 'ReplicasWillNotFit', from: 3, outcome: 'succeeded' });
    expect(apart).toBeLessThan(intervalMs);
    expect(afterMetric).toBeLessThan(2 * intervalMs);
  });

  it('sees the new server become a node on which the pods run', async () => {
    const replicas = await eventually('all replicas are available', async () => {
      const wanted = await stage.replicas('web');
      return wanted >= 19 && (await stage.available('web')) === wanted ? wanted : undefined;
    });
    tell(`${replicas} pods run`);
    grown = stage.workers().filter((server) => server.state === 'ACTIVE');
    expect(grown.length).toBeGreaterThanOrEqual(4);
    const names = (await stage.nodes()).map(nameOf);
    for (const server of grown) expect(names).toContain(server.name);
    const pods = await stage.kubernetes().request('GET', `${podsPath}?labelSelector=app%3Dweb`);
    const used = new Set(listAt(pods.body, 'items').map((pod) => at(pod, 'spec', 'nodeName')));
    expect(used.has(grown.at(-1)?.name)).toBe(true);
  });

  it('tells the people on duty', async () => {
    const text = await eventually('an SMS', () => stage.sms().messages[0]);
    expect(text.to).toBe('+8613800000001');
    expect(text.text).toContain(group);
  });

  it('lowers the replicas when the load falls, not before its window has passed', async () => {
    stage.exporter().grow(requests, 100);
    const fell = Date.now();
    await eventually(
      'two replicas are left',
      async () => ((await stage.replicas('web')) === 2 ? true : undefined),
      60_000,
    );
    tell('web has 2 replicas');
    expect(Date.now() - fell).toBeGreaterThan(6000);
  });

  it('is killed in the middle of a drain and finishes it after its restart', async () => {
    const pods = await watching(`${podsPath}?labelSelector=app%3Dapi`);
    const evicted = await eventually(
      'the first pod of a budget is evicted',
      () => pods.events.find(({ object }) => at(object, 'metadata', 'deletionTimestamp') !== undefined)?.object,
      90_000,
    );
    // Between two ticks: an eviction that dies with the daemon keeps its place in the budget for two minutes.
    const told = (): number =>
      stage
        .daemon()
        .lines()
        .filter((line) => line['tier'] === 'nodes').length;
    const before = told();
    await eventually('that tick has ended', () => (told() > before ? true : undefined));
    expect(await stage.daemon().signal('SIGKILL')).toBe(137);
    evictedFrom = textAt(evicted, 'spec', 'nodeName');
    tell(`killed while ${evictedFrom} was drained`);
    const node = await stage.kubernetes().request('GET', `/api/v1/nodes/${evictedFrom}`);
    expect(at(node.body, 'spec', 'unschedulable')).toBe(true);
    expect(drainOn(node.body)?.step).toBe('draining');
    await stage.start();
    tell('started again');
    await eventually(
      'the pool is at its minimum',
      () =>
        stage.workers().length === 2 && stage.workers().every(({ state }) => state === 'ACTIVE') ? true : undefined,
      90_000,
    );
    tell('two servers are left');
    await eventually('their nodes are all that is left', async () =>
      (await stage.nodes()).length === 3 ? true : undefined,
    );
  });

  it('has told Magnum exactly the servers of the nodes that it drained', () => {
    const removals = stage.resizes().filter((call) => (call.nodes_to_remove ?? []).length > 0);
    const drained = new Map(
      (nodes?.events ?? []).flatMap(({ object }) => {
        const record = drainOn(object);
        return record === null ? [] : [[nameOf(object), record.serverId] as const];
      }),
    );
    const removed = removals.flatMap((call) => call.nodes_to_remove ?? []);
    expect(removals.every((call) => (call.unmatched ?? []).length === 0)).toBe(true);
    expect(removed.toSorted()).toEqual([...drained.values()].toSorted());
    const serverOf = new Map(grown.map((server) => [server.name, server.server_id]));
    for (const [node, server] of drained) expect(serverOf.get(node)).toBe(server);
    expect(removed).toContain(serverOf.get(evictedFrom));
    const left = stage.workers().map((server) => server.server_id);
    expect(left.filter((server) => removed.includes(server))).toEqual([]);
    for (const call of removals)
      expect(call.node_count).toBe((call.previous ?? 0) - (call.nodes_to_remove ?? []).length);
  });

  it('has never broken the budget', async () => {
    expect(watches.map((one) => one.broken()).filter((why) => why !== null)).toEqual([]);
    const record = budgetRecord(budget?.events ?? []);
    console.info(`the budget was seen ${record.seen} times, ${record.least} above its least at the tightest`);
    expect(record).toMatchObject({ broken: 0, least: 0 });
    expect(record.seen).toBeGreaterThan(2);
    await eventually('all of its pods are back', async () => ((await stage.available('api')) === 6 ? true : undefined));
  });

  it('says what it did in Events', async () => {
    const { body } = await stage.kubernetes().request('GET', '/apis/events.k8s.io/v1/events?limit=500');
    const reasons = new Set(
      listAt(body, 'items')
        .filter((event) => at(event, 'reportingController') === 'springtide.io/springtide')
        .map((event) => textAt(event, 'reason')),
    );
    expect([...reasons]).toEqual(expect.arrayContaining(['SuccessfulRescale', 'DrainStarted']));
    expect([...reasons]).not.toContain('DrainRolledBack');
  });

  it('writes a scale within an interval after Prometheus has the value', async () => {
    const scaled = await watching(deploymentsPath);
    const measured: number[] = [];
    for (let replicas = 2; replicas <= 6; replicas += 1) {
      stage.exporter().set('queue_depth', replicas * 100);
      const event = await eventually(`queue has ${replicas} replicas`, () =>
        scaled.events.find(
          ({ object }) => nameOf(object) === 'queue' && numberAt(object, 'spec', 'replicas') === replicas,
        ),
      );
      const [first] = await stage.query(
        `min_over_time((timestamp(queue_depth) and queue_depth == ${replicas * 100})[30s:50ms])`,
      );
      measured.push(event.at - Number(at(first, 'value', 1)) * 1000);
    }
    console.info(
      `from the sample in Prometheus to the written scale: ${measured.map((ms) => ms.toFixed(0)).join(', ')} ms`,
    );
    const means = await stage.stageMeans();
    console.info(`a tick's stages: ${means.map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`).join(', ')}`);
    for (const ms of measured) expect(ms).toBeLessThan(intervalMs + 1000);
  });

  it('ends at SIGTERM with its memory saved, and goes on from there', async () => {
    const calls = stage.resizes().length;
    const asked = Date.now();
    expect(await stage.daemon().signal('SIGTERM')).toBe(0);
    console.info(`stopped ${Date.now() - asked} ms after SIGTERM`);
    expect(Date.now() - asked).toBeLessThan(5000);
    const steadySince = numberAt(stage.memory(), 'steadySince');
    const lastTick = numberAt(stage.memory(), 'lastTick');
    expect(lastTick).toBeGreaterThan(steadySince);
    expect(at(stage.memory(), 'groups', group, 'removal')).toBe('proven');
    await stage.start();
    await eventually('it ticks', () =>
      numberAt(stage.memory(), 'lastTick') > lastTick + intervalMs ? true : undefined,
    );
    expect(numberAt(stage.memory(), 'steadySince')).toBe(steadySince);
    expect(stage.resizes()).toHaveLength(calls);
    expect(await stage.daemon().signal('SIGTERM')).toBe(0);
  });
});
