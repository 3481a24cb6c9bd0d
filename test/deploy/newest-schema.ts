// Kubernetes' own types, of the newest version that the client library was made for: unknown fields and wrong types of a manifest.
import type { Manifest } from '../../src/deploy/kustomize.ts';

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}
interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

const models = (await import('@kubernetes/client-node')) as unknown as Readonly<Record<string, unknown>>;

function modelOf(type: string): Model | null {
  const found = models[type];
  return typeof found === 'function' && 'getAttributeTypeMap' in found ? (found as unknown as Model) : null;
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

function problemsOf(value: unknown, type: string, at: string): readonly string[] {
  const inArray = /^Array<(.+)>$/.exec(type)?.[1] ?? /^Set<(.+)>$/.exec(type)?.[1];
  if (inArray !== undefined) {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return value.flatMap((one, index) => problemsOf(one, inArray, `${at}[${index}]`));
  }
  const inMap = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (inMap !== undefined) {
    if (typeof value !== 'object' || value === null) return [`${at} is no map`];
    return Object.entries(value).flatMap(([key, one]) => problemsOf(one, inMap, `${at}.${key}`));
  }
  const primitives = plain[type];
  if (primitives !== undefined)
    return primitives.includes(typeof value) ? [] : [`${at} is a ${typeof value}, not a ${type}`];
  const model = modelOf(type);
  if (model === null)
    return type === 'any' || type === 'Date' || type === 'V1MicroTime' ? [] : [`${at}: nobody knows ${type}`];
  if (typeof value !== 'object' || value === null) return [`${at} is no ${type}`];
  const attributes = new Map(model.getAttributeTypeMap().map(({ baseName, type: of }) => [baseName, of]));
  return Object.entries(value).flatMap(([key, one]) => {
    const of = attributes.get(key);
    return of === undefined ? [`${at}.${key} does not exist`] : problemsOf(one, of, `${at}.${key}`);
  });
}

export function problemsIn(manifest: Manifest): readonly string[] {
  const type = typeOf(manifest);
  const at = `${manifest.kind} ${manifest.metadata.name}`;
  return modelOf(type) === null
    ? [`${at}: ${manifest.apiVersion} is not served any more`]
    : problemsOf(manifest, type, at);
}
