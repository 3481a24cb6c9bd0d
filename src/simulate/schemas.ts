// The JSON Schemas of what a simulation reads and prints, as files of the repository.
import { z } from 'zod';
import { eventSchema, headerSchema } from './alert-events.ts';
import { lineSchema } from './alert-line.ts';
import { worldSchema } from './backtest/world-settings.ts';

function fileOf(title: string, schema: z.ZodType): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}

/** By their path in the repository. */
export const simulationSchemas = (): ReadonlyMap<string, string> =>
  new Map([
    [
      'docs/schema/alert-events.json',
      fileOf('a line of the events of springtide alerts simulate', z.union([headerSchema, eventSchema])),
    ],
    ['docs/schema/alert-line.json', fileOf('a line that springtide alerts simulate prints', lineSchema)],
    ['docs/schema/world.json', fileOf('the world that springtide simulate plays in', worldSchema)],
  ]);
