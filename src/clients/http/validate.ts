// The border: what came from outside is checked against a schema and is typed from there on.
import type { z } from 'zod';
import { ClientError } from './error.ts';

export interface Where {
  readonly source: string;
  readonly what: string;
}

export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown, where: Where): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.map(String).join('.');
  throw new ClientError({
    code: 'Unexpected',
    source: where.source,
    message: `${where.source}: ${where.what}: ${field}: ${issue?.message ?? 'is not what was expected'}; check the version of this API and what stands between.`,
  });
}
