// What a snapshot does not hold: our rights, who we are to Keystone, whose the lease is, and how far the clocks of others are off.
import type { KubernetesClient } from '../clients/kubernetes/client.ts';
import type { OpenStackClients } from '../clients/openstack/clients.ts';
import type { Credentials } from '../clients/openstack/credentials.ts';
import { sleep, type Clock } from '../clock.ts';
import { leaseName, leaseOf, type SeenLease } from '../leader/lease.ts';
import type { Config } from '../model/config.ts';
import { messageOf } from '../model/errors.ts';
import { instantOf, seconds } from '../model/units.ts';
import { eachLimited } from '../parallel.ts';
import { dateOf, skewOf, type Skew } from './clocks.ts';
import { customRightsFor } from './custom-kinds.ts';
import type { Answers } from './diagnose.ts';
import { rightOf, rightsFor, type Right } from './rights.ts';

export interface AskParts {
  readonly config: Config;
  readonly kubernetes: Pick<KubernetesClient, 'transport' | 'discovery' | 'own' | 'namespace' | 'server'>;
  /** null: no openstack section */
  readonly cloud: { readonly clients: Pick<OpenStackClients, 'keystone'>; readonly credentials: Credentials } | null;
  readonly clock: Clock;
}

const reviewsAtOnce = 8;

function isTrust({ authentication }: Credentials): boolean {
  return authentication.kind === 'password' && authentication.scope.kind === 'trust';
}

async function whoWeAre({ clients, credentials }: NonNullable<AskParts['cloud']>): Promise<Answers['keystone']> {
  const { origin } = credentials;
  try {
    const { userId, roles } = await clients.keystone.session();
    return { user: userId ?? '', roles, origin, trust: isTrust(credentials) };
  } catch (thrown) {
    return { failed: messageOf(thrown), origin };
  }
}

const clocks = ({ config, kubernetes, cloud }: AskParts): Promise<readonly Skew[]> => {
  const { url, tls } = config.daemon.prometheus;
  return Promise.all([
    skewOf('Kubernetes', () => kubernetes.transport.request({ path: '/version', operation: 'date' })),
    skewOf('Prometheus', () => dateOf(url, tls)),
    ...(cloud === null ? [] : [skewOf('Keystone', () => dateOf(cloud.credentials.authUrl, cloud.credentials.tls))]),
  ]);
};

const looksAtLease = 6;
const betweenLooks = seconds(1);

/** Held: it was renewed a moment ago by our own clock, or it is renewed while we look, whatever clocks say. */
async function leaseSeen({ config, kubernetes, clock }: AskParts): Promise<Answers['lease']> {
  const { state } = config.daemon;
  const namespace = state.kubernetes?.namespace ?? kubernetes.namespace;
  if (state.kubernetes === undefined || namespace === null) return null;
  const read = async (): Promise<SeenLease | null> => {
    const object = await kubernetes.own.get('Lease', namespace, leaseName);
    return object === null ? null : leaseOf(object);
  };
  try {
    const first = await read();
    if (first === null) return { state: 'missing' };
    if (first.holder === '') return { state: 'free' };
    const { holder, renewTime, durationSeconds } = first;
    const held = { state: 'held', holder } as const;
    const age = Math.abs(clock.now() - (instantOf(renewTime ?? '') ?? 0)) / 1000;
    if (age < durationSeconds) return held;
    for (let look = 1; look < looksAtLease; look++) {
      await sleep(clock, betweenLooks);
      if ((await read())?.renewTime !== renewTime) return held;
    }
    return { state: 'stale', holder, since: renewTime ?? '-' };
  } catch (thrown) {
    return { state: 'unread', why: messageOf(thrown) };
  }
}

async function rightsSeen({ config, kubernetes }: AskParts): Promise<readonly Right[]> {
  const wanted = [...rightsFor(config, kubernetes.namespace), ...(await customRightsFor(config, kubernetes.discovery))];
  return eachLimited(wanted, reviewsAtOnce, (one) => rightOf(kubernetes.transport, one));
}

export async function askAround(parts: AskParts): Promise<Answers> {
  const { kubernetes, cloud } = parts;
  const [keystone, skews, rights, lease] = await Promise.all([
    cloud === null ? null : whoWeAre(cloud),
    clocks(parts),
    rightsSeen(parts),
    leaseSeen(parts),
  ]);
  return { server: kubernetes.server, keystone, rights, skews, lease };
}
