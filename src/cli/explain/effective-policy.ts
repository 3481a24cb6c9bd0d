// A policy as it is in force for one target: every value, defaults included, with the place that it comes from.
import type { Entry } from '../../config/conflicts.ts';
import type { ProblemPath } from '../../config/problem.ts';
import type { PodPolicyDocument, ScalingRules } from '../../model/config.ts';
import { problemAt, type Source } from '../../config/source.ts';
import type { TargetRef } from '../../model/target.ts';
import { globMatches } from '../../targets/glob.ts';
import { spanText } from './times.ts';

export type ValueOrigin =
  | { readonly kind: 'file'; readonly file: string; readonly line: number }
  | { readonly kind: 'default' }
  | { readonly kind: 'override'; readonly number: number; readonly file: string; readonly line: number }
  | { readonly kind: 'calendar'; readonly name: string; readonly file: string; readonly line: number };

export type Effective =
  | { readonly kind: 'value'; readonly value: unknown; readonly origin: ValueOrigin }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Effective> }
  | { readonly kind: 'list'; readonly items: readonly Effective[] };

type Fields = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function placeOf(source: Source, path: ProblemPath): { readonly file: string; readonly line: number } {
  const { file, line } = problemAt(source, { code: 'MissingKey', path, message: '' });
  return { file, line };
}

const durations: ReadonlySet<string> = new Set([
  'maxAge',
  'after',
  'per',
  'initialCooldown',
  'readyBefore',
  'cpuInitializationPeriod',
  'initialReadinessDelay',
]);
/** Two spellings of one: where the other is written, this one is no default. */
const otherSpelling: Readonly<Record<string, string>> = {
  stabilizationWindow: 'stabilizationWindowSeconds',
  period: 'periodSeconds',
};

const written = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(written);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      durations.has(key) && typeof inner === 'number' ? spanText(inner) : written(inner),
    ]),
  );
};

const writtenRules = ({ window, select, policies, ...rest }: ScalingRules): Fields => ({
  stabilizationWindow: spanText(window),
  selectPolicy: select,
  policies: policies.map(({ type, value, period }) => ({ type, value, period: spanText(period) })),
  ...rest,
});

/** What was read, spelled as it would be written. */
function asWritten(spec: PodPolicyDocument['spec']): Fields {
  const { behavior, metrics, mode, ...rest } = spec;
  return {
    ...(written(rest) as Fields),
    metrics: metrics.map(({ target, ...metric }) => ({
      ...(written(metric) as Fields),
      ...(target === undefined ? {} : { target: { [target.kind]: target.amount } }),
    })),
    behavior: { scaleUp: writtenRules(behavior.scaleUp), scaleDown: writtenRules(behavior.scaleDown) },
    mode: mode.up === mode.down ? mode.up : mode,
  };
}

const hidden: ReadonlySet<string> = new Set(['overrides', 'targets']);

/** What the file says wins; what only the reader knows is a default. */
function merged(raw: unknown, known: unknown, path: ProblemPath, source: Source): Effective {
  if (raw === undefined) return constant(known, { kind: 'default' });
  if (Array.isArray(raw)) {
    const others: readonly unknown[] = Array.isArray(known) ? known : [];
    return {
      kind: 'list',
      items: raw.map((item: unknown, index) => merged(item, others[index], [...path, index], source)),
    };
  }
  if (!isMap(raw)) return { kind: 'value', value: raw, origin: { kind: 'file', ...placeOf(source, path) } };
  const others = isMap(known) ? known : {};
  const missing = Object.keys(others).filter(
    (key) => raw[key] === undefined && others[key] !== undefined && raw[otherSpelling[key] ?? ''] === undefined,
  );
  return {
    kind: 'map',
    entries: new Map(
      [...Object.keys(raw), ...missing]
        .filter((key) => path.length !== 1 || !hidden.has(key))
        .map((key) => [key, merged(raw[key], others[key], [...path, key], source)]),
    ),
  };
}

function constant(value: unknown, origin: ValueOrigin): Effective {
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item: unknown) => constant(item, origin)) };
  if (!isMap(value)) return { kind: 'value', value, origin };
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return { kind: 'map', entries: new Map(entries.map(([key, inner]) => [key, constant(inner, origin)])) };
}

const mapOf = (value: Effective | undefined): ReadonlyMap<string, Effective> =>
  value?.kind === 'map' ? value.entries : new Map();
