// Every place of the format that may hold a secret has a canary: a new one fails here until one is planted for it.
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { documentSchemas } from '../../src/config/documents.ts';
import { secretReference } from '../../src/config/schema/scalars.ts';
import { notSecret, plantedFor } from './planted.ts';

const secretName =
  /^(?:.*(?:password|secret|token|credentials|bearer|api_?key|url)|secrets|headers?|http_headers|proxy_connect_header|smsFile)$/i;

const isSecretName = (part: string): boolean => secretName.test(part) || secretName.test(part.replace(/_?file$/i, ''));

type Shape = Readonly<Record<string, z.ZodType>>;
interface Definition {
  readonly type: string;
  readonly shape?: Shape;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

const placeOf = (path: readonly string[]): string =>
  path
    .map((part) => part.replace(/_?file$/i, ''))
    .join('.')
    .replace(/^.*\.http_config\./, 'http_config.');

function* secretsIn(schema: z.ZodType, path: readonly string[]): Generator<string, undefined> {
  const def = schema.def as unknown as Definition;
  const inner = def.innerType ?? def.in ?? null;
  if ((schema as unknown) === secretReference) yield placeOf(path);
  else if (def.shape !== undefined)
    for (const [key, value] of Object.entries(def.shape)) yield* secretsIn(value, [...path, key]);
  else if (inner !== null) yield* secretsIn(inner, path);
  else if (def.element !== undefined) yield* secretsIn(def.element, [...path, '*']);
  else if (def.valueType !== undefined) yield* secretsIn(def.valueType, [...path, '*']);
  else if (def.options !== undefined) for (const option of def.options) yield* secretsIn(option, path);
  else if (def.type === 'string' && path.some((part) => isSecretName(part))) yield placeOf(path);
  return undefined;
}

it('has a canary for every place that may hold a secret', () => {
  const found = Object.entries(documentSchemas).flatMap(([kind, schema]) => [...secretsIn(schema, [kind])]);
  const places = [...new Set(found)].filter((place) => !notSecret.includes(place)).toSorted();
  expect(places).toEqual(expect.arrayContaining(['Daemon.spec.http.alerts.token', 'Alerts.links.secret']));
  expect(places.filter((place) => !(place in plantedFor))).toEqual([]);
});
