// Recordings: a Snapshot on disk, with the memory and outcomes that belong to it. What people edit by hand is read with care.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { SpringtideError, messageOf } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { instantOf } from '../model/units.ts';

const recordingSchema = 1;

export interface Recording {
  readonly schema: typeof recordingSchema;
  readonly snapshot: Snapshot;
  /** As it stands in the file: the memory's own reader knows its versions. */
  readonly memory?: unknown;
  readonly configHash?: string;
  readonly outcomes?: readonly Outcome[];
}

export interface ReadRecording {
  readonly recording: Recording;
  /** A bare snapshot has no memory, and the output says so. */
  readonly form: 'recording' | 'bareSnapshot';
}

const object = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });
const list = z.array(object).optional();
const kubernetes = z.looseObject({
  deployments: list,
  statefulsets: list,
  replicasets: list,
  replicationcontrollers: list,
  daemonsets: list,
  jobs: list,
  pods: list,
  nodes: list,
  poddisruptionbudgets: list,
  persistentvolumes: list,
  persistentvolumeclaims: list,
  storageclasses: list,
  csinodes: list,
  namespaces: list,
  resourcequotas: list,
  priorityclasses: list,
  horizontalpodautoscalers: list,
  scales: list,
  configmaps: list,
});
const nodegroup = z.looseObject({ uuid: z.string(), name: z.string(), node_count: z.number() });
const magnum = z.looseObject({
  cluster: z.looseObject({}).optional(),
  nodegroups: z.array(nodegroup).optional(),
  versions: z.looseObject({}).optional(),
});
const nova = z.looseObject({
  limits: z.looseObject({}).optional(),
  servers: z.array(z.looseObject({ id: z.string() })).optional(),
  flavors: z.array(z.looseObject({ id: z.string() })).optional(),
});
const answer = z.looseObject({
  status: z.enum(['success', 'error']),
  data: z
    .looseObject({ resultType: z.enum(['vector', 'scalar', 'string', 'matrix']), result: z.array(z.unknown()) })
    .optional(),
  warnings: z.array(z.string()).optional(),
});
const range = z.looseObject({ query: z.string(), start: z.number(), end: z.number(), step: z.number(), answer });
const prometheus = z.looseObject({
  queries: z.record(z.string(), answer).optional(),
  ranges: z.array(range).optional(),
});
const sourceError = z.looseObject({
  source: z.enum(['prometheus', 'kubernetes', 'magnum', 'nova']),
  what: z.string(),
  code: z.string(),
  message: z.string().default(''),
});
const outlook = z.looseObject({
  ahead: z.number(),
  expected: z.number(),
  upper: z.number(),
  by: z.string().default(''),
});
const forecast = z.looseObject({
  metric: z.string(),
  state: z.enum(['trusted', 'learning', 'steppedBack']),
  doubt: z.string().nullable().default(null),
  pods: outlook,
  nodes: outlook,
  keep: outlook,
  coverage: z.number().nullable().default(null),
  history: z.number().default(0),
});
const control = z.looseObject({
  off: z.array(z.enum(['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink'])),
  until: z.string().nullable().default(null),
  by: z.string().default(''),
  why: z.string().default(''),
  releasedAt: z.string().nullable().default(null),
  removalProofs: z
    .array(z.looseObject({ cluster: z.string(), group: z.string(), at: z.number(), by: z.string().default('') }))
    .optional(),
  approvals: z
    .array(
      z.looseObject({
        id: z.string(),
        subject: z.string(),
        way: z.enum(['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink']),
        from: z.number(),
        to: z.number(),
        remove: z.array(z.looseObject({ node: z.string(), serverId: z.string() })).default([]),
        by: z.string().default(''),
        at: z.string(),
      }),
    )
    .optional(),
});
const snapshot = z.looseObject({
  time: z.string().refine((text) => instantOf(text) !== null, { error: 'is no instant: write 2026-11-20T08:00:00Z' }),
  kubernetes: kubernetes.default({}),
  magnum: magnum.default({}),
  nova: nova.default({}),
  prometheus: prometheus.default({}),
  forecasts: z.record(z.string(), forecast).optional(),
  errors: z.array(sourceError).default([]),
  control: control.optional(),
});
const outcome = z.looseObject({
  kind: z.enum(['scale', 'resize', 'drain']),
  status: z.enum(['succeeded', 'failed', 'refused', 'dryRun']),
});
const recording = z.looseObject({
  schema: z.literal(recordingSchema, { error: `this springtide reads recordings of schema ${recordingSchema}` }),
  snapshot,
  memory: z.unknown().optional(),
  configHash: z.string().optional(),
  outcomes: z.array(outcome).optional(),
});

