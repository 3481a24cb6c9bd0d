// Events as the two groups tell them: kept in the words of core/v1, read and written in those of events.k8s.io/v1 too.
import { without } from '../json.ts';
import type { FieldError } from '../status.ts';
import type { EventObject, JsonObject, KubeObject, ObjectInput } from '../objects.ts';
import type { KubernetesVersion } from '../resources.ts';

/** core/v1's word and events.k8s.io/v1's for the same field; all others have one name. */
const names = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
] as const;
const old = names.map(([core]) => core);
const young = names.map(([, fresh]) => fresh);

type Loose = Record<string, unknown>;
const renamed = (object: Loose, pairs: readonly (readonly [string, string])[]): Loose =>
  Object.fromEntries(pairs.flatMap(([from, to]) => (object[from] === undefined ? [] : [[to, object[from]]])));

/** The fields of a stored Event as events.k8s.io/v1 has them. */
export const youngEvent = (object: KubeObject): KubeObject => ({
  ...(without(object as unknown as Loose, ...old) as unknown as KubeObject),
  ...renamed(object as unknown as Loose, names),
});

/** What a client of events.k8s.io/v1 sent, in the words that are stored. */
export function oldEvent(input: ObjectInput): JsonObject {
  const pairs = names.map(([core, fresh]) => [fresh, core] as const);
  return { ...without(input as Loose, ...young, ...old), ...renamed(input, pairs) } as JsonObject;
}

/** A field of events.k8s.io/v1's selectors as it is stored: regarding.uid is involvedObject.uid. */
export function storedEventField(path: string): string {
  const [head = '', ...rest] = path.split('.');
  const core = names.find(([, fresh]) => fresh === head)?.[0];
  return core === undefined ? path : [core, ...rest].join('.');
}

/** As the real server does: one without a time of its own is of the old kind, which asks for little. */
export function* eventErrors(event: EventObject, group: string, version: KubernetesVersion): Generator<FieldError> {
  const home = event.metadata.namespace ?? '';
  const about = event.involvedObject?.namespace ?? '';
  const isYoung = event.eventTime !== undefined && event.eventTime !== null;
  const homes = version === '1.20' ? ['kube-system'] : ['default', 'kube-system'];
  const fits = isYoung ? about !== '' || homes.includes(home) : about === home || (about === '' && home === 'default');
  if (!fits) yield bad('involvedObject.namespace', about, 'does not match event.namespace');
  if (isYoung) {
    yield* wordErrors(group === '' ? 'reportingComponent' : 'reportingController', event.reportingComponent);
    yield* wordErrors('reportingInstance', event.reportingInstance);
    yield* wordErrors('action', event.action);
    yield* wordErrors('reason', event.reason);
    if (Buffer.byteLength(event.message ?? '') > longestNote)
      yield bad('message', '', `can have at most ${longestNote} characters`);
  }
  if (group === '') return;
  if (!isYoung) yield { reason: 'FieldValueRequired', field: 'eventTime', message: 'Required value' };
  if (event.type !== 'Normal' && event.type !== 'Warning')
    yield bad('type', '', `has invalid value: ${event.type ?? ''}`);
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count', 'source'] as const)
    if (isSet(event[field])) yield bad(field, '', 'needs to be unset');
}

const longestNote = 1024;
const longestWord = 128;

const bad = (field: string, value: string, why: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
});

function* wordErrors(field: string, value: string | undefined): Generator<FieldError> {
  if (value === undefined || value === '') yield { reason: 'FieldValueRequired', field, message: 'Required value' };
  else if (value.length > longestWord) yield bad(field, '', `can have at most ${longestWord} characters`);
}

const isSet = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== 0 &&
  !(typeof value === 'object' && Object.keys(value).length === 0);
