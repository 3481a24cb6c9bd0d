// What the schema has against a document, in words that a person can mend it by.
import type { z } from 'zod';
import { expectedAt, knownKeys, nearestKey, type DocumentKind } from './documents.ts';
import type { ProblemPath } from './problem.ts';
import type { Finding } from './source.ts';
import { isActedOn } from './unsupported.ts';

type Issue = z.core.$ZodIssue;

/** `raw` is the document as it is written. */
export function shapeFindings(kind: DocumentKind, raw: unknown, issues: readonly Issue[]): Finding[] {
  return issues.flatMap((issue) => findingsOf(kind, raw, issue, []));
}

function findingsOf(kind: DocumentKind, raw: unknown, issue: Issue, base: ProblemPath): Finding[] {
  const path: ProblemPath = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const value = valueAt(raw, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(kind, path, key));
    case 'invalid_union': {
      const branch = likeliest(issue.errors, value);
      return branch === null
        ? [value === undefined ? missingKey(kind, path) : wrongType(kind, path, value)]
        : branch.flatMap((inner) => findingsOf(kind, raw, inner, path));
    }
    case 'invalid_type':
      return [value === undefined ? missingKey(kind, path) : wrongType(kind, path, value)];
    case 'invalid_value':
      return [
        value === undefined
          ? missingKey(kind, path)
          : wrongChoice(
              path,
              value,
              issue.values.map(String).filter((one) => isActedOn(kind, path, one)),
            ),
      ];
    case 'too_small':
      return [
        {
          code: 'WrongValue',
          path,
          message: sizeMessage(path, value, issue.origin, 'least', Number(issue.minimum), issue.inclusive),
        },
      ];
    case 'too_big':
      return [
        {
          code: 'WrongValue',
          path,
          message: sizeMessage(path, value, issue.origin, 'most', Number(issue.maximum), issue.inclusive),
          ...shareAdvice(value, Number(issue.maximum)),
        },
      ];
    case 'invalid_format':
      return [{ code: 'WrongValue', path, message: `"${last(path)}" is ${shown(value)}: ${issue.message}` }];
    default:
      return [{ code: 'WrongValue', path, message: issue.message }];
  }
}

export function valueAt(raw: unknown, path: ProblemPath): unknown {
  let value = raw;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** Of the alternatives the one whose type fits what is written; null where none does. */
function likeliest(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | null {
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0),
  );
  const isMapping = typeof value === 'object' && value !== null;
  // an enum's complaint about a mapping is not the one to show
  const typed = fitting.filter(
    (issues) => isMapping !== issues.some((issue) => issue.code === 'invalid_value' && issue.path.length === 0),
  );
  return typed.toSorted((one, other) => one.length - other.length)[0] ?? null;
}

const last = (path: ProblemPath): string => String(path.at(-1) ?? 'the document');

function unknownKey(kind: DocumentKind, path: ProblemPath, key: string): Finding {
  const known = knownKeys(kind, path).filter((one) => isActedOn(kind, [...path, one]));
  const near = nearestKey(key, known);
  return {
    code: 'UnknownKey',
    path: [...path, key],
    at: 'key',
    ...(near === null ? {} : { meant: near }),
    message: near === null ? `unknown key "${key}"` : `unknown key "${key}", did you mean "${near}"?`,
    mend: known.length === 0 ? 'take it out' : `known here: ${known.join(', ')}`,
  };
}

const missingKey = (kind: DocumentKind, path: ProblemPath): Finding => ({
  code: 'MissingKey',
  path,
  message: `"${last(path)}" is missing`,
  mend: `add ${last(path)}: ${expectedAt(kind, path)}`,
});

function wrongType(kind: DocumentKind, path: ProblemPath, value: unknown): Finding {
  const expected = expectedAt(kind, path);
  const mend = typeAdvice(expected, value);
  return {
    code: 'WrongType',
    path,
    message: `"${last(path)}" is ${shown(value)}, expected ${expected}`,
    ...(mend === undefined ? {} : { mend }),
  };
}

function typeAdvice(expected: string, value: unknown): string | undefined {
  if (value === null) return 'give a value, or take the key out';
  if (expected === 'a list') return Array.isArray(value) ? undefined : 'begin each entry with "- "';
  if (typeof value === 'number' && expected.startsWith('a duration')) return `write ${value}s`;
  if (typeof value === 'number' && expected === 'a text') return `write "${value}", in quotes`;
  const quoted = typeof value === 'string' && /^a (?:whole )?number/.test(expected) && /^\d+$/.test(value);
  return quoted ? `write ${value} without quotes` : undefined;
}

function wrongChoice(path: ProblemPath, value: unknown, values: readonly string[]): Finding {
  const near = typeof value === 'string' ? nearestKey(value, values) : null;
  const hint = near === null ? '' : `, did you mean "${near}"?`;
  return {
    code: 'WrongValue',
    path,
    message: `"${last(path)}" is ${shown(value)}${hint}`,
    mend: values.length === 1 ? `write ${values.join()}` : `write one of ${values.join(', ')}`,
  };
}

const shareAdvice = (value: unknown, maximum: number): { mend?: string } =>
  maximum === 1 && typeof value === 'number' && value <= 100
    ? { mend: `a share, no percent: write ${value / 100}` }
    : {};

function sizeMessage(
  path: ProblemPath,
  value: unknown,
  origin: string,
  bound: 'least' | 'most',
  limit: number,
  inclusive: boolean | undefined,
): string {
  const exclusive = inclusive === false;
  switch (origin) {
    case 'array':
      return `"${last(path)}" needs at ${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
    case 'string':
      return limit === 1 && bound === 'least'
        ? `"${last(path)}" is empty`
        : `"${last(path)}" has at ${bound} ${limit} characters`;
    default: {
      const than = exclusive ? (bound === 'least' ? `above ${limit}` : `below ${limit}`) : `at ${bound} ${limit}`;
      return `"${last(path)}" is ${shown(value)}, it must be ${than}`;
    }
  }
}

export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the text "${value.length > 60 ? `${value.slice(0, 57)}…` : value}"`;
    case 'number':
    case 'bigint':
      return `the number ${value.toString()}`;
    case 'boolean':
      return `the value ${value}`;
    default:
      return Array.isArray(value) ? 'a list' : value === null || value === undefined ? 'empty' : 'a mapping';
  }
}
