// A daemon on the embedded world and a virtual clock: steps of a tick each, faults between them, deaths and restarts.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { assemble, type Assembly } from '../../src/assemble.ts';
import { loadConfigOrThrow } from '../../src/config/load.ts';
import { connectTo, type Connected } from '../../src/demo/connect.ts';
import { caughtUp } from '../../src/demo/play-once.ts';
import type { Config } from '../../src/model/config.ts';
import type { NodeDecision, PodDecision } from '../../src/model/plan.ts';
import type { TickReport } from '../../src/model/report.ts';
import type { LoopFacts } from '../../src/model/snapshot.ts';
import { seconds, type Instant, type Milliseconds } from '../../src/model/units.ts';
import { VirtualClock } from '../../src/sandbox/clock.ts';
import { startWorld, type EmbeddedWorld, type WorldOptions } from '../../src/sandbox/world.ts';
import { createLogger } from '../../src/server/log.ts';
import { writeTexts } from '../config/files.ts';

export const start = Date.parse('2026-11-11T00:00:00Z') as Instant;
const shippedAlerts = new URL('../../config/alerts.yaml', import.meta.url);

const daemonText = `
apiVersion: springtide/v1
kind: Daemon
spec:
  cluster: demo
  interval: 15s
  mode: act
  prometheus: { url: 'http://127.0.0.1:9090', timeout: 10s }
  openstack: { timeout: 10s }
  http: { listen: '127.0.0.1:0', metrics: '127.0.0.1:0' }
`;
/** One metric that the test sets, so that a story is a few ticks long. */
export const podsText = `
apiVersion: springtide/v1
kind: PodPolicy
metadata: { name: web, namespace: shop }
spec:
  target: { apiVersion: apps/v1, kind: Deployment, name: web }
  replicas: { min: 2, max: 40 }
  metrics: [{ name: demand, query: sum(demand), target: { averageValue: 100 } }]
  behavior: { scaleDown: { stabilizationWindow: 30s } }
  mode: act
`;
export const nodesText = `
apiVersion: springtide/v1
kind: NodePolicy
metadata: { name: workers }
spec:
  nodeGroups: [{ name: default-worker, min: 1, max: 10 }]
  growth: { provisionTimeout: 5m }
  shrink: { utilizationBelow: 0.5, unneededFor: 30s, afterGrowth: 30s, drainTimeout: 10m }
  mode: act
`;

/** Real time is for the transport only: nobody waits for it. */
export const repeats = {
  retry: { attempts: 2, baseDelay: 1 as Milliseconds, maxDelay: 1 as Milliseconds },
  breaker: { failures: 5, openFor: 1 as Milliseconds },
};

/** What a story needs otherwise than all others. */
export interface Raising extends Pick<WorldOptions, 'driver' | 'cloud'> {
  /** the NodePolicy, in place of the usual one */
  readonly nodes?: string;
}

export interface Step {
  /** false: not to be waited for, because a fault keeps the watches from it */
  readonly seen?: boolean;
}

export class Rig {
  readonly clock: VirtualClock;
  readonly world: EmbeddedWorld;
  readonly connected: Connected;
  config: Config;
  refused: LoopFacts['refused'] = [];
  /** what all pods together have to bear; 100 a pod is the target */
  demand = 500;
  #springtide: Assembly | null = null;

  private constructor(clock: VirtualClock, world: EmbeddedWorld, connected: Connected) {
    this.clock = clock;
    this.world = world;
    this.connected = connected;
    this.config = connected.config;
    world.prometheus.addTarget({ job: 'test' }, () => [{ name: 'demand', labels: {}, value: this.demand }]);
  }

  static async raise({ nodes, ...cloud }: Raising = {}): Promise<Rig> {
    const clock = new VirtualClock(start);
    const world = await startWorld({ clock, seed: 7, ...cloud });
    const connected = await connectTo(world, await writtenConfig(nodes), '127.0.0.1:0');
    const rig = new Rig(clock, world, connected);
    clock.advance(seconds(30));
    await rig.boot();
    return rig;
  }

  get directory(): string {
    return this.connected.directory;
  }

