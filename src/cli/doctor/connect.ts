// What the doctor asks the world: one snapshot as the daemon takes it, the rights, who we are to Keystone, and one group at a time.
import { z } from 'zod';
import { createKubernetesClient, type KubernetesClient } from '../../clients/kubernetes/client.ts';
import { createOpenStackClients, type OpenStackClients } from '../../clients/openstack/clients.ts';
import { loadCredentials, type Credentials } from '../../clients/openstack/credentials.ts';
import { createPrometheusClient } from '../../clients/prometheus/client.ts';
import type { HttpClientOptions } from '../../clients/http/types.ts';
import type { Clock } from '../../clock.ts';
import { createCollector } from '../../collectors/collector.ts';
import type { Config } from '../../model/config.ts';
import { messageOf, SpringtideError } from '../../model/errors.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { seconds, type Milliseconds } from '../../model/units.ts';
import { membershipsOf } from '../../policies/nodes/membership.ts';
import { probe, type Answers, type Right } from './diagnose.ts';
import type { GroupSight, ProofPorts } from './prove-removal.ts';
import { firstLists } from '../first-lists.ts';
import { rights, type Right as RbacRule } from '../../model/rights.ts';
import { eachLimited } from '../../parallel.ts';
import { dateOf, skewOf, type Skew } from './clocks.ts';

export interface DoctorWorld {
  look(): Promise<{ readonly snapshot: Snapshot; readonly answers: Answers }>;
  proofPorts(group: string): Promise<Omit<ProofPorts, 'say' | 'signal'> & { readonly clusterId: string }>;
  close(): Promise<void>;
}

interface Wanted {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string | null;
  readonly namespace: string | null;
}

const wantedIn = (rules: readonly RbacRule[], namespace: string | null): readonly Wanted[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((path) => {
        const [resource = '', subresource = null] = path.split('/');
        return verbs.map((verb) => ({ verb, group, resource, subresource, namespace }));
      }),
    ),
  );

/** What this configuration is going to write; what it reads shows by itself. */
function rightsFor({ daemon, podPolicies, nodePolicies }: Config, own: string | null): readonly Wanted[] {
  const [first = null] = daemon.kubernetes.namespaces;
  const { auth } = daemon.http;
  const reviews = auth !== undefined && auth !== 'none' && auth.tokenReview !== undefined;
  return [
    ...wantedIn(rights.tell, first),
    ...(podPolicies.length > 0 ? wantedIn(rights.scale, first) : []),
    ...(nodePolicies.length > 0 ? wantedIn(rights.nodes, null) : []),
    ...(daemon.state.kubernetes === undefined ? [] : wantedIn(rights.own, daemon.state.kubernetes.namespace ?? own)),
    ...(reviews ? wantedIn(reviewing, null) : []),
  ];
}

const reviewing: readonly RbacRule[] = [
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

const reviewsAtOnce = 8;

const review = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

async function rightOf(kubernetes: KubernetesClient, wanted: Wanted): Promise<Right> {
  const { verb, group, resource, subresource, namespace } = wanted;
  const what = `${verb} ${resource}${subresource === null ? '' : `/${subresource}`}`;
  try {
    const response = await kubernetes.transport.request({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: {
            verb,
            group,
            resource,
            ...(subresource !== null && { subresource }),
            ...(namespace !== null && { namespace }),
          },
        },
      },
      idempotent: true,
      operation: 'access review',
    });
    return { what, allowed: review.parse(response.json()).status.allowed };
  } catch {
    return { what, allowed: null };
  }
}

function isTrust({ authentication }: Credentials): boolean {
  return authentication.kind === 'password' && authentication.scope.kind === 'trust';
}

async function whoWeAre(openstack: OpenStackClients, credentials: Credentials): Promise<Answers['keystone']> {
  const { origin } = credentials;
  try {
    const { userId, roles } = await openstack.keystone.session();
    return { user: userId ?? '', roles, origin, trust: isTrust(credentials) };
  } catch (thrown) {
    return { failed: messageOf(thrown), origin };
  }
}

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

  const clocks = (): Promise<readonly Skew[]> =>
    Promise.all([
      skewOf('Kubernetes', () => kubernetes.transport.request({ path: '/version', operation: 'date' })),
      skewOf('Prometheus', () => dateOf(daemon.prometheus.url, daemon.prometheus.tls)),
      ...(credentials === null ? [] : [skewOf('Keystone', () => dateOf(credentials.authUrl, credentials.tls))]),
    ]);

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
    look: async () => {
      await listed;
      const wanted = rightsFor(config, kubernetes.namespace);
      const [snapshot, keystone, skews, granted] = await Promise.all([
        collect(clock.now(), { queries: [probe] }),
        openstack === null || credentials === null ? null : whoWeAre(openstack, credentials),
        clocks(),
        eachLimited(wanted, reviewsAtOnce, (right) => rightOf(kubernetes, right)),
      ]);
      return { snapshot, answers: { server: kubernetes.server, keystone, rights: granted, skews } };
    },
    proofPorts,
    close: async () => {
      prometheus.close();
      openstack?.close();
      await kubernetes.close();
    },
  };
}
