// The keys that a YAML mapping comes to with its merge keys (`<<: *base`), each still with its place in the file.
import { isAlias, isMap, isScalar, isSeq, visit, type Document, type Node, type Pair, type YAMLMap } from 'yaml';

export const nameOfKey = (key: unknown): string => {
  if (!isScalar(key)) return String(key);
  return isMergeKey(key) ? '<<' : String(key.value);
};

/** The library writes a symbol where it is going to merge, and only there. */
const isMergeKey = (key: unknown): boolean => isScalar(key) && typeof key.value === 'symbol';

/** Once for each document: to look for one anchor, the library goes through all of it. */
const known = new WeakMap<Document, ReadonlyMap<unknown, Node>>();

function anchorsOf(document: Document): ReadonlyMap<unknown, Node> {
  const before = known.get(document);
  if (before !== undefined) return before;
  const last = new Map<string, Node>();
  const meant = new Map<unknown, Node>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const found = last.get(node.source);
        if (found !== undefined) meant.set(node, found);
      } else if (node.anchor !== undefined) last.set(node.anchor, node);
    },
  });
  known.set(document, meant);
  return meant;
}

export const withoutAlias = (document: Document, node: unknown): unknown =>
  isAlias(node) ? anchorsOf(document).get(node) : node;

/** Each mapping once: what takes over what takes over would be looked at without end otherwise. */
const merged = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** As the library merges: a mapping's own keys are before those it takes over, and of these the first. */
export function mergedPairs(document: Document, map: YAMLMap): ReadonlyMap<string, Pair> {
  const before = merged.get(map);
  if (before !== undefined) return before;
  const pairs = new Map<string, Pair>();
  merged.set(map, pairs);
  for (const pair of map.items) {
    const name = nameOfKey(pair.key);
    if (!isMergeKey(pair.key) && !pairs.has(name)) pairs.set(name, pair);
  }
  for (const { key, value } of map.items)
    if (isMergeKey(key))
      for (const source of sourcesOf(document, value))
        if (isMap(source))
          for (const [name, pair] of mergedPairs(document, source)) if (!pairs.has(name)) pairs.set(name, pair);
  return pairs;
}

function sourcesOf(document: Document, value: unknown): readonly unknown[] {
  const source = withoutAlias(document, value);
  return isSeq(source) ? source.items.map((item) => withoutAlias(document, item)) : [source];
}

export interface MergeMistake {
  readonly message: string;
  readonly mend: string;
  readonly severity: 'error' | 'warning';
  readonly offset: number;
}

/** What cannot be merged, and what Alertmanager would merge otherwise. */
export function mergeMistakes(document: Document, map: YAMLMap): MergeMistake[] {
  const before = new Map<string, Node>();
  return map.items.flatMap(({ key, value }): MergeMistake[] => {
    if (!isMergeKey(key)) {
      before.set(nameOfKey(key), key as Node);
      return [];
    }
    const sources = sourcesOf(document, value);
    if (!sources.every((source) => isMap(source) && source !== map))
      return [
        {
          message: 'what "<<" takes over is no mapping',
          mend: 'name an anchor of a mapping, <<: *base, or a list of such',
          severity: 'error',
          offset: (key as Node).range?.[0] ?? 0,
        },
      ];
    const taken = sources.flatMap((source) => (isMap(source) ? [...mergedPairs(document, source).keys()] : []));
    return [...new Set(taken)].flatMap((name) => {
      const own = before.get(name);
      if (own === undefined) return [];
      return [
        {
          message: `"${name}" is taken from here; an Alertmanager takes the one of "<<", which stands below it`,
          mend: 'write "<<" before the keys that are to differ from it',
          severity: 'warning',
          offset: own.range?.[0] ?? 0,
        } as const,
      ];
    });
  });
}
