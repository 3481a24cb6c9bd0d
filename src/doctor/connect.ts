// The doctor's own connections, for a command: one snapshot as the daemon takes it, what it does not hold, and one group at a time.
import { createKubernetesClient } from '../clients/kubernetes/client.ts';
import { createOpenStackClients } from '../clients/openstack/clients.ts';
import { loadCredentials } from '../clients/openstack/credentials.ts';
import { createPrometheusClient } from '../clients/prometheus/client.ts';
import type { HttpClientOptions } from '../clients/http/types.ts';
import type { Clock } from '../clock.ts';
import { createCollector } from '../collectors/collector.ts';
import type { Config } from '../model/config.ts';
import { SpringtideError } from '../model/errors.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { seconds, type Milliseconds } from '../model/units.ts';
import { membershipsOf } from '../policies/nodes/membership.ts';
import { askAround } from './ask.ts';
import { probe, type Answers } from './diagnose.ts';
import type { GroupSight, ProofPorts } from './prove-removal.ts';

export interface DoctorWorld {
  /** `queries`: asked of Prometheus beside those of the policies */
  look(queries?: readonly string[]): Promise<{ readonly snapshot: Snapshot; readonly answers: Answers }>;
  proofPorts(group: string): Promise<Omit<ProofPorts, 'say' | 'signal'> & { readonly clusterId: string }>;
  close(): Promise<void>;
}

/** Whoever asks once waits so long for the cluster. */
const firstLists = seconds(20);

export async function connectDoctor(
  config: Config,
  clock: Clock,
  env: Readonly<Record<string, string | undefined>>,
  repeats: Pick<HttpClientOptions, 'retry' | 'breaker'> = {},
  patience: Milliseconds = firstLists,
): Promise<DoctorWorld> {
  const { daemon } = config;
  const credentials = daemon.openstack === undefined ? null : loadCredentials({ ...daemon.openstack, env });
  const openstack =
    credentials === null
      ? null
      : createOpenStackClients({ credentials, clock, timeout: daemon.openstack?.timeout ?? seconds(10), ...repeats });
  const kubernetes = await createKubernetesClient({ settings: daemon.kubernetes, clock });
  const prometheus = createPrometheusClient({ settings: daemon.prometheus, ...repeats });
  const collect = createCollector({
    config: () => config,
    clock,
    kubernetes,
    prometheus,
    openstack,
    others: kubernetes.transport,
  });
  kubernetes.lists.start();
  // What has not arrived by then is named by the snapshot itself.
  const listed = kubernetes.lists.ready(patience).catch(() => undefined);

  async function proofPorts(name: string): ReturnType<DoctorWorld['proofPorts']> {
    if (openstack === null)
      throw new SpringtideError({
        code: 'UsageInvalid',
        where: 'doctor --prove-removal',
        what: 'there is no connection to OpenStack',
        mend: 'give the Daemon an openstack section',
      });
    await listed;
    const { magnum, nova } = openstack;
    const asked = daemon.openstack?.cluster ?? daemon.cluster;
    const { uuid: clusterId } = await magnum.getCluster(asked);
    const policies = config.nodePolicies.flatMap(({ spec }) => spec.nodeGroups);
    const serverIds = async (): Promise<ReadonlySet<string> | null> => {
      try {
        if ((await nova.presence()).state === 'absent') return null;
        return new Set((await nova.servers()).map(({ id }) => id.toLowerCase()));
      } catch {
        return null;
      }
    };
    const look = async (): Promise<GroupSight> => {
      const [{ groups, failures }, cluster, ids] = await Promise.all([
        magnum.listNodeGroups(clusterId),
        magnum.getCluster(clusterId),
        serverIds(),
      ]);
      const group =
        groups.find((one) => one.name === name || one.uuid === name) ?? (await magnum.getNodeGroup(clusterId, name));
      const { items: nodes } = kubernetes.lists.read('nodes');
      const { items: pods } = kubernetes.lists.read('pods');
      const memberships = membershipsOf({ nodes, groups, policies, cluster, unread: failures.map((one) => one.name) });
      return {
        group,
        nodes: memberships.members.get(group.uuid) ?? [],
        podsOn: (node) => pods.filter(({ spec }) => spec?.nodeName === node),
        serverIds: ids,
      };
    };
    return { clock, cluster: clusterId, clusterId, magnum, nodes: kubernetes.writes, look };
  }

  return {
    look: async (queries = [probe]) => {
      await listed;
      const cloud = openstack === null || credentials === null ? null : { clients: openstack, credentials };
      const [snapshot, answers] = await Promise.all([
        collect(clock.now(), { queries }),
        askAround({ config, kubernetes, cloud, clock }),
      ]);
      return { snapshot, answers };
    },
    proofPorts,
    close: async () => {
      prometheus.close();
      openstack?.close();
      await kubernetes.close();
    },
  };
}
