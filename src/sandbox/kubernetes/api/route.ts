// A request's path as what it means: /apis/apps/v1/namespaces/NS/deployments/NAME/scale.
import { pageNotFound } from '../status.ts';
import type { Resource } from '../resources.ts';

export type Route =
  | { readonly at: 'text'; readonly name: 'healthz' | 'livez' | 'readyz' }
  | { readonly at: 'version' | 'core' | 'groups' }
  | { readonly at: 'group'; readonly group: string }
  | { readonly at: 'resources'; readonly group: string; readonly version: string }
  | {
      readonly at: 'collection';
      readonly resource: Resource;
      readonly version: string;
      readonly namespace: string | undefined;
    }
  | {
      readonly at: 'object';
      readonly resource: Resource;
      readonly version: string;
      readonly namespace: string | undefined;
      readonly name: string;
      readonly subresource: string | undefined;
    };

export function routeOf(path: string, resources: readonly Resource[]): Route {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart);
  const [first, second, third] = parts;
  if (first === 'healthz' || first === 'livez' || first === 'readyz') return { at: 'text', name: first };
  if (first === 'version' && second === undefined) return { at: 'version' };
  if (first === 'api') {
    if (second === undefined) return { at: 'core' };
    return withinVersion(resources, '', second, parts.slice(2));
  }
  if (first === 'apis') {
    if (second === undefined) return { at: 'groups' };
    if (third === undefined) return { at: 'group', group: second };
    return withinVersion(resources, second, third, parts.slice(3));
  }
  throw pageNotFound();
}

function withinVersion(resources: readonly Resource[], group: string, version: string, rest: readonly string[]): Route {
  if (rest.length === 0) return { at: 'resources', group, version };
  // /namespaces/NAME and its subresources are about the namespace itself
  const scoped = rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2] ?? '');
  const namespace = scoped ? rest[1] : undefined;
  const [plural = '', name, subresource, ...more] = scoped ? rest.slice(2) : rest;
  const resource = resources.find((one) => one.name === plural && one.group === group);
  if (resource === undefined || !resource.versions.includes(version) || more.length > 0) throw pageNotFound();
  if (scoped && !resource.namespaced) throw pageNotFound();
  if (name === undefined) return { at: 'collection', resource, version, namespace };
  if (resource.namespaced && namespace === undefined) throw pageNotFound();
  return { at: 'object', resource, version, namespace, name, subresource };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw pageNotFound();
  }
}
