// The world that a backtest is played in: how fast pods and VMs come, and what a replica bears. `--world FILE` overrides it.
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
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

const fieldOf = ({ path, ...issue }: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : String(path[0] ?? '');

/** What is not written is as it usually is. */
export function readWorld(text: string, file: string): WorldSettings {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const refuse = (offset: number, what: string): SpringtideError => {
    const { line, col } = lineCounter.linePos(offset);
    return new SpringtideError({
      code: 'UsageInvalid',
      where: `${file}:${line}:${col}`,
      what,
      mend: 'docs/schema/world.json says what may be in it; {"nodeBoot": 300} is enough',
    });
  };
  const [mistake] = document.errors;
  if (mistake !== undefined) throw refuse(mistake.pos[0], mistake.message);
  const read = worldSchema.safeParse(document.toJS());
  if (read.success) return read.data;
  const [first] = read.error.issues;
  const field = first === undefined ? '' : fieldOf(first);
  const written = isMap(document.contents)
    ? document.contents.items.find(({ key }) => isScalar(key) && key.value === field)
    : undefined;
  const at = isScalar(written?.key) ? (written.key.range?.[0] ?? 0) : 0;
  throw refuse(at, `${field === '' ? '' : `${field}: `}${first?.message ?? ''}`);
}
