// Kubernetes' own types, of the newest version that the client library was made for: unknown fields and wrong types of a manifest.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Manifest } from '../../src/deploy/kustomize.ts';

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}
interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

const models = new URL(
  'dist/gen/models/',
  pathToFileURL(createRequire(import.meta.url).resolve('@kubernetes/client-node/package.json')),
);
const known = new Map<string, Promise<Model | null>>();

/** One by one: the whole library takes seconds to load. */
function modelOf(type: string): Promise<Model | null> {
  const before = known.get(type);
  if (before !== undefined) return before;
  const file = new URL(`${type}.js`, models);
  const loaded = existsSync(file)
    ? (import(file.href) as Promise<Readonly<Record<string, Model>>>).then((module) => module[type] ?? null)
    : Promise.resolve(null);
  known.set(type, loaded);
  return loaded;
}

/** apps/v1 Deployment is V1Deployment */
const typeOf = ({ apiVersion, kind }: Manifest): string => {
  const version = apiVersion.split('/').at(-1) ?? '';
  return `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
};

const plain: Readonly<Record<string, readonly string[]>> = {
  string: ['string'],
  number: ['number'],
  boolean: ['boolean'],
  IntOrString: ['string', 'number'],
};

async function all(problems: readonly Promise<readonly string[]>[]): Promise<readonly string[]> {
  return (await Promise.all(problems)).flat();
}

async function problemsOf(value: unknown, type: string, at: string): Promise<readonly string[]> {
  const inArray = /^(?:Array|Set)<(.+)>$/.exec(type)?.[1];
  if (inArray !== undefined) {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return all(value.map((one, index) => problemsOf(one, inArray, `${at}[${index}]`)));
  }
  const inMap = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (inMap !== undefined) {
    if (typeof value !== 'object' || value === null) return [`${at} is no map`];
    return all(Object.entries(value).map(([key, one]) => problemsOf(one, inMap, `${at}.${key}`)));
  }
  const primitives = plain[type];
  if (primitives !== undefined)
    return primitives.includes(typeof value) ? [] : [`${at} is a ${typeof value}, not a ${type}`];
  const model = await modelOf(type);
  if (model === null) return [`${at}: nobody knows ${type}`];
  if (typeof value !== 'object' || value === null) return [`${at} is no ${type}`];
  const attributes = new Map(model.getAttributeTypeMap().map(({ baseName, type: of }) => [baseName, of]));
  return all(
    Object.entries(value).map(async ([key, one]) => {
      const of = attributes.get(key);
      return of === undefined ? [`${at}.${key} does not exist`] : problemsOf(one, of, `${at}.${key}`);
    }),
  );
}

export async function problemsIn(manifest: Manifest): Promise<readonly string[]> {
  const type = typeOf(manifest);
  const at = `${manifest.kind} ${manifest.metadata.name}`;
  if ((await modelOf(type)) === null) return [`${at}: ${manifest.apiVersion} is not served any more`];
  return problemsOf(manifest, type, at);
}
