// The embedded world in one piece: Kubernetes on servers of an OpenStack, Prometheus, a mailbox and an SMS gateway.
import type { Clock } from '../clock.ts';
import { seconds, type Milliseconds } from '../model/units.ts';
import { startSmsInbox, type SmsInbox } from './inbox/sms.ts';
import { startSmtpInbox, type SmtpInbox } from './inbox/smtp.ts';
import { startKubernetes, type KubernetesWorld } from './kubernetes/world.ts';
import { startOpenStack, type EmbeddedOpenStack, type OpenStackOptions } from './openstack/openstack.ts';
import type { Server } from './openstack/parts.ts';
import type { Driver } from './openstack/stack.ts';
import { startPrometheus, type PrometheusWorld } from './prometheus/world.ts';
import { seededRandom } from './random.ts';
import { shopFigures, shopObjects } from './shop.ts';

export interface WorldOptions {
  readonly clock: Clock;
  readonly seed: number;
  /** of the cloud: what a story needs otherwise */
  readonly cloud?: Partial<
    Pick<OpenStackOptions, 'magnumVersions' | 'nova' | 'quota' | 'tokenLifetime' | 'cluster' | 'flavors'>
  >;
  /** how the cloud behind Magnum treats removals */
  readonly driver?: Driver;
  readonly kubernetesVersion?: '1.20' | '1.31';
}

export interface EmbeddedWorld {
  readonly kubernetes: KubernetesWorld;
  readonly openstack: EmbeddedOpenStack;
  readonly prometheus: PrometheusWorld;
  readonly mail: SmtpInbox;
  readonly sms: SmsInbox;
  stop(): Promise<void>;
}

const flavor = { name: 'm1.large', vcpus: 4, ram: 8192, disk: 40 };
const workers = { name: 'default-worker', count: 2, min: 1, max: 20, flavor: flavor.name };
const masters = { name: 'default-master', role: 'master' as const, count: 1, flavor: flavor.name };
/** Room for seven workers beside the master: the second wave of the story runs into it. */
const quota = { instances: 8, cores: 64, ram: 128 * 1024 };

export async function startWorld(options: WorldOptions): Promise<EmbeddedWorld> {
  const { clock, seed } = options;
  const random = seededRandom(seed);
  const kubernetes = await startKubernetes({
    clock,
    random,
    ...(options.kubernetesVersion === undefined ? {} : { version: options.kubernetesVersion }),
  });
  const join = (server: Server, readyAfter: Milliseconds): void => {
    const { name, providerId, nodeLabels, nodeAnnotations, nodeTaints, address, flavor: size } = server;
    kubernetes.addNode({
      name,
      providerID: providerId,
      cpu: size.vcpus,
      memory: `${size.ram}Mi`,
      reserved: { cpu: '100m', memory: '512Mi' },
      internalIP: address,
      readyAfter,
      labels: nodeLabels,
      annotations: nodeAnnotations,
      taints: nodeTaints,
    });
  };
  const openstack = await startOpenStack({
    clock,
    random,
    cluster: { name: 'demo', groups: [masters, workers] },
    flavors: [flavor],
    quota,
    bootSeconds: { mean: 70, jitter: 15 },
    deleteSeconds: { mean: 10, jitter: 2 },
    driver: options.driver ?? 'heat',
    ...options.cloud,
    onServerActive: (server) => join(server, seconds(5)),
    // The cloud controller manager takes the Node of a deleted server away; one that never registered has none.
    onServerDeleted: ({ name }) => {
      if (kubernetes.objects.get('nodes', name) !== undefined) kubernetes.removeNode(name);
    },
  });
  // Those that are there when the world begins have been there for long.
  for (const server of openstack.servers()) join(server, seconds(0));
  for (const object of shopObjects) kubernetes.objects.apply(object);
  const prometheus = await startPrometheus({ clock });
  prometheus.addTarget({ job: 'shop', instance: 'shop:8080' }, shopFigures(kubernetes, clock, clock.now()));
  const mail = await startSmtpInbox({ clock, tls: 'none' });
  const sms = await startSmsInbox({ clock });
  return {
    kubernetes,
    openstack,
    prometheus,
    mail,
    sms,
    stop: async () => {
      await Promise.all([sms.stop(), mail.stop(), prometheus.close(), openstack.stop(), kubernetes.close()]);
    },
  };
}
