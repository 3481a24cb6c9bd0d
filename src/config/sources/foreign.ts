// What a ConfigMap of a tenant may say: PodPolicies for its own namespace, nothing else.
import type { ConfigMapKey } from '../files.ts';
import type { DocumentRole } from '../judge.ts';
import { valueAt } from '../shape.ts';
import type { Finding, Source } from '../source.ts';

/** Also of a document that is broken otherwise: it must not stand in the way of one that has the right. */
export function foreignFindings(source: Source, role: DocumentRole, from: ConfigMapKey | null): Finding[] {
  if (from === null || from.isOwn) return [];
  const { namespace } = from;
  const refused = (path: Finding['path'], what: string): Finding[] => [
    {
      code: 'NotAllowedHere',
      path,
      message: `${what}: a ConfigMap in the namespace ${namespace} may hold PodPolicies for ${namespace} only`,
      mend: "put it into a ConfigMap in springtide's own namespace, or into its directory",
    },
  ];
  if (role !== 'documents') return refused([], `${role === 'alerts' ? 'alerts are' : 'rules are'} not taken from here`);
  const { kind, namespace: meant } = source.name ?? {};
  if (kind !== undefined && kind !== 'PodPolicy') return refused(['kind'], `this is a ${kind}`);
  if (meant !== undefined && meant !== namespace)
    return refused(['metadata', 'namespace'], `this is for the namespace ${meant}`);
  const others = valueAt(source.raw, ['spec', 'targets', 'namespaces']);
  if (!Array.isArray(others)) return [];
  return others.flatMap((other: unknown, index) =>
    other === namespace
      ? []
      : refused(['spec', 'targets', 'namespaces', index], `its targets are in ${JSON.stringify(other)}`),
  );
}
