// cluster-autoscaler's own word, read by its name once a minute: whether somebody else scales the same groups.
import { z } from 'zod';
import { ClientError } from '../clients/http/error.ts';
import { validate } from '../clients/http/validate.ts';
import type { KubernetesTransport } from '../clients/kubernetes/transport.ts';
import type { Clock } from '../clock.ts';
import type { ConfigMap } from '../model/snapshot.ts';
import { later, minutes, type Instant, type Milliseconds } from '../model/units.ts';
import type { Gathering } from './gathering.ts';

export type OthersSource = Pick<KubernetesTransport, 'request'>;

const place = '/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status';
const asksEvery = minutes(1);
const longestCall = 4_000 as Milliseconds;
const mostText = 64 * 1024;

const shape = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  data: z.record(z.string(), z.string()).optional(),
});

async function readStatus(source: OthersSource, signal: AbortSignal): Promise<readonly ConfigMap[]> {
  try {
    const response = await source.request({ path: place, deadline: longestCall, operation: 'read status', signal });
    const { metadata, data } = validate(shape, response.json(), { source: 'Kubernetes', what: `GET ${place}` });
    const { name, namespace, annotations } = metadata;
    const status = data?.['status']?.slice(0, mostText);
    return [
      {
        metadata: { name, ...(namespace !== undefined && { namespace }), ...(annotations && { annotations }) },
        ...(status !== undefined && { data: { status } }),
      },
    ];
  } catch (error) {
    if (error instanceof ClientError && error.code === 'NotFound') return [];
    throw error;
  }
}

/** undefined: it could not be read, and the gathering says why. */
export function createOthersCollector(
  source: OthersSource,
  clock: Clock,
): (gathering: Gathering) => Promise<readonly ConfigMap[] | undefined> {
  let known: { readonly maps: readonly ConfigMap[] | undefined; readonly until: Instant } | null = null;
  return async (gathering) => {
    if (known !== null && known.until > clock.now()) return known.maps;
    let maps: readonly ConfigMap[] | undefined;
    try {
      maps = await readStatus(source, gathering.signal);
    } catch (error) {
      // One of several signs, and a right that not everybody gives: nothing depends on it alone.
      const why = error instanceof Error ? error.message : String(error);
      gathering.fail('kubernetes', 'configmap cluster-autoscaler-status', 'PartialView', why);
    }
    known = { maps, until: later(clock.now(), asksEvery) };
    return maps;
  };
}
