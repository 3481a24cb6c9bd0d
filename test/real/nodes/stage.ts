// The stage of the node stories: one true cluster with a node group for each, whose driver can be made to misbehave group by group.
import { afterAll, afterEach, beforeAll } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { startSmsInbox, type SmsInbox } from '../../../src/sandbox/inbox/sms.ts';
import { startSmtpInbox, type SmtpInbox } from '../../../src/sandbox/inbox/smtp.ts';
import { openStackCloud } from '../servers/cloud.ts';
import { at, listAt, textAt, type Answer } from '../servers/json.ts';
import { startKubelets } from '../servers/kubelets.ts';
import { mergePatch, startKubernetes, type Kubernetes } from '../servers/kubernetes.ts';
import {
  authenticate,
  magnum,
  passwordIdentity,
  projectScope,
  resize,
  tokenOf,
  type MagnumRequest,
} from '../servers/openstack-requests.ts';
import {
  startOpenStack,
  type CloudServer,
  type DriverCall,
  type DriverFault,
  type OpenStack,
} from '../servers/openstack.ts';
import { eventually } from '../servers/process.ts';
import { useServer } from '../servers/suite.ts';
import { kubeconfigOf } from '../support/account.ts';
import { alertsOf, nameOf } from '../support/stage.ts';
import { create, deploymentOf, deploymentsPath, shop, type Workload } from '../support/workloads.ts';
import { prepareNodeDaemon, type NodeDaemon, type NodeDaemonOptions } from './daemon.ts';

/** Short enough to end in the middle of every story. */
export const tokenSeconds = 12;

/** Magnum answers about ten requests a second, and the daemons need most of them. */
const magnumPauseMs = 500;

export interface GroupWish {
  readonly name: string;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** A label that several groups may share: `pool`. */
  readonly pool?: string;
}

export interface NodeStage {
  readonly kubernetes: () => Kubernetes;
  readonly openstack: () => OpenStack;
  readonly mail: () => SmtpInbox;
  prepare(
    options: Pick<NodeDaemonOptions, 'name' | 'interval' | 'policies'> & Partial<NodeDaemonOptions>,
  ): Promise<NodeDaemon>;
  /** Magnum as an operator talks to it, with a token of his own. */
  operator(path: string, request?: Omit<MagnumRequest, 'token'>): Promise<Answer>;
  operatorResizes(group: string, count: number): Promise<void>;
  magnumGroup(group: string): Promise<unknown>;
  /** Waits until Magnum's own word on a group or, without one, on a cluster is this. */
  statusIs(wanted: string, of: { readonly group: string } | { readonly cluster: string }): Promise<true>;
  readonly driver: DriverMoods;
  servers(group: string): readonly CloudServer[];
  /** What the driver was told to resize of a group, in order. */
  resizes(group: string): readonly DriverCall[];
  node(name: string): Promise<unknown>;
  nodes(): Promise<readonly unknown[]>;
  cordon(name: string, unschedulable: boolean): Promise<void>;
  deploy(workload: Workload & { readonly on?: Readonly<Record<string, string>> }): Promise<void>;
  remove(deployment: string): Promise<void>;
  available(deployment: string): Promise<number>;
  runs(deployment: string, pods: number, deadlineMs?: number): Promise<true>;
  /** Where the pods of a Deployment run, those without a node as null. */
  places(deployment: string): Promise<readonly (string | null)[]>;
  tell(what: string): void;
}

/** What of the driver's manners may be changed for one group alone. */
export interface DriverMoods {
  hold(group: string, held: boolean): void;
  drop(group: string, dropped: boolean): void;
  ignoreVictims(group: string): void;
  fault(fault: DriverFault): void;
}

function moodsOf(openstack: () => OpenStack): DriverMoods {
  const sets = { hold: new Set<string>(), drop: new Set<string>(), ignoreVictims: new Set<string>() };
  const faults: DriverFault[] = [];
  const write = (): void =>
    openstack().control({
      hold: [...sets.hold],
      drop: [...sets.drop],
      ignoreVictims: [...sets.ignoreVictims],
      faults,
    });
  const turn = (set: Set<string>, group: string, on: boolean): void => {
    if (on) set.add(group);
    else set.delete(group);
    write();
  };
  return {
    hold: (group, held) => turn(sets.hold, group, held),
    drop: (group, dropped) => turn(sets.drop, group, dropped),
    ignoreVictims: (group) => turn(sets.ignoreVictims, group, true),
    fault: (fault) => {
      faults.push(fault);
      write();
    },
  };
}

