// Files in a format of others, read as their own programs read them: an empty value is none, a number where a text belongs is as it is written.
import { isMap, isScalar, isSeq, type Document, type Scalar } from 'yaml';
import { wantedAt, type DocumentKind, type Wanted } from './documents.ts';
import { mergedPairs, withoutAlias } from './merged-pairs.ts';
import type { ProblemPath } from './problem.ts';
import { valueAt } from './shape.ts';
import type { Source } from './source.ts';

/** Keys that springtide adds to these formats: they, and what is in them, are read as strictly as its own documents. */
const ownKeys: Readonly<Partial<Record<DocumentKind, ReadonlySet<string>>>> = {
  Alerts: new Set([
    ...['people', 'oncall', 'sms_gateways', 'budgets', 'unsupportedReceivers', 'forwardTo', 'links', 'heartbeat'],
    ...['watchdogs', 'flapping', 'limits', 'timeZone', 'equalPresent'],
    ...['sms_configs', 'escalation', 'digest', 'quietHours', 'fallback'],
  ]),
  Rules: new Set(['anomaly', 'forecast']),
};

const ofMail = ['from', 'smarthost', 'hello', 'auth_username', 'auth_password', 'auth_secret', 'auth_identity'];
/** Empty, as a chart writes what is not set, they are those of the route above, or of `global`. */
const inherited: ReadonlySet<string> = new Set(['receiver', ...ofMail, ...ofMail.map((name) => `smtp_${name}`)]);

const isOwn = (kind: DocumentKind, path: ProblemPath): boolean =>
  path.some((part) => typeof part === 'string' && ownKeys[kind]?.has(part) === true && !isLabel(kind, path, part));

/** A label or a header may be called like a key. */
const isLabel = (kind: DocumentKind, path: ProblemPath, part: string): boolean =>
  wantedAt(kind, path.slice(0, path.indexOf(part))).anyKey;

/** An expression of nothing would accept what has no such label: its own program refuses it. */
const isExpressions = (path: ProblemPath): boolean => /(?:^|_)match_re$/.test(String(path.at(-1)));

/** The source with what its own program would have read. */
export function asWritten(source: Source, kind: 'Alerts' | 'Rules'): Source {
  const { document, raw } = source;
  if (document === null || raw === undefined) return source;
  return { ...source, raw: new Reader(kind, document).read(document.contents, raw, []) };
}

class Reader {
  readonly #kind: DocumentKind;
  readonly #document: Document;

  constructor(kind: DocumentKind, document: Document) {
    this.#kind = kind;
    this.#document = document;
  }

  read(found: unknown, raw: unknown, path: ProblemPath): unknown {
    if (isOwn(this.#kind, path)) return raw;
    const node = withoutAlias(this.#document, found);
    if (isMap(node)) {
      const pairs = [...mergedPairs(this.#document, node)];
      return Object.fromEntries(
        pairs.flatMap(([name, { value }]) => {
          const inner = this.read(value, valueAt(raw, [name]), [...path, name]);
          if (inner === '' && this.#isInherited(path, name)) return [];
          if (inner !== null || isOwn(this.#kind, [...path, name])) return [[name, inner]];
          return this.#withoutValue(path, name);
        }),
      );
    }
    if (isSeq(node)) return node.items.map((item, index) => this.read(item, valueAt(raw, [index]), [...path, index]));
    return isScalar(node) ? scalar(node, raw, wantedAt(this.#kind, path)) : raw;
  }

  #isInherited(path: ProblemPath, name: string): boolean {
    return this.#kind === 'Alerts' && inherited.has(name) && !wantedAt(this.#kind, path).anyKey;
  }

  /** A key that nobody knows stays, to be refused; a label without a value is an empty one. */
  #withoutValue(path: ProblemPath, name: string): [string, unknown][] {
    const here = wantedAt(this.#kind, path);
    const isEmptyText = wantedAt(this.#kind, [...path, name]).text && !isExpressions(path);
    if (here.anyKey) return [[name, isEmptyText ? '' : null]];
    return here.keys.includes(name) ? [] : [[name, null]];
  }
}

/** Of YAML 1.1, as Go reads them. */
const truths: Readonly<Record<string, boolean>> = Object.fromEntries(
  ['y', 'yes', 'on', 'n', 'no', 'off'].flatMap((word, index) =>
    [word, `${word[0]?.toUpperCase()}${word.slice(1)}`, word.toUpperCase()].map((form) => [form, index < 3]),
  ),
);

function scalar({ source, type }: Scalar, raw: unknown, wanted: Wanted): unknown {
  const isNumber = typeof raw === 'number' || typeof raw === 'boolean';
  if (wanted.text) return isNumber && source !== undefined ? source : raw;
  const isTruth = wanted.truth && type === 'PLAIN' && typeof raw === 'string' && Object.hasOwn(truths, raw);
  return isTruth ? truths[raw] : raw;
}
