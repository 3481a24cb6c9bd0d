// What the objects of the memory's bench are made of: names, numbers that look like any other, managed fields.

export interface Machine {
  readonly name: string;
  readonly providerId: string;
  readonly group: string;
  readonly address: string;
}

export type Json = Readonly<Record<string, unknown>>;

export const counts = {
  deployments: 2_660,
  podsOfDeployment: 50,
  statefulSets: 200,
  podsOfStatefulSet: 10,
  daemonSets: 3,
  /** kept for a rollback, as the controller does */
  oldReplicaSets: 2,
  claims: 2_000,
  jobs: 500,
};
export const namespaces = 100;
export const born = '2026-03-01T08:00:00Z';
export const zones = ['a', 'b', 'c'];

export const pick = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;
export const namespaceOf = (index: number): string => `team-${String(index % namespaces).padStart(3, '0')}`;
export const appName = (index: number): string => `app-${String(index).padStart(4, '0')}`;

/** The same for the same seed, and looks like any other. */
export function hex(seed: number, length: number): string {
  let state = (seed + 1) >>> 0;
  let text = '';
  while (text.length < length) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
    state = (Math.imul(state ^ (state >>> 12), 0x297a2d39) + seed) >>> 0;
    text += state.toString(16).padStart(8, '0');
  }
  return text.slice(0, length);
}
export const uidOf = (seed: number, kind: number): string =>
  `${hex(seed, 8)}-${hex(seed + kind, 4)}-4${hex(seed + 2, 3)}-8${hex(seed + 3, 3)}-${hex(seed * 31 + kind, 12)}`;
export const hashOf = (index: number, revision: number): string => hex(index * 7 + revision, 10);

export const fields = (...names: readonly string[]): Json => Object.fromEntries(names.map((name) => [`f:${name}`, {}]));
export const managedBy = (manager: string, fieldsV1: Json, subresource?: string): Json => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time: born,
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...(subresource === undefined ? {} : { subresource }),
});
