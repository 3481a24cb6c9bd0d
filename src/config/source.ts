// A YAML text as documents whose every key and value still knows its place in the file.
import {
  isMap,
  isScalar,
  isSeq,
  Lexer,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml';
import type { ConfigFile, ConfigMapKey } from './files.ts';
import type { DocumentName, Problem, ProblemCode, ProblemPath } from './problem.ts';
import { Lines } from './lines.ts';
import { mergedPairs, mergeMistakes, nameOfKey, withoutAlias } from './merged-pairs.ts';
import { positionInScalar } from './scalar-position.ts';
import { unseenLine, unseenMessage } from './unseen.ts';

/** One document of a file. `raw` is plain data, or undefined where the text is no YAML. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly lines: Lines;
  readonly document: Document | null;
  readonly raw: unknown;
  readonly name: DocumentName | null;
  readonly configMap?: ConfigMapKey;
}

export interface Finding {
  readonly code: ProblemCode;
  readonly path: ProblemPath;
  readonly message: string;
  readonly mend?: string;
  readonly severity?: 'error' | 'warning';
  /** the key rather than its value is wrong */
  readonly at?: 'key' | 'value';
  /** the key that was probably meant */
  readonly meant?: string;
  /** counts characters within the value */
  readonly offset?: number;
}

export interface Reading {
  readonly sources: readonly Source[];
  readonly problems: readonly Problem[];
}

const maximumErrors = 20;
const maximumAliases = 100;
const maximumDepth = 64;
const maximumIndent = 256;

/** The library takes minutes, or all memory, for some texts that no person writes: these are turned away unread. */
function tooDeep(text: string): { offset: number } | null {
  const run = /^[ \t]*(?:[-?:][ \t]+){17}/m.exec(text) ?? new RegExp(`^ {${maximumIndent}}`, 'm').exec(text);
  if (run !== null) return { offset: run.index };
  if ((text.match(/[[{]/g)?.length ?? 0) <= maximumDepth) return null;
  let depth = 0;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++;
    if (token === ']' || token === '}') depth--;
    if (depth > maximumDepth) return { offset };
    // the lexer's own marks are no part of the text
    if (!/^[\u0002\u0018\u001f]/.test(token)) offset += token.length;
  }
  return null;
}

/** `merges`: `<<` takes a mapping over, as in files in a format of others; elsewhere it is a key like any other. */
export function readSources(file: ConfigFile, { merges }: { readonly merges: boolean }): Reading {
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file.bytes);
  } catch {
    const finding: Finding = {
      code: 'NotUtf8',
      path: [],
      message: 'the file is not UTF-8 text',
      mend: 'save it as UTF-8: iconv -f GBK -t UTF-8',
    };
    return refused(unread(file, ''), finding, 0);
  }
  const blank = unread(file, text);
  const deep = tooDeep(text);
  if (deep !== null) {
    const message = `the YAML is nested deeper than ${maximumDepth} levels or indented by ${maximumIndent} columns`;
    return refused(blank, { code: 'TooDeep', path: [], message, mend: 'write it flatter' }, deep.offset);
  }
  // the library's own search for duplicate keys is quadratic
  const documents = parseAllDocuments(text, {
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
    merge: merges,
  });
  const readings = Array.isArray(documents) ? documents.map((document) => readDocument(blank, document)) : [];
  return {
    sources: readings.flatMap(({ sources }) => sources),
    problems: readings.flatMap(({ problems }) => problems),
  };
}

const unread = (file: ConfigFile, text: string): Source => ({
  file: file.path,
  text,
  lines: new Lines(text),
  document: null,
  raw: undefined,
  name: null,
  ...(file.configMap && { configMap: file.configMap }),
});

const refused = (source: Source, finding: Finding, offset: number): Reading => ({
  sources: [source],
  problems: [problemAtOffset(source, finding, offset)],
});

function readDocument(blank: Source, document: Document): Reading {
  // a lone `---` or a comment between two is no document
  if (document.errors.length === 0 && isEmpty(document)) return { sources: [], problems: [] };
  const source: Source = { ...blank, document };
  if (document.errors.length > 0)
    return {
      sources: [{ ...source, name: nameOf(document) }],
      problems: syntaxErrors(document.errors).map((error) => syntaxProblem(source, error)),
    };
  const duplicates = duplicateKeys(source);
  const merging = mergeProblems(source);
  if (merging.some(({ severity }) => severity === 'error'))
    return { sources: [{ ...source, name: nameOf(document) }], problems: [...duplicates, ...merging] };
  const circle = circleIn(source);
  if (circle !== null) return { sources: [source], problems: [...duplicates, circle] };
  try {
    const raw: unknown = document.toJS({ maxAliasCount: maximumAliases });
    return {
      sources: [{ ...source, raw: duplicates.length > 0 ? undefined : raw, name: nameOf(document) }],
      problems: [...duplicates, ...merging],
    };
  } catch {
    const finding: Finding = {
      code: 'TooManyAliases',
      path: [],
      message: 'the aliases of the document expand to far more than is written',
      mend: 'write the values out',
    };
    return { sources: [source], problems: [...duplicates, problemAt(source, finding)] };
  }
}

const isEmpty = ({ contents }: Document): boolean =>
  contents === null || (isScalar(contents) && contents.value === null && contents.source === '');

