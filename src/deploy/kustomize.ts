// As much of kustomize as the rendered manifests need: bases, resources, ConfigMaps of files. What is beyond it is refused.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

interface Generator {
  readonly name: string;
  readonly namespace: string;
  readonly files: readonly string[];
}

interface Kustomization {
  readonly bases?: readonly string[];
  readonly resources?: readonly string[];
  readonly configMapGenerator?: readonly Generator[];
  readonly generatorOptions?: unknown;
  readonly apiVersion?: string;
  readonly kind?: string;
}

const known: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'bases',
  'resources',
  'configMapGenerator',
  'generatorOptions',
]);

/** What others refer to comes first; what runs comes when all that it needs is there. */
const order = [
  'Namespace',
  'ServiceAccount',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'Deployment',
  'PodDisruptionBudget',
  'NetworkPolicy',
];

export const manifestsIn = (text: string): readonly Manifest[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as unknown)
    .filter((value): value is Manifest => typeof value === 'object' && value !== null && 'kind' in value);

function collect(directory: string): readonly Manifest[] {
  const file = path.join(directory, 'kustomization.yaml');
  const given = parse(readFileSync(file, 'utf8')) as Kustomization;
  const beyond = Object.keys(given).filter((key) => !known.has(key));
  if (beyond.length > 0) throw new Error(`${file}: ${beyond.join(', ')} can only be rendered by kubectl kustomize`);
  const read = (name: string): string => readFileSync(path.join(directory, name), 'utf8');
  const { bases = [], resources = [], configMapGenerator = [] } = given;
  return [
    ...bases.flatMap((base) => collect(path.join(directory, base))),
    ...resources.flatMap((name) => manifestsIn(read(name))),
    ...configMapGenerator.map(({ name, namespace, files }) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: Object.fromEntries(files.map((one) => [path.basename(one), read(one)])),
    })),
  ];
}

const rankOf = ({ kind }: Manifest): number => {
  const rank = order.indexOf(kind);
  return rank === -1 ? order.length : rank;
};

export const render = (directory: string): readonly Manifest[] =>
  collect(directory).toSorted((one, other) => rankOf(one) - rankOf(other));
