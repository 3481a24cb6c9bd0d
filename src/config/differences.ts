// What differs between two versions of a configuration, document by document, as it is written.
import { canonical } from './compile.ts';
import type { Entry } from './conflicts.ts';
import { compareText } from './problem.ts';

export interface Difference {
  /** spec.metrics[requests].target.averageValue */
  readonly path: string;
  /** JSON; null: it is not there */
  readonly from: string | null;
  readonly to: string | null;
}

export interface DocumentChange {
  /** "PodPolicy shop/web", "Daemon", "Rules rules/own.yaml" */
  readonly document: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly differences: readonly Difference[];
}

const nameOf = ({ key, source }: Entry): string => {
  const { kind, namespace, name } = source.name ?? {};
  if (key === 'Alerts' || key === 'Daemon') return key;
  if (key?.startsWith('Rules/') === true) return `Rules ${source.file}`;
  return `${kind ?? ''} ${[namespace, name].filter((part) => part !== undefined).join('/')}`;
};

export function documentChanges(before: readonly Entry[], after: readonly Entry[]): readonly DocumentChange[] {
  const old = new Map(before.map((entry) => [nameOf(entry), entry.source.raw]));
  const next = new Map(after.map((entry) => [nameOf(entry), entry.source.raw]));
  return [...new Set([...old.keys(), ...next.keys()])].toSorted(compareText).flatMap((document): DocumentChange[] => {
    if (!old.has(document)) return [{ document, change: 'added', differences: [] }];
    if (!next.has(document)) return [{ document, change: 'removed', differences: [] }];
    const differences = [...differencesOf(old.get(document), next.get(document), '')];
    // alerts may hold secrets of gateways: where they differ is said, not what they are
    const shown = document === 'Alerts' ? differences.map(({ path }) => ({ path, from: '…', to: '…' })) : differences;
    return differences.length === 0 ? [] : [{ document, change: 'changed', differences: shown }];
  });
}

type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function* differencesOf(from: unknown, to: unknown, path: string): Generator<Difference> {
  if (canonical(from) === canonical(to)) return;
  const [one, other] = [namedParts(from), namedParts(to)];
  if (one !== null && other !== null) {
    const isList = Array.isArray(from);
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const place = isList ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
      yield* differencesOf(own(one, key), own(other, key), place);
    }
  } else yield { path, from: shown(from), to: shown(to) };
}

const own = (mapping: Mapping, key: string): unknown => (Object.hasOwn(mapping, key) ? mapping[key] : undefined);

/** A mapping by its keys, a list of named entries by their names; null: it is compared as a whole. */
function namedParts(value: unknown): Mapping | null {
  if (isMapping(value)) return value;
  if (!Array.isArray(value)) return null;
  const named = value.flatMap((item: unknown) =>
    isMapping(item) && typeof item['name'] === 'string' ? [[item['name'], item] as const] : [],
  );
  return named.length === value.length && new Set(named.map(([name]) => name)).size === named.length
    ? Object.fromEntries(named)
    : null;
}

const shown = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
