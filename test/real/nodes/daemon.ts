// One daemon among several on one cluster of true servers: its node policies, its process, its plan, and what it logged of a group.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at, listAt, requestJson, textAt } from '../servers/json.ts';
import { freePortBlock } from '../servers/ports.ts';
import { eventually } from '../servers/process.ts';
import { startDaemon, writeConfiguration, type DaemonProcess } from '../support/daemon-process.ts';

export interface NodeDaemonOptions {
  readonly name: string;
  readonly interval: string;
  /** Magnum's name or uuid of the cluster. */
  readonly cluster: string;
  readonly kubeconfig: string;
  /** OS_* variables: who it is to OpenStack. */
  readonly environment: Readonly<Record<string, string>>;
  /** The spec of each NodePolicy, by its name. */
  readonly policies: Readonly<Record<string, unknown>>;
  readonly alerts: unknown;
  readonly smsKey: string;
  /** Where its policies' queries are answered; nobody is asked when left out. */
  readonly prometheus?: string;
}

/** A decision of the newest plan, as the API shows it. */
export interface ShownDecision {
  readonly nodeGroup: string;
  readonly current: number | null;
  readonly desired: number | null;
  readonly action: string;
  readonly reason: string;
  readonly message: string;
  readonly until: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly kept: readonly { readonly node: string; readonly reason: string; readonly by: string | null }[];
}

export type LogLine = Readonly<Record<string, unknown>>;

export interface NodeDaemon {
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Writes its NodePolicies anew; it reads them by itself. */
  rewrite(policies: Readonly<Record<string, unknown>>): void;
  /** The newest plan's word on a group; undefined before the first tick. */
  decision(group: string): Promise<ShownDecision | undefined>;
  /** Waits until the plan says what is wanted of a group; a failure tells what it said instead. */
  decides(
    group: string,
    what: string,
    wanted: (decision: ShownDecision) => boolean,
    deadlineMs?: number,
  ): Promise<ShownDecision>;
  /** Waits for further ticks. */
  ticks(count: number): Promise<void>;
  /** What all starts of it have logged, in order. */
  lines(): readonly LogLine[];
  linesOf(group: string): readonly LogLine[];
  metrics(): Promise<string>;
  memory(): unknown;
  end(options: { readonly keep: boolean }): Promise<void>;
}

const document = (kind: string, name: string, spec: unknown): unknown => ({
  apiVersion: 'springtide/v1',
  kind,
  metadata: { name },
  spec,
});

/** Many stories ask the same daemon at once: they share an answer of this age. */
const answerAgeMs = 300;

export async function prepareNodeDaemon(options: NodeDaemonOptions): Promise<NodeDaemon> {
  const { name, interval, cluster, kubeconfig, environment, policies, alerts, smsKey } = options;
  const directory = mkdtempSync(join(tmpdir(), `springtide-${name}-`));
  const port = await freePortBlock(2);
  const state = join(directory, 'state');
  const processes: DaemonProcess[] = [];
  const policyFiles = (specs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
    Object.fromEntries(
      Object.entries(specs).map(([policy, spec]) => [
        `config/policies/${policy}.yaml`,
        document('NodePolicy', policy, spec),
      ]),
    );
  writeConfiguration(directory, {
    'config/springtide.yaml': document('Daemon', name, {
      cluster,
      interval,
      prometheus: { url: options.prometheus ?? `http://127.0.0.1:${port + 1}` },
      kubernetes: { kubeconfig },
      openstack: {},
      http: { listen: `127.0.0.1:${port}`, metrics: `127.0.0.1:${port + 1}` },
      state: { directory: state },
    }),
    ...policyFiles(policies),
    'config/alerts.yaml': alerts,
  });

  let asked = { at: 0, answer: Promise.resolve<unknown>(undefined) };
  const plan = (): Promise<unknown> => {
    if (Date.now() - asked.at > answerAgeMs)
      asked = {
        at: Date.now(),
        answer: requestJson(`http://127.0.0.1:${port}/api/v1/plan`).then(
          ({ status, body }) => (status === 200 ? body : undefined),
          () => undefined,
        ),
      };
    return asked.answer;
  };
  const decision = async (group: string): Promise<ShownDecision | undefined> => {
    const body = await plan();
    if (body === undefined) return undefined;
    return listAt(body, 'nodes').find((one) => at(one, 'nodeGroup') === group) as ShownDecision | undefined;
  };
  const lines = (): readonly LogLine[] => processes.flatMap((one) => one.lines());

  return {
    start: async () => {
      processes.push(
        await startDaemon({
          config: join(directory, 'config'),
          directory,
          environment: { PATH: process.env['PATH'] ?? '', HOME: directory, SMS_KEY: smsKey, ...environment },
        }),
      );
    },
    kill: async () => {
      const status = await processes.at(-1)?.signal('SIGKILL');
      if (status !== 137) throw new Error(`${name} had ended by itself with ${status}`);
    },
    rewrite: (specs) => writeConfiguration(directory, policyFiles(specs)),
    decision,
    decides: async (group, what, wanted, deadlineMs) => {
      let last: ShownDecision | undefined;
      try {
        return await eventually(
          `${group}: ${what}`,
          async () => {
            last = await decision(group);
            return last !== undefined && wanted(last) ? last : undefined;
          },
          deadlineMs,
        );
      } catch (error) {
        throw new Error(`${group}: ${what}; the plan says ${JSON.stringify(last)}`, { cause: error });
      }
    },
    ticks: async (count) => {
      const times = new Set<string>();
      await eventually(
        `${count} more ticks of ${name}`,
        async () => {
          const body = await plan();
          if (body !== undefined) times.add(textAt(body, 'time'));
          return times.size > count ? true : undefined;
        },
        60_000,
      );
    },
    lines,
    linesOf: (group) => lines().filter((line) => line['tier'] === 'nodes' && line['subject'] === group),
    metrics: async () => (await requestJson(`http://127.0.0.1:${port + 1}/metrics`)).text,
    memory: () => JSON.parse(readFileSync(join(state, 'memory.json'), 'utf8')) as unknown,
    end: async ({ keep }) => {
      await processes.at(-1)?.signal('SIGKILL');
      if (!keep) rmSync(directory, { recursive: true, force: true });
      else console.error(`${name}: its files are in ${directory}`);
    },
  };
}
