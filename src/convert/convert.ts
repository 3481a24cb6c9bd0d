// Objects of other autoscalers to PodPolicy documents, and what is to be told about each.
import type { PodPolicyDraft, PodPolicySpecDraft } from './draft.ts';
import { convertHpa } from './hpa.ts';
import { convertScaledObject } from './keda.ts';
import { freeName, isObjectName } from './names.ts';
import { notebook as newNotebook, type Note, type Notebook, type Origin } from './note.ts';
import { fieldsOf, isFields, listOf, textOf, type Fields } from './read.ts';
import { originOf } from './target.ts';

export const sources = ['hpa', 'keda'] as const;
export type SourceKind = (typeof sources)[number];

export interface ConvertOptions {
  /** of objects that say none */
  readonly namespace: string;
  /** metric of an HPA → PromQL, with {{namespace}} and {{name}} for those of the target */
  readonly queries: ReadonlyMap<string, string>;
  /** an empty answer counts as 0, as KEDA has it unless told otherwise */
  readonly keepIgnoreNullValues: boolean;
}

export interface ConvertedPolicy {
  readonly from: Origin;
  readonly document: PodPolicyDraft;
}

export interface Conversion {
  readonly policies: readonly ConvertedPolicy[];
  /** in the order in which the objects were read; those about all of them last */
  readonly notes: readonly Note[];
}

export function convertObjects(documents: readonly unknown[], source: SourceKind, options: ConvertOptions): Conversion {
  const policies: ConvertedPolicy[] = [];
  const notes: Note[] = [];
  const answered = new Set<string>();
  const servers = new Set<string>();
  const claims = new Map<string, Origin>();

  for (const document of documents.flatMap((one) => itemsOf(one))) {
    const object = fieldsOf(document);
    const origin = originOf(object, options.namespace);
    const notebook = newNotebook(origin);
    if (isConvertible(document, origin, source, notebook)) {
      const spec =
        source === 'hpa'
          ? convertHpa(object, { namespace: origin.namespace, answer: answerer(options.queries, answered) }, notebook)
          : convertScaledObject(object, { ...options, serverSeen: (server) => servers.add(server) }, notebook);
      if (spec !== null && claim(spec, origin, claims, notebook)) {
        const policy = documentOf(spec, origin, policies, notebook);
        notebook.write('Carried', { what: summaryOf(spec) });
        policies.push({ from: origin, document: policy });
      }
    }
    notes.push(...notebook.notes);
  }
  return { policies, notes: [...notes, ...generalNotes(policies.length > 0, options.queries, answered, servers)] };
}

/** Deeper than kubectl nests them. */
const deepestList = 3;

/** The items of a List; those of a typed one say no kind of their own. */
function itemsOf(document: unknown, depth = 0): unknown[] {
  const { kind, apiVersion, items } = fieldsOf(document);
  const list = /^(.*)List$/.exec(textOf(kind) ?? '');
  if (list === null || !Array.isArray(items) || depth >= deepestList) return [document];
  const own = (item: Fields): Fields => ({
    ...item,
    kind: item['kind'] ?? list[1],
    apiVersion: item['apiVersion'] ?? apiVersion,
  });
  return items.flatMap((item: unknown) => itemsOf(isFields(item) && list[1] !== '' ? own(item) : item, depth + 1));
}

const kindsOf: Readonly<Record<SourceKind, string>> = { hpa: 'HorizontalPodAutoscaler', keda: 'ScaledObject' };
const groupsOf: Readonly<Record<SourceKind, string>> = { hpa: 'autoscaling', keda: 'keda.sh' };