const syntaxHints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'keys of one mapping start in the same column',
  MISSING_CHAR: 'close the quote or the bracket',
  BLOCK_AS_IMPLICIT_KEY: 'a value that contains ": " is written in quotes',
  MULTILINE_IMPLICIT_KEY: 'look for a missing ":" or a missing closing quote',
  BAD_ALIAS: 'a value that begins with * or & is written in quotes',
  BAD_SCALAR_START: 'a value that begins with @ or ` is written in quotes',
  UNEXPECTED_TOKEN: 'a value that begins with {, [, %, ! or > is written in quotes',
};

/** A tab alone: what the reader stumbles over after it is no mistake of its own. */
function syntaxErrors(errors: readonly YAMLError[]): readonly YAMLError[] {
  const tabs = errors.filter(({ code }) => code === 'TAB_AS_INDENT');
  return (tabs.length > 0 ? tabs : errors).slice(0, maximumErrors);
}

const syntaxWords: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'the line is indented with a tab',
  BAD_INDENT: 'the indentation does not fit the lines around it',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping begins in the middle of a value',
};

function syntaxProblem(source: Source, error: YAMLError): Problem {
  const mend = syntaxHints[error.code];
  const message = syntaxWords[error.code] ?? error.message.replace(/\s+/g, ' ').replace('"quote', 'quote');
  return problemAtOffset(
    source,
    { code: 'YamlSyntax', path: [], message, ...(mend === undefined ? {} : { mend }) },
    error.pos[0],
  );
}

function duplicateKeys(source: Source): Problem[] {
  const problems: Problem[] = [];
  if (source.document === null) return problems;
  visit(source.document, {
    Map(_, map) {
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const text = nameOfKey(key);
        const offset = key.range?.[0] ?? 0;
        const first = seen.get(text);
        if (first === undefined) seen.set(text, offset);
        else {
          const message = `the key "${text}" is here twice, first in line ${source.lines.placeOf(first).line}`;
          problems.push(
            problemAtOffset(source, { code: 'DuplicateKey', path: [], message, mend: 'keep one of them' }, offset),
          );
        }
      }
    },
  });
  return problems;
}

/** What contains itself has no end for whoever reads it: the first alias within its own anchor. */
function circleIn(source: Source): Problem | null {
  const { document } = source;
  let circle: Problem | null = null;
  if (document === null) return circle;
  visit(document, {
    Alias(_, alias, within) {
      if (!within.some((node) => node === withoutAlias(document, alias))) return undefined;
      const message = `what the anchor "${alias.source}" names contains itself`;
      const finding: Finding = { code: 'TooManyAliases', path: [], message, mend: 'write the values out' };
      circle = problemAtOffset(source, finding, alias.range?.[0] ?? 0);
      return visit.BREAK;
    },
  });
  return circle;
}

function mergeProblems(source: Source): Problem[] {
  const { document } = source;
  const problems: Problem[] = [];
  if (document === null) return problems;
  visit(document, {
    Map(_, map) {
      for (const { offset, ...mistake } of mergeMistakes(document, map))
        problems.push(problemAtOffset(source, { code: 'WrongMerge', path: [], ...mistake }, offset));
    },
  });
  return problems;
}

/** Kind, namespace and name, also of a document that is broken elsewhere: its last good version is looked up by them. */
function nameOf(document: Document): DocumentName | null {
  const text = (path: readonly string[]): string | undefined => {
    const value: unknown = isMap(document.contents) ? document.getIn(path) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const kind = text(['kind']);
  if (kind === undefined) return null;
  const namespace = text(['metadata', 'namespace']);
  const name = text(['metadata', 'name']);
  return { kind, ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) };
}

/** The problem at the key or value that the path names, or at the nearest thing that is really there. */
export function problemAt(source: Source, finding: Finding): Problem {
  return problemAtOffset(source, finding, offsetOf(source, finding));
}

const valueIn = (raw: unknown, path: ProblemPath): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Readonly<Record<string | number, unknown>>)[part]
        : undefined,
    raw,
  );

function problemAtOffset(source: Source, finding: Finding, offset: number): Problem {
  const { line, column, text } = source.lines.placeOf(offset);
  const { code, path, message, mend, severity } = finding;
  return {
    file: source.file,
    line,
    column,
    code,
    severity: severity ?? 'error',
    ...(source.name === null ? {} : { document: source.name }),
    path,
    message: unseenMessage(message, path, valueIn(source.raw, path)),
    ...(mend === undefined ? {} : { mend }),
    source: unseenLine(text),
  };
}

function offsetOf({ document, text }: Source, { path, at, offset }: Finding): number {
  let node: unknown = document?.contents ?? null;
  let key: Node | null = null;
  for (const part of path) {
    if (document !== null) node = withoutAlias(document, node);
    if (document !== null && isMap(node)) {
      const pair = mergedPairs(document, node).get(String(part));
      // missing: the mapping that should have it, by its own key
      if (pair === undefined) return startOf(key ?? node);
      key = pair.key as Node;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number' && node.items[part] !== undefined) {
      node = node.items[part];
      key = node as Node;
    } else return startOf(key ?? node);
  }
  if (offset !== undefined && isScalar(node)) return positionInScalar(text, node, offset);
  return startOf(at === 'key' || node === null || isMap(node) ? (key ?? node) : node);
}

const startOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;
