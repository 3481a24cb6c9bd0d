// Magnum's microversions: what each that we need has brought, and the highest that both sides know.
import { ClientError } from '../http/error.ts';

const highestKnown = '1.14';

export const broughtBy = {
  resize: '1.7',
  nodeGroups: '1.9',
  zeroNodes: '1.10',
  /** stack_id of a cluster is called cluster_id from here on. */
  clusterIdRenamed: '1.13',
  nodeLabels: '1.14',
} as const;

export interface Versions {
  readonly min: string;
  readonly max: string;
  readonly used: string;
}

/** Negative where a is the older one. Minor numbers are numbers: 1.10 comes after 1.9. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}

export const knows = (versions: Versions, feature: keyof typeof broughtBy): boolean =>
  compareVersions(versions.used, broughtBy[feature]) >= 0;

export function negotiate(source: string, min: string, max: string): Versions {
  const used = compareVersions(max, highestKnown) < 0 ? max : highestKnown;
  if (compareVersions(used, min) < 0)
    throw new ClientError({
      code: 'NotAcceptable',
      source,
      message: `${source}: it speaks ${min} to ${max} and springtide up to ${highestKnown}; a newer springtide is needed.`,
    });
  return { min, max, used };
}