const withKey = (value: Effective | undefined, key: string, inner: Effective): Effective => ({
  kind: 'map',
  entries: new Map([...mapOf(value), [key, inner]]),
});
const plain = (value: Effective | undefined): unknown => (value?.kind === 'value' ? value.value : undefined);

interface Policy {
  readonly document: PodPolicyDocument;
  readonly source: Source;
}

/** The overrides that mean the target, one after the other, as decisions take them. */
function overridden(spec: Effective, { document, source }: Policy, target: TargetRef): Effective {
  return document.spec.overrides.reduce((sofar, { match, replicas, metrics }, index) => {
    const applies =
      (match.namespace === undefined || globMatches(match.namespace, target.namespace)) &&
      (match.name === undefined || globMatches(match.name, target.name));
    if (!applies) return sofar;
    const path = ['spec', 'overrides', index];
    const from = (...more: readonly string[]): ValueOrigin => ({
      kind: 'override',
      number: index + 1,
      ...placeOf(source, [...path, ...more]),
    });
    let result = sofar;
    for (const [key, value] of Object.entries(replicas ?? {})) {
      const leaf = constant(value, from('replicas', key));
      result = withKey(result, 'replicas', withKey(mapOf(result).get('replicas'), key, leaf));
    }
    const list = mapOf(result).get('metrics');
    if (list?.kind !== 'list') return result;
    const items = list.items.map((item) => {
      const name = String(plain(mapOf(item).get('name')));
      const wanted = metrics !== undefined && Object.hasOwn(metrics, name) ? metrics[name]?.target : undefined;
      if (wanted === undefined) return item;
      return withKey(item, 'target', constant({ [wanted.kind]: wanted.amount }, from('metrics', name, 'target')));
    });
    return withKey(result, 'metrics', { kind: 'list', items });
  }, spec);
}

/** What a schedule entry uses of a Calendar, written out. */
function withCalendars(spec: Effective, inForce: readonly Entry[]): Effective {
  const schedule = mapOf(spec).get('schedule');
  if (schedule?.kind !== 'list') return spec;
  const items = schedule.items.map((item) => {
    const use = plain(mapOf(item).get('use'));
    if (typeof use !== 'string') return item;
    const [calendar, window = calendar] = use.includes('/') ? use.split('/') : [undefined, use];
    for (const { accepted, source } of inForce) {
      if (accepted?.kind !== 'Calendar') continue;
      const { name } = accepted.value.metadata;
      const raw = source.raw as { readonly spec?: { readonly windows?: Readonly<Record<string, Fields>> } };
      const found = raw.spec?.windows?.[window ?? ''];
      if (found === undefined || (calendar !== undefined && calendar !== name)) continue;
      const from = (path: ProblemPath): ValueOrigin => ({ kind: 'calendar', name, ...placeOf(source, path) });
      const zoned = found['start'] === undefined ? {} : { timeZone: accepted.value.spec.timeZone };
      const added = [
        ...Object.entries(found).map(([key, value]): [string, Effective] => [
          key,
          constant(value, from(['spec', 'windows', window ?? '', key])),
        ]),
        ...Object.entries(zoned).map(([key, value]): [string, Effective] => [
          key,
          constant(value, from(['spec', 'timeZone'])),
        ]),
      ];
      return { kind: 'map' as const, entries: new Map([...mapOf(item), ...added]) };
    }
    return item;
  });
  return withKey(spec, 'schedule', { kind: 'list', items });
}

/** null: no such policy is in force. */
export function effectivePolicy(
  inForce: readonly Entry[],
  ref: { readonly namespace?: string; readonly name: string },
  target: TargetRef,
): Effective | null {
  for (const { accepted, source } of inForce) {
    if (accepted?.kind !== 'PodPolicy') continue;
    const document = accepted.value;
    if (document.metadata.name !== ref.name || document.metadata.namespace !== ref.namespace) continue;
    const raw = source.raw as { readonly spec?: unknown };
    const spec = merged(raw.spec, asWritten(document.spec), ['spec'], source);
    const aim: Effective =
      document.spec.target === undefined
        ? constant(
            { kind: target.kind, namespace: target.namespace, name: target.name },
            { kind: 'file', ...placeOf(source, ['spec', 'targets']) },
          )
        : (mapOf(spec).get('target') ?? constant(target, { kind: 'default' }));
    const entries = new Map<string, Effective>([['target', aim], ...mapOf(spec)]);
    entries.set('target', aim);
    return withCalendars(overridden({ kind: 'map', entries }, { document, source }, target), inForce);
  }
  return null;
}
