// The world that a backtest is played in: how fast pods and VMs come, and what a replica bears. `--world FILE` overrides it.
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { SpringtideError } from '../../model/errors.ts';

const span = z.number().min(0).max(86_400);

export const worldSchema = z.strictObject({
  step: z.number().min(1).max(3_600).default(15).meta({ description: 'seconds from tick to tick' }),
  scrapeLag: span.default(30).meta({ description: 'seconds: how old the newest sample is that a decision sees' }),
  podStart: span.default(30).meta({ description: 'seconds from a pod that has a node to Ready' }),
  nodeBoot: span.default(240).meta({ description: 'seconds from an order to a VM that takes pods' }),
  podsPerNode: z.int().min(1).max(1_000).default(8).meta({ description: 'replicas that one VM takes' }),
  serialNodeOps: z
    .boolean()
    .default(false)
    .meta({ description: 'true: a resize is refused while VMs of an earlier one are still on their way' }),
  capacity: z
    .number()
    .positive()
    .optional()
    .meta({ description: 'load that one replica bears; absent: what the target of the policy implies' }),
  droppedAbove: z
    .number()
    .min(1)
    .max(100)
    .default(1.25)
    .meta({ description: 'above this multiple of the capacity work is dropped, and the CPU shows no more' }),
  unservedPrice: z
    .number()
    .min(0)
    .default(100)
    .meta({ description: 'price of unserved work: 100 lets 1 % of it cost as much as all that the oracle pays' }),
  warmUp: z.number().min(0).optional().meta({
    description: 'days that are played and not judged; absent: 7 of 13 and more, 2 of 5 and more, else a quarter',
  }),
});

export type WorldSettings = z.output<typeof worldSchema>;

export const usualWorld: WorldSettings = worldSchema.parse({});

/** Played and not judged, in days: a forecast needs a past, and what it learns from must not be held against it. */
export function warmUpOf({ warmUp }: Pick<WorldSettings, 'warmUp'>, days: number): number {
  if (warmUp !== undefined) return warmUp;
  return days >= 13 ? 7 : days >= 5 ? 2 : days / 4;
}

/** What is not written is as it usually is. */
export function readWorld(text: string, file: string): WorldSettings {
  const refuse = (what: string): SpringtideError =>
    new SpringtideError({
      code: 'UsageInvalid',
      where: file,
      what,
      mend: 'docs/schema/world.json says what may be in it; {"nodeBoot": 300} is enough',
    });
  const document = parseDocument(text, { prettyErrors: true });
  const [mistake] = document.errors;
  if (mistake !== undefined) throw refuse(mistake.message.split('\n')[0] ?? '');
  const read = worldSchema.safeParse(document.toJS());
  if (read.success) return read.data;
  throw refuse(read.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`).join('; '));
}
