// The record of a drain as a node bears it, read once for all who ask: a person, a kubelet or another version may have written there.
import { z } from 'zod';
import { drainAnnotation, type DrainRecord } from './drain-record.ts';
import type { Node } from './kubernetes.ts';
import type { Instant } from './units.ts';

const instant = z.number().transform((at) => at as Instant);

/** What a later version has added is kept when the record is written again. */
const record: z.ZodType<DrainRecord> = z.looseObject({
  step: z.enum(['draining', 'removing']),
  nodeGroup: z.string(),
  serverId: z.string().min(1),
  startedAt: instant,
  wasCordoned: z.boolean().default(false),
  removingAt: instant.optional(),
  countAfter: z.int().nonnegative().optional(),
  unready: z.literal(true).optional(),
  request: z.looseObject({ by: z.string(), then: z.enum(['keep', 'remove']) }).optional(),
  approval: z.looseObject({ id: z.string(), by: z.string(), at: z.string() }).optional(),
  batch: z.looseObject({ id: z.string(), nodes: z.number(), sealed: z.literal(true).optional() }).optional(),
});

export type DrainNote =
  { readonly read: 'none' | 'illegible' } | { readonly read: 'legible'; readonly record: DrainRecord };

export function drainNoteOn(node: Node): DrainNote {
  const text = node.metadata.annotations?.[drainAnnotation];
  if (text === undefined) return { read: 'none' };
  try {
    const parsed = record.safeParse(JSON.parse(text));
    return parsed.success ? { read: 'legible', record: parsed.data } : { read: 'illegible' };
  } catch {
    return { read: 'illegible' };
  }
}

/** What springtide wrote on the node when it began to drain it; null where there is nothing, or nothing legible. */
export function drainOf(node: Node): DrainRecord | null {
  const note = drainNoteOn(node);
  return note.read === 'legible' ? note.record : null;
}
