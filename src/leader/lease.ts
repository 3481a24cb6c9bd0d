// The Lease as it stands in the cluster: who leads, since when, when it was last renewed, and where it can be reached.
import type { OwnObject } from '../clients/kubernetes/own-objects.ts';
import { rfc3339, type Instant } from '../model/units.ts';

/** What a holder writes. */
export interface LeaseRecord {
  /** empty: it was given back */
  readonly holder: string;
  readonly durationSeconds: number;
  /** RFC 3339; whoever reads it judges nothing by it: clocks differ */
  readonly acquireTime: string | null;
  readonly renewTime: string | null;
  /** how often it has changed hands */
  readonly transitions: number;
  /** where the holder takes alerts in for the others; null: nowhere */
  readonly address: string | null;
}

export interface SeenLease extends LeaseRecord {
  /** as the API server has it: what a write is based on, and all that others have added */
  readonly object: OwnObject;
}

/** Of the Lease, in the namespace of the state. */
export const leaseName = 'springtide';

const addressAnnotation = 'springtide.io/leader-address';

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
const countIn = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const orNull = (text: string): string | null => (text === '' ? null : text);

/** Anybody may have written it: what cannot be read is as good as not there. */
export function leaseOf(object: OwnObject): SeenLease {
  const spec = (object.spec ?? {}) as Readonly<Record<string, unknown>>;
  return {
    object,
    holder: textIn(spec['holderIdentity']),
    durationSeconds: countIn(spec['leaseDurationSeconds']),
    acquireTime: orNull(textIn(spec['acquireTime'])),
    renewTime: orNull(textIn(spec['renewTime'])),
    transitions: countIn(spec['leaseTransitions']),
    address: orNull(textIn(object.metadata.annotations?.[addressAnnotation])),
  };
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

/** Over what stands there (null: nothing does), with all that is not the holder's business left as it is. */
export function objectOf(record: LeaseRecord, over: SeenLease | null, { namespace, name }: LeaseName): OwnObject {
  const others = Object.entries(over?.object.metadata.annotations ?? {}).filter(([key]) => key !== addressAnnotation);
  const own = record.address === null ? [] : [[addressAnnotation, record.address] as const];
  const { uid, resourceVersion, labels } = over?.object.metadata ?? {};
  return {
    kind: 'Lease',
    metadata: {
      namespace,
      name,
      annotations: Object.fromEntries([...others, ...own]),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      labels: labels ?? { 'app.kubernetes.io/name': 'springtide' },
    },
    spec: {
      ...(over?.object.spec ?? {}),
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      acquireTime: record.acquireTime,
      renewTime: record.renewTime,
      leaseTransitions: record.transitions,
    },
  };
}

/** Kubernetes wants six digits of a second here. */
export const microTime = (now: Instant): string =>
  rfc3339(now).replace(
    /(?:\.(\d{1,6}))?Z$/,
    (_all, fraction: string | undefined) => `.${(fraction ?? '').padEnd(6, '0')}Z`,
  );
