// The story over true servers while the daemon is killed again and again, in growth and in drains, at moments nobody chose.
import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { at, listAt } from '../real/servers/json.ts';
import { eventually } from '../real/servers/process.ts';
import { drainOn, group, nameOf, useStage } from '../real/support/stage.ts';
import { budgetRecord, watch, type Watching } from '../real/support/watching.ts';
import { budgetOf, budgetsPath, create, deploymentOf, deploymentsPath, podsPath } from '../real/support/workloads.ts';

const requests = 'http_requests_total{namespace="shop",app="web"}';
const kills = Number(process.env['SOAK_KILLS'] ?? 10);
const killsInGrowth = Math.floor(kills * 0.4);

describe(`${kills} kills`, () => {
  const stage = useStage({
    interval: '2s',
    podPolicies: {
      web: {
        target: { kind: 'Deployment', name: 'web' },
        replicas: { min: 2, max: 40 },
        metrics: [{ name: 'requests', query: `sum(rate(${requests}[5s]))`, target: { averageValue: 100 } }],
        behavior: {
          scaleUp: { policies: [{ type: 'Pods', value: 4, period: '5s' }] },
          scaleDown: { stabilizationWindow: '6s' },
        },
        mode: 'act',
      },
    },
    nodePolicy: {
      nodeGroups: [{ name: group, min: 2, max: 6 }],
      growth: { provisionTimeout: '120s' },
      shrink: { unneededFor: '6s', afterGrowth: '5s', afterFailure: '5s', drainTimeout: '10m', removal: 'auto' },
      mode: 'act',
    },
  });
  const watches: Watching[] = [];
  let killed = 0;
  const tell = (fact: string): void => {
    process.stdout.write(`${fact}\n`);
    const file = process.env['SOAK_REPORT'];
    if (file !== undefined) appendFileSync(file, `- ${fact}\n`);
  };
  afterAll(() => watches.forEach((one) => one.stop()));

  /** Kills and starts it so often, each time after a random while; ends early when `done`. */
  const harass = async (times: number, done: () => Promise<boolean>): Promise<number> => {
    let count = 0;
    while (count < times && !(await done())) {
      // The moment of a kill is chance itself; nothing is waited for.
      await wait(randomInt(500, 5000));
      expect(await stage.daemon().signal('SIGKILL')).toBe(137);
      count += 1;
      killed += 1;
      await stage.start();
    }
    return count;
  };

  it('ends where it would have ended without them', async () => {
    const began = Date.now();
    const kubernetes = stage.kubernetes();
    stage.exporter().grow(requests, 800);
    const api = { name: 'api', replicas: 6, cpu: '100m', nodeGroup: group };
    await create(kubernetes, deploymentsPath, deploymentOf(api));
    // First and alone, so that each worker gets some: a drain must meet the budget.
    await eventually('the budget’s pods run', async () => ((await stage.available('api')) === 6 ? true : undefined));
    await create(kubernetes, deploymentsPath, deploymentOf({ name: 'web', replicas: 8, cpu: '1' }));
    await create(kubernetes, budgetsPath, budgetOf('api', 5));
    await eventually('all pods run and their budget is counted', async () => {
      const { body } = await kubernetes.request('GET', `${budgetsPath}/api`);
      const counted = at(body, 'status', 'currentHealthy') === 6;
      return counted && (await stage.available('web')) === 8 ? true : undefined;
    });
    await eventually('Prometheus has a rate', async () => {
      const [series] = await stage.query(`sum(rate(${requests}[5s]))`);
      return Math.abs(Number(at(series, 'value', 1)) - 800) < 40 ? true : undefined;
    });
    const budget = await watch(kubernetes, budgetsPath);
    const nodes = await watch(kubernetes, '/api/v1/nodes');
    watches.push(budget, nodes);
    await stage.start();

    stage.exporter().grow(requests, 2000);
    const grown = async (): Promise<boolean> => {
      const replicas = await stage.replicas('web');
      return replicas >= 19 && (await stage.available('web')) === replicas && stage.workers().length >= 4;
    };
    const whileGrowing = await harass(killsInGrowth, grown);
    await eventually('all replicas run', async () => ((await grown()) ? true : undefined), 300_000);
    const most = stage.workers().length;
    const servers = new Map(stage.workers().map((server) => [server.name, server.server_id]));
    tell(
      `growth: ${whileGrowing} kills, ${most} workers at the most, after ${Math.round((Date.now() - began) / 1000)} s`,
    );

    stage.exporter().grow(requests, 100);
    await eventually(
      'two replicas are left',
      async () => ((await stage.replicas('web')) === 2 ? true : undefined),
      60_000,
    );
    await eventually(
      'a drain has begun',
      async () => ((await stage.nodes()).some((node) => drainOn(node) !== null) ? true : undefined),
      60_000,
    );
    const small = async (): Promise<boolean> => (await stage.nodes()).length === 3 && stage.workers().length === 2;
    const whileShrinking = await harass(kills - whileGrowing, small);
    await eventually('the pool is at its minimum', async () => ((await small()) ? true : undefined), 900_000);
    tell(`shrinking: ${whileShrinking} kills, done after ${Math.round((Date.now() - began) / 1000)} s`);

    const removals = stage.resizes().filter((call) => (call.nodes_to_remove ?? []).length > 0);
    const removed = removals.flatMap((call) => call.nodes_to_remove ?? []);
    const records = nodes.events.flatMap(({ object }) => {
      const record = drainOn(object);
      return record === null ? [] : [[nameOf(object), record.serverId] as const];
    });
    const drained = new Map(records);
    for (const [node, server] of drained) expect(servers.get(node)).toBe(server);
    for (const server of removed) expect([...drained.values()]).toContain(server);
    const left = new Set(stage.workers().map((server) => server.server_id));
    const gone = [...servers.values()].filter((server) => !left.has(server));
    expect([...new Set(removed)].toSorted()).toEqual(gone.toSorted());
    expect(removals.flatMap((call) => call.unmatched ?? [])).toEqual([]);
    for (const call of stage.resizes())
      expect(call.node_count).toBeGreaterThanOrEqual((call.previous ?? 0) - (call.nodes_to_remove ?? []).length);
    tell(
      `the driver was told ${stage.resizes().length} resizes, ${removals.length} of them removals, of ${new Set(removed).size} servers; ${most - 2} were to go`,
    );

    expect(watches.map((one) => one.broken()).filter((why) => why !== null)).toEqual([]);
    const record = budgetRecord(budget.events);
    tell(`the budget was seen ${record.seen} times, broken ${record.broken} times`);
    expect(record.broken).toBe(0);
    await eventually('all pods of the budget run', async () =>
      (await stage.available('api')) === 6 ? true : undefined,
    );
    const cordoned = (await stage.nodes()).filter((node) => at(node, 'spec', 'unschedulable') === true);
    expect(cordoned).toEqual([]);
    const pods = await kubernetes.request('GET', podsPath);
    const unplaced = listAt(pods.body, 'items').filter((pod) => at(pod, 'spec', 'nodeName') === undefined);
    expect(unplaced).toEqual([]);
    expect(await stage.daemon().signal('SIGTERM')).toBe(0);
    tell(`${killed} kills in all; stopped by SIGTERM with exit 0 in the end`);
    expect(killed).toBeGreaterThanOrEqual(Math.min(kills, 5));
  }, 1_800_000);
});
