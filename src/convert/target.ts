// What is scaled, and what an object is called: the parts that HPA and ScaledObject have in common.
import { isObjectName } from './names.ts';
import type { Notebook, Origin } from './note.ts';
import { fieldsOf, textOf, type Fields } from './read.ts';

export interface TargetDraft {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** null: it is missing; a note says so. */
export function targetOf(reference: unknown, notebook: Notebook, usualKind?: string): TargetDraft | null {
  const { apiVersion, kind, name } = fieldsOf(reference);
  const target = {
    kind: textOf(kind) ?? usualKind ?? '',
    name: textOf(name) ?? '',
  };
  if (target.kind !== '' && isObjectName(target.name))
    return {
      apiVersion: textOf(apiVersion) ?? (target.kind === 'ReplicationController' ? 'v1' : 'apps/v1'),
      ...target,
    };
  notebook.write('TargetMissing', { field: 'scaleTargetRef' });
  return null;
}

export function originOf(object: Fields, usualNamespace: string): Origin {
  const { namespace, name } = fieldsOf(object['metadata']);
  return {
    kind: textOf(object['kind']) ?? '',
    namespace: textOf(namespace) ?? usualNamespace,
    name: textOf(name) ?? '',
  };
}
