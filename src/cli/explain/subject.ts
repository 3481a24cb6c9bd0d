// Which target is meant: NAMESPACE/NAME, KIND/NAME, NAMESPACE/KIND/NAME or a bare name, as kubectl's users write them.
import { SpringtideError } from '../../model/errors.ts';
import { nearestName } from '../../promql/nearest.ts';

/** Something that can be explained: a target, or a node group (its namespace is empty). */
export interface Subject {
  readonly key: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export const nodeGroupKind = 'nodegroup';

/** shop/Deployment/web, or nodegroup/default-worker: the keys of the journal. */
export function subjectOf(key: string): Subject | null {
  const parts = key.split('/');
  const [first = '', second = '', third = ''] = parts;
  if (parts.length === 2 && first === nodeGroupKind) return { key, kind: first, namespace: '', name: second };
  return parts.length === 3 ? { key, namespace: first, kind: second, name: third } : null;
}

const aliases: Readonly<Record<string, string>> = {
  deploy: 'deployment',
  sts: 'statefulset',
  rs: 'replicaset',
  rc: 'replicationcontroller',
  ng: nodeGroupKind,
};

/** deployments.apps, deploy and Deployment are one. */
function plainKind(text: string): string {
  const [kind = ''] = text.toLowerCase().split('.');
  return aliases[kind] ?? kind.replace(/s$/, '');
}

interface Reading {
  readonly namespace?: string | undefined;
  readonly kind?: string | undefined;
  readonly name: string;
}

function readingsOf(text: string, namespace: string | undefined): readonly Reading[] {
  const parts = text.split('/');
  const [first = '', second = '', third = ''] = parts;
  if (parts.some((part) => part === '') || parts.length > 3) return [];
  switch (parts.length) {
    case 1:
      return [{ namespace, name: first }];
    case 2:
      return [
        { namespace, kind: first, name: second },
        ...(namespace === undefined || namespace === first ? [{ namespace: first, name: second }] : []),
      ];
    default:
      return namespace === undefined || namespace === first ? [{ namespace: first, kind: second, name: third }] : [];
  }
}

const fits = (subject: Subject, { namespace, kind, name }: Reading): boolean =>
  subject.name === name &&
  (namespace === undefined || subject.namespace === namespace || subject.kind === nodeGroupKind) &&
  (kind === undefined || plainKind(subject.kind) === plainKind(kind));

const shown = ({ namespace, kind, name }: Subject): string =>
  namespace === '' ? `${kind}/${name}` : `${namespace}/${kind}/${name}`;

const most = 5;

function listed(subjects: readonly Subject[]): string {
  const names = subjects.slice(0, most).map(shown);
  return subjects.length > most ? `${names.join(', ')} and ${subjects.length - most} more` : names.join(', ');
}

/** By the name that is nearest, then by what holds the same word. */
function near(text: string, known: readonly Subject[]): readonly Subject[] {
  const wanted = (text.split('/').at(-1) ?? '').toLowerCase();
  const nearest = nearestName(
    wanted,
    known.map(({ name }) => name),
  );
  const alike = known.filter(({ name }) => wanted !== '' && (name.includes(wanted) || wanted.includes(name)));
  return [...new Set([...known.filter(({ name }) => name === nearest), ...alike])];
}

/** Throws where it is not exactly one, with the names that come near. `where`: what the known ones were taken from. */
export function resolveSubject(
  text: string,
  namespace: string | undefined,
  known: readonly Subject[],
  where: string,
): Subject {
  const readings = readingsOf(text, namespace);
  const found = known.filter((subject) => readings.some((reading) => fits(subject, reading)));
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  const given = namespace === undefined ? `"${text}"` : `"${text}" in ${namespace}`;
  if (one !== undefined)
    throw new SpringtideError({
      code: 'UsageInvalid',
      what: `${given} may be any of ${listed(found)}`,
      mend: 'write NAMESPACE/KIND/NAME',
    });
  const close = near(text, known);
  const hint =
    known.length === 0
      ? 'nothing is scaled there'
      : close.length > 0
        ? `near it: ${listed(close)}`
        : `there are ${listed(known)}`;
  throw new SpringtideError({
    code: 'UsageInvalid',
    what: `${where} scales no target ${given}`,
    mend: `${hint}; write NAMESPACE/NAME, KIND/NAME -n NAMESPACE or NAMESPACE/KIND/NAME`,
  });
}