  get springtide(): Assembly {
    if (this.#springtide === null) throw new Error('no daemon runs: boot one');
    return this.#springtide;
  }

  /** For what hangs: nobody waits for it as long as a busy machine may take for an answer. */
  impatient(): void {
    const { openstack, prometheus, ...daemon } = this.config.daemon;
    const timeout = 300 as Milliseconds;
    this.config = {
      ...this.config,
      daemon: {
        ...daemon,
        prometheus: { ...prometheus, timeout },
        ...(openstack !== undefined && { openstack: { ...openstack, timeout } }),
      },
    };
  }

  /** A new process on the same state directory. */
  async boot(): Promise<void> {
    this.#springtide = await assemble({
      config: () => this.config,
      refused: () => this.refused,
      clock: this.clock,
      env: this.connected.env,
      repeats,
      log: createLogger({ level: 'silent' }),
      http: null,
    });
  }

  /** Nothing is saved at an end that is not saved with each tick, so this is what a kill leaves. */
  async kill(): Promise<void> {
    await this.#springtide?.close();
    this.#springtide = null;
  }

  /** One interval of the world, then one tick. */
  async step({ seen = true }: Step = {}): Promise<TickReport> {
    this.clock.advance(this.config.daemon.interval);
    await this.springtide.rules.settle();
    await this.springtide.alerts.settle();
    if (seen) await inTime(caughtUp(this.world, this.springtide.world.kubernetes));
    return this.springtide.tick(this.clock.now(), new AbortController().signal);
  }

  async steps(count: number, step: Step = {}): Promise<readonly TickReport[]> {
    const reports: TickReport[] = [];
    while (reports.length < count) reports.push(await this.step(step));
    return reports;
  }

  /** Ticks until one shows it; the reports up to then. */
  async until(what: string, shown: (report: TickReport) => boolean, most = 40): Promise<readonly TickReport[]> {
    const reports: TickReport[] = [];
    while (reports.length < most) {
      const report = await this.step();
      reports.push(report);
      if (shown(report)) return reports;
    }
    const last = reports.at(-1);
    throw new Error(
      `${what} did not happen in ${most} ticks; the last plan: ${JSON.stringify([last?.plan, last?.errors])}`,
    );
  }

  /** After faults of the watches: time for every reflector's longest pause to pass. */
  reconnected(): Promise<readonly TickReport[]> {
    return this.steps(6, { seen: false });
  }

  /** Ticks until the pods are as many as the demand wants, run, and nothing is on its way. */
  calm(): Promise<readonly TickReport[]> {
    return this.until(
      'a calm world',
      (report) =>
        report.pendingPods === 0 &&
        podsOf(report).action !== 'scale' &&
        groupOf(report).upcoming === 0 &&
        this.replicas === Math.max(2, Math.ceil(this.demand / 100)),
    );
  }

  get replicas(): number {
    return this.world.kubernetes.objects.get('deployments', 'web', 'shop')?.spec.replicas ?? 0;
  }

  /** What Magnum's driver was asked for, and not what it did by itself. */
  get resizes(): readonly string[] {
    return this.world.openstack.calls
      .filter((call) => call.op === 'resize_cluster')
      .map((call) => `${call.previous} → ${call.count}`);
  }

  get subjects(): readonly string[] {
    return this.world.mail.mails.map((mail) => mail.subject);
  }

  async lower(): Promise<void> {
    await this.kill();
    await this.world.stop();
    await this.connected.remove();
  }
}

/** A watch that waits for virtual time would wait for ever. */
async function inTime(seen: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the watches have not caught up in 10 s of real time')), 10_000);
  });
  await Promise.race([seen, late]).finally(() => clearTimeout(timer));
}

async function writtenConfig(nodes = nodesText): Promise<Config> {
  const directory = await mkdtemp(path.join(tmpdir(), 'springtide-rig-'));
  try {
    await writeTexts(directory, {
      'springtide.yaml': daemonText,
      'policies/pods.yaml': podsText,
      'policies/nodes.yaml': nodes,
      'alerts.yaml': await readFile(shippedAlerts, 'utf8'),
    });
    return await loadConfigOrThrow(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function podsOf(report: TickReport): PodDecision {
  const [decision] = report.plan.pods;
  if (decision === undefined)
    throw new Error(`no decision about pods: ${JSON.stringify([report.stages, report.errors])}`);
  return decision;
}

export function groupOf(report: TickReport): NodeDecision {
  const [decision] = report.plan.nodes;
  if (decision === undefined)
    throw new Error(`no decision about nodes: ${JSON.stringify([report.stages, report.errors])}`);
  return decision;
}

export const alertNames = (report: TickReport): readonly string[] =>
  report.plan.alerts
    .filter((alert) => alert.state === 'firing')
    .map((alert) => alert.labels['alertname'] ?? '')
    .sort();
