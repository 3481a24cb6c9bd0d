// The kinds of documents, their schemas, and what the schemas know about a place: its keys and what is expected there.
import { z } from 'zod';
import { nearestName } from '../promql/nearest.ts';
import type { ProblemPath } from './problem.ts';
import { alertsDocument } from './schema/alerts.ts';
import { calendar, daemon } from './schema/daemon.ts';
import { nodePolicy } from './schema/node-policy.ts';
import { podPolicy } from './schema/pod-policy.ts';
import { rulesDocument } from './schema/rules.ts';
import { isActedOn } from './unsupported.ts';

export const documentSchemas = {
  PodPolicy: podPolicy,
  NodePolicy: nodePolicy,
  Daemon: daemon,
  Calendar: calendar,
  Alerts: alertsDocument,
  Rules: rulesDocument,
} as const;
export type DocumentKind = keyof typeof documentSchemas;

export const isDocumentKind = (kind: unknown): kind is DocumentKind =>
  typeof kind === 'string' && Object.hasOwn(documentSchemas, kind);

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly [keyword: string]: unknown;
}

const jsonSchemas = new Map<DocumentKind, JsonSchema>();

/** As an editor wants it: what may be written, not what it becomes. */
export function jsonSchemaOf(kind: DocumentKind): JsonSchema {
  const known = jsonSchemas.get(kind);
  if (known !== undefined) return known;
  const made = z.toJSONSchema(documentSchemas[kind], { io: 'input' }) as JsonSchema;
  jsonSchemas.set(kind, made);
  return made;
}

/** Everything that the schema allows at the path: several where it has alternatives. */
function schemasAt(kind: DocumentKind, path: ProblemPath): readonly JsonSchema[] {
  const root = jsonSchemaOf(kind);
  let here = unfold(root, root);
  for (const part of path) here = here.flatMap((schema) => step(root, schema, part));
  return here;
}

function unfold(root: JsonSchema, schema: JsonSchema): readonly JsonSchema[] {
  const reference = schema.$ref === '#' ? root : root.$defs?.[schema.$ref?.replace('#/$defs/', '') ?? ''];
  const nested = [...(schema.anyOf ?? []), ...(schema.allOf ?? []), ...(reference === undefined ? [] : [reference])];
  return nested.length === 0 ? [schema] : nested.flatMap((one) => unfold(root, one));
}

function step(root: JsonSchema, schema: JsonSchema, part: string | number): readonly JsonSchema[] {
  const { additionalProperties: others } = schema;
  const next =
    typeof part === 'number'
      ? schema.items
      : (schema.properties?.[part] ?? (typeof others === 'object' ? others : undefined));
  return next === undefined ? [] : unfold(root, next);
}

export const knownKeys = (kind: DocumentKind, path: ProblemPath): string[] => [
  ...new Set(schemasAt(kind, path).flatMap((schema) => Object.keys(schema.properties ?? {}))),
];

export interface Wanted {
  readonly text: boolean;
  readonly truth: boolean;
  readonly keys: readonly string[];
  /** labels and their like: the keys are the writer's */
  readonly anyKey: boolean;
}

/** What may stand at the path, for whoever reads it. */
export function wantedAt(kind: DocumentKind, path: ProblemPath): Wanted {
  const schemas = schemasAt(kind, path);
  const types = new Set(schemas.flatMap(({ type }) => type ?? []));
  return {
    text: types.has('string'),
    truth: types.has('boolean'),
    keys: knownKeys(kind, path),
    anyKey: schemas.some(({ additionalProperties: others }) => typeof others === 'object'),
  };
}

/** What may stand at the path, in words: "a duration: 30s, 5m, 2h", "one of act, dryRun, off". */
export function expectedAt(kind: DocumentKind, path: ProblemPath): string {
  const choices = schemasAt(kind, path)
    .flatMap((schema) => schema.enum ?? [])
    .filter((choice) => isActedOn(kind, path, choice));
  const words = schemasAt(kind, path).flatMap((schema) => {
    if (schema.enum !== undefined) return [];
    return schema.description ?? wordOf(schema);
  });
  const listed = choices.length === 0 ? [] : [`one of ${choices.join(', ')}`];
  return [...new Set([...listed, ...words])].join(', or ') || 'something else';
}

function wordOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  switch (schema.type) {
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
      return schema.properties === undefined
        ? 'a mapping'
        : `a mapping with ${Object.keys(schema.properties).slice(0, 6).join(', ')}`;
    default:
      return 'a text';
  }
}

/** What other autoscalers call it: nobody should have to look it up. */
const elsewhere: Readonly<Record<string, string>> = {
  minReplicas: 'min',
  maxReplicas: 'max',
  minReplicaCount: 'min',
  maxReplicaCount: 'max',
  minSize: 'min',
  maxSize: 'max',
  scaleTargetRef: 'target',
  averageUtilization: 'utilization',
  cooldownPeriod: 'stabilizationWindow',
  triggers: 'metrics',
  dryRun: 'mode',
};

/** The key that was probably meant: by spelling, else by its beginning or its end. */
export function nearestKey(wanted: string, known: readonly string[]): string | null {
  const exact = elsewhere[wanted];
  if (exact !== undefined && known.includes(exact)) return exact;
  const spelled = nearestName(wanted, known);
  if (spelled !== null) return spelled;
  const low = wanted.toLowerCase();
  return (
    known.find((key) => {
      const other = key.toLowerCase();
      return other.length >= 3 && low.length >= 3 && (low.includes(other) || other.includes(low));
    }) ?? null
  );
}
