// Pods that springtide cannot do without: itself, the Prometheus that it asks, and the cluster's DNS. Their nodes stay.
import type { Pod } from '../../model/kubernetes.ts';
import type { KeptReason } from '../../model/reason.ts';
import { isOfDaemonSet, isTerminal } from '../pod-facts.ts';

const nameLabel = 'app.kubernetes.io/name';

/** A service inside the cluster, as an address names it: SERVICE.NAMESPACE, SERVICE.NAMESPACE.svc, … */
export interface ServiceAddress {
  readonly service: string;
  /** null: only the service is named, so it is in springtide's own namespace */
  readonly namespace: string | null;
}

/** null: an address outside the cluster, or an IP address. */
function serviceOf(url: string): ServiceAddress | null {
  let host: string;
  try {
    host = new URL(url).hostname;
  } catch {
    return null;
  }
  if (host === 'localhost' || host.startsWith('[') || /^[\d.]+$/.test(host)) return null;
  const [service = '', namespace, svc, ...domain] = host.split('.').filter((part) => part !== '');
  if (namespace === undefined) return { service, namespace: null };
  if (svc === undefined) return { service, namespace };
  return svc === 'svc' && (domain.length === 0 || domain[0] === 'cluster' || domain.length > 1)
    ? { service, namespace }
    : null;
}

type Need = Extract<KeptReason, 'NeededBySpringtide' | 'NeededByPrometheus' | 'NeededByDns'>;

export const isSpringtide = ({ metadata }: Pod): boolean => metadata.labels?.[nameLabel] === 'springtide';

const dnsNames: ReadonlySet<string | undefined> = new Set(['kube-dns', 'coredns']);

const isDns = ({ metadata: { namespace, labels } }: Pod): boolean =>
  namespace === 'kube-system' && (dnsNames.has(labels?.['k8s-app']) || dnsNames.has(labels?.[nameLabel]));

/**
 * Services are not read, so the pods behind one are known by their names, as charts and operators make them: SERVICE-…; and
 * by the label that every common installation of Prometheus puts on.
 */
function isBehind({ metadata: { name, labels = {} } }: Pod, service: string): boolean {
  return (
    name === service ||
    name.startsWith(`${service}-`) ||
    labels[nameLabel] === service ||
    labels['app'] === service ||
    labels[nameLabel] === 'prometheus'
  );
}

export interface PodNeeds {
  /** all that the answers depend on, beside the pod */
  readonly key: string;
  /** pods of any other namespace are needed only if they are springtide's or the system's own */
  readonly home: string | undefined;
  readonly of: (pod: Pod) => Need | null;
}

export function needsOf(pods: readonly Pod[], prometheusUrl: string): PodNeeds {
  const address = serviceOf(prometheusUrl);
  const home = address?.namespace === null ? pods.find(isSpringtide)?.metadata.namespace : address?.namespace;
  const needOf = (pod: Pod): Need | null => {
    if (isSpringtide(pod)) return 'NeededBySpringtide';
    if (isDns(pod)) return 'NeededByDns';
    const asked = address !== null && home !== undefined && pod.metadata.namespace === home;
    return asked && isBehind(pod, address.service) ? 'NeededByPrometheus' : null;
  };
  const of = (pod: Pod): Need | null => {
    const need = needOf(pod);
    return need === null || isOfDaemonSet(pod) || isTerminal(pod) ? null : need;
  };
  return { key: `${address?.service ?? ''}/${home ?? ''}`, home, of };
}