export interface NodeStageOptions {
  readonly groups: readonly GroupWish[];
  /** Servers whose nodes do not tell which server they are, by the server's name. */
  readonly nameless?: (server: CloudServer) => boolean;
}

/** Call at the top of a describe. Groups of Magnum's that are not wished for have servers, but no nodes. */
export function useNodeStage({ groups, nameless = () => false }: NodeStageOptions): NodeStage {
  let mail: SmtpInbox | undefined;
  let sms: SmsInbox | undefined;
  let failed = false;
  const began = Date.now();
  const daemons: NodeDaemon[] = [];
  const there = <T>(one: T | undefined): T => {
    if (one === undefined) throw new Error('it is there only while the tests run');
    return one;
  };
  const wished = new Map(groups.map((group) => [group.name, group]));
  beforeAll(async () => {
    mail = await startSmtpInbox({ clock: systemClock, tls: 'none' });
    sms = await startSmsInbox({ clock: systemClock });
  });
  afterAll(async () => {
    await sms?.stop();
    await mail?.stop();
  });
  const kubernetes = useServer(() => startKubernetes());
  const openstack = useServer(() => startOpenStack({ tokenLifetimeSeconds: tokenSeconds }));
  useServer(() => startKubelets({ kubernetes: kubernetes() }));
  const isOurs = (server: CloudServer): boolean =>
    server.cluster === openstack().credentials.cluster.id && wished.has(server.nodegroup_name);
  useServer(() =>
    openStackCloud({
      kubernetes: kubernetes(),
      openstack: openstack(),
      joins: isOurs,
      nameless,
      labels: (server) => ({ pool: wished.get(server.nodegroup_name)?.pool ?? server.nodegroup_name }),
    }),
  );
  afterEach((context) => {
    if (context.task.result?.state === 'fail') failed = true;
  });

  // Each token costs Keystone a tenth of a second: one serves for half of its life.
  let known = { at: 0, token: Promise.resolve('') };
  const operatorToken = (): Promise<string> => {
    if (Date.now() - known.at > tokenSeconds * 500) {
      const { user, project } = openstack().credentials;
      // With a password: an application credential may not make the trust that each new cluster gets.
      const identity = passwordIdentity(user.name, user.password);
      const answer = authenticate(openstack(), identity, projectScope(project.name));
      known = { at: Date.now(), token: answer.then(tokenOf) };
    }
    return known.token;
  };
  const operator: NodeStage['operator'] = async (path, request = {}) =>
    magnum(openstack(), path, { ...request, token: await operatorToken() });
  const groupsPath = (): string => `/clusters/${openstack().credentials.cluster.id}/nodegroups`;
  const clusterServers = (): readonly CloudServer[] => openstack().servers().filter(isOurs);
  const deployment = async (name: string): Promise<unknown> =>
    (await kubernetes().request('GET', `${deploymentsPath}/${name}`)).body;

  const stage: NodeStage = {
    kubernetes,
    openstack,
    mail: () => there(mail),
    prepare: async (options) => {
      const daemon = await prepareNodeDaemon({
        cluster: openstack().credentials.cluster.name,
        // With the rights of the manifests, and no more.
        kubeconfig: await kubeconfigOf(kubernetes(), ['install.yaml', 'act.yaml']),
        environment: openstack().environment,
        alerts: alertsOf(there(mail), there(sms)),
        ...options,
        smsKey: there(sms).key,
      });
      daemons.push(daemon);
      return daemon;
    },
    operator,
    operatorResizes: async (group, count) => {
      const answer = await resize(openstack(), await operatorToken(), { node_count: count, nodegroup: group });
      if (answer.status !== 202) throw new Error(`the operator's resize of ${group}: ${answer.text}`);
    },
    statusIs: (wanted, of) => {
      const [whose, path] =
        'group' in of ? [of.group, `${groupsPath()}/${of.group}`] : ['the cluster', `/clusters/${of.cluster}`];
      const isSo = async (): Promise<true | undefined> =>
        at((await operator(path)).body, 'status') === wanted ? true : undefined;
      return eventually(`${whose} is ${wanted}`, isSo, 60_000, magnumPauseMs);
    },
    magnumGroup: async (group) => (await operator(`${groupsPath()}/${group}`)).body,
    driver: moodsOf(openstack),
    servers: (group) => clusterServers().filter((server) => server.nodegroup_name === group),
    resizes: (group) =>
      openstack()
        .calls()
        .filter((call) => call.op === 'resize_cluster' && call.nodegroup_name === group),
    node: async (name) => (await kubernetes().request('GET', `/api/v1/nodes/${name}`)).body,
    nodes: async () => listAt((await kubernetes().request('GET', '/api/v1/nodes')).body, 'items'),
    cordon: async (name, unschedulable) => {
      const body = { spec: { unschedulable } };
      const answer = await kubernetes().request('PATCH', `/api/v1/nodes/${name}`, { body, contentType: mergePatch });
      if (answer.status !== 200) throw new Error(`cordon ${name}: ${answer.text}`);
    },
    deploy: async ({ on, ...workload }) => {
      const body = deploymentOf(workload);
      const spec = at(body, 'spec', 'template', 'spec') as { nodeSelector?: unknown };
      if (on !== undefined) spec.nodeSelector = on;
      await create(kubernetes(), deploymentsPath, body);
    },
    remove: async (name) => {
      const answer = await kubernetes().request('DELETE', `${deploymentsPath}/${name}`);
      if (answer.status !== 200) throw new Error(`DELETE ${name}: ${answer.text}`);
    },
    available: async (name) => {
      const count = at(await deployment(name), 'status', 'availableReplicas');
      return typeof count === 'number' ? count : 0;
    },
    runs: (name, pods, deadlineMs) =>
      eventually(
        `${pods} pods of ${name} run`,
        async () => ((await stage.available(name)) === pods ? true : undefined),
        deadlineMs,
      ),
    places: async (name) => {
      const { body } = await kubernetes().request('GET', `/api/v1/namespaces/${shop}/pods?labelSelector=app%3D${name}`);
      return listAt(body, 'items')
        .filter((pod) => at(pod, 'metadata', 'deletionTimestamp') === undefined)
        .map((pod) => (at(pod, 'spec', 'nodeName') === undefined ? null : textAt(pod, 'spec', 'nodeName')));
    },
    tell: (what) => console.info(`${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`),
  };

  beforeAll(async () => {
    openstack().control({ delay: 1 });
    await create(kubernetes(), '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } });
    const known = listAt((await operator(groupsPath())).body, 'nodegroups').map((group) => textAt(group, 'name'));
    for (const { name, count, min, max } of groups) {
      // The seed has made one of them already.
      if (known.includes(name)) continue;
      const body = { name, node_count: count, min_node_count: min, max_node_count: max };
      const made = await operator(groupsPath(), { method: 'POST', body });
      if (made.status !== 202) throw new Error(`node group ${name}: ${made.text}`);
    }
    const isReady = (node: unknown): boolean =>
      listAt(node, 'status', 'conditions').some(
        (condition) => at(condition, 'type') === 'Ready' && at(condition, 'status') === 'True',
      );
    const wanted = groups.reduce((sum, group) => sum + group.count, 0);
    await eventually(
      'every server is a ready node',
      async () => {
        const nodes = await stage.nodes();
        if (nodes.length === wanted && nodes.every(isReady)) return true;
        const seen = nodes.map((node) => `${nameOf(node)}${isReady(node) ? '' : ' (not ready)'}`);
        const made = clusterServers().map((server) => `${server.name} ${server.state}`);
        throw new Error(`of ${wanted} nodes there are ${seen.join(', ')}; of servers ${made.join(', ')}`);
      },
      60_000,
    );
    await stage.statusIs('UPDATE_COMPLETE', { cluster: openstack().credentials.cluster.id });
    stage.tell('the stage is set');
  });
  afterAll(async () => {
    for (const daemon of daemons) await daemon.end({ keep: failed });
  });
  return stage;
}