/** `where` is the file's name, or file:line for one line of a stream. */
export function parseRecording(text: string, where: string): ReadRecording {
  let given: unknown;
  try {
    given = JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalid(where, text, null, `is no JSON (${messageOf(cause)})`, cause);
  }
  const isRecording = typeof given === 'object' && given !== null && ('schema' in given || 'snapshot' in given);
  if (isRecording) {
    const read = recording.safeParse(given);
    if (!read.success) throw invalidAt(where, text, read.error);
    return { form: 'recording', recording: read.data as unknown as Recording };
  }
  const bare = snapshot.safeParse(given);
  if (!bare.success) throw invalidAt(where, text, bare.error);
  const facts = bare.data as unknown as Snapshot;
  return { form: 'bareSnapshot', recording: { schema: recordingSchema, snapshot: facts } };
}

export async function readRecording(file: string): Promise<ReadRecording> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SpringtideError({
      code: 'RecordingInvalid',
      what: `cannot be read (${messageOf(cause)})`,
      where: file,
      mend: 'name a file made by springtide plan --save',
      cause,
    });
  }
  return parseRecording(text, file);
}

/** Whole or not at all. Only its owner may read it: labels and queries say much about a company. */
export async function writeRecording(file: string, contents: Omit<Recording, 'schema'>): Promise<void> {
  const directory = path.dirname(file);
  await mkdir(directory, { recursive: true });
  const draft = path.join(directory, `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(draft, `${JSON.stringify({ schema: recordingSchema, ...contents })}\n`, { mode: 0o600 });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function invalidAt(where: string, text: string, error: z.ZodError): SpringtideError {
  const issue = error.issues[0];
  const steps = issue?.path ?? [];
  const field = steps.length === 0 ? 'it' : steps.map(String).join('.');
  return invalid(where, text, steps, `${field}: ${issue?.message ?? 'is not what was expected'}`);
}

function invalid(
  where: string,
  text: string,
  at: readonly PropertyKey[] | null,
  what: string,
  cause?: unknown,
): SpringtideError {
  return new SpringtideError({
    code: 'RecordingInvalid',
    what,
    where: `${where}${positionOf(text, at)}`,
    mend: 'make it with springtide plan --save, or see docs/schema/snapshot.json',
    cause,
  });
}

const longestToLocate = 4 * 1024 * 1024;

/** `:line:column` of a path, or of the first syntax error. JSON is YAML, whose parser knows where things stand. */
function positionOf(text: string, at: readonly PropertyKey[] | null): string {
  if (text.length > longestToLocate) return '';
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, logLevel: 'silent' });
  const offset = at === null ? document.errors[0]?.pos[0] : rangeOf(document, at);
  if (offset === undefined) return '';
  const { line, col } = lineCounter.linePos(offset);
  return `:${line}:${col}`;
}

/** The nearest part of the path that is there: a missing field stands nowhere. */
function rangeOf(document: ReturnType<typeof parseDocument>, at: readonly PropertyKey[]): number | undefined {
  for (let length = at.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(at.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return (node.range as number[])[0];
  }
  return undefined;
}