function isConvertible(document: unknown, origin: Origin, source: SourceKind, notebook: Notebook): boolean {
  const object = fieldsOf(document);
  const { kind } = origin;
  const group = (textOf(object['apiVersion']) ?? '').split('/')[0];
  if (!isFields(document) || kind === '') notebook.write('NotAnObject');
  else if (kind === kindsOf[source] && group === groupsOf[source]) {
    if (!isObjectName(origin.name) || !isObjectName(origin.namespace))
      notebook.write('NameInvalid', { name: origin.name, namespace: origin.namespace });
    else if (source === 'hpa' && isOwnedByKeda(object)) notebook.write('OwnedByKeda');
    else return true;
  } else if (kind === 'ScaledJob') notebook.write('JobScaling');
  else {
    const other = sources.find((one) => kind === kindsOf[one] && group === groupsOf[one]);
    if (other === undefined)
      notebook.write('OtherKind', { kind: `${textOf(object['apiVersion']) ?? ''} ${kind}`.trim() });
    else notebook.write('OtherVerb', { verb: `springtide import ${other}` });
  }
  return false;
}

/** KEDA keeps an HPA for each ScaledObject: its metrics are KEDA's own, the ScaledObject says what is meant. */
function isOwnedByKeda(object: Fields): boolean {
  const { ownerReferences, labels } = fieldsOf(object['metadata']);
  return (
    listOf(ownerReferences).some((owner) => fieldsOf(owner)['kind'] === 'ScaledObject') ||
    fieldsOf(labels)['app.kubernetes.io/managed-by'] === 'keda-operator'
  );
}

const answerer =
  (queries: ReadonlyMap<string, string>, answered: Set<string>) =>
  (metric: string, namespace: string, target: string): string | null => {
    const query = queries.get(metric);
    if (query === undefined) return null;
    answered.add(metric);
    return query.replaceAll('{{namespace}}', namespace).replaceAll('{{name}}', target);
  };

/** Two policies on one target are refused when they are loaded: the first has it. */
function claim(spec: PodPolicySpecDraft, origin: Origin, claims: Map<string, Origin>, notebook: Notebook): boolean {
  const { kind, name, apiVersion } = spec.target;
  // the group without its version: apps/v1 and apps/v1beta1 mean the same Deployment
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const key = [origin.namespace, group, kind, name].join('/');
  const first = claims.get(key);
  if (first === undefined) {
    claims.set(key, origin);
    return true;
  }
  notebook.write('AlreadyClaimed', { target: `${kind} ${name}`, by: `${first.kind} ${first.name}` });
  return false;
}

function documentOf(
  spec: PodPolicySpecDraft,
  { namespace, name: wanted }: Origin,
  policies: readonly ConvertedPolicy[],
  notebook: Notebook,
): PodPolicyDraft {
  const name = freeName(wanted, (one) =>
    policies.some(({ document: { metadata } }) => metadata.namespace === namespace && metadata.name === one),
  );
  if (name !== wanted) notebook.write('PolicyRenamed', { name });
  return { apiVersion: 'springtide/v1', kind: 'PodPolicy', metadata: { name, namespace }, spec };
}

/** In the words of the document itself, which need no language. */
function summaryOf({ replicas, metrics, schedule, ...rest }: PodPolicySpecDraft): string {
  const names = (entries: readonly { readonly name: string }[]): string => entries.map(({ name }) => name).join(' ');
  return [
    `target ${rest.target.kind} ${rest.target.name}`,
    `replicas ${replicas.min}-${replicas.max}`,
    ...(metrics === undefined ? [] : [`metrics ${names(metrics)}`]),
    ...(schedule === undefined ? [] : [`schedule ${names(schedule)}`]),
    ...(['zero', 'behavior', 'tolerance', 'fallback'] as const).filter((part) => rest[part] !== undefined),
  ].join(', ');
}

function generalNotes(
  isAny: boolean,
  queries: ReadonlyMap<string, string>,
  answered: ReadonlySet<string>,
  servers: ReadonlySet<string>,
): readonly Note[] {
  const { write, notes } = newNotebook(null);
  if (isAny) {
    write('DryRun');
    write('BoundsGradual');
  }
  const [server, ...others] = servers;
  if (others.length > 0) write('SeveralServers', { servers: [...servers].join(' ') });
  else if (server !== undefined) write('ServerOfTheDaemon', { server });
  for (const metric of queries.keys()) if (!answered.has(metric)) write('AnswerUnused', { metric });
  return notes;
}
