// What people have proven of Magnum's removals, beside the memory: written by `springtide doctor --prove-removal`, read with the switch.
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../model/errors.ts';
import type { RemovalProof } from '../model/memory.ts';
import type { Instant } from '../model/units.ts';
import { replaceFile } from './replace-file.ts';

export interface RemovalProofs {
  /** where they are kept, for people */
  readonly place: string;
  /** Never throws: `damage` says why what stands there cannot be read. */
  read(): Promise<{ readonly proofs: readonly RemovalProof[]; readonly damage: string | null }>;
  /** The newest of each group is kept. */
  add(proof: RemovalProof): Promise<void>;
}

const instant = z.number().transform((value) => value as Instant);
const shape = z.strictObject({
  schema: z.literal(1),
  proofs: z.array(z.strictObject({ cluster: z.string(), group: z.string(), at: instant, by: z.string() })).max(1_000),
});

/** Throws where the text is none. */
export const parseProofs = (text: string): readonly RemovalProof[] => shape.parse(JSON.parse(text)).proofs;

/** The newest of each group is kept. */
export const withProof = (before: readonly RemovalProof[], news: RemovalProof): readonly RemovalProof[] => [
  ...before.filter(({ cluster, group }) => cluster !== news.cluster || group !== news.group),
  news,
];

export const proofsText = (proofs: readonly RemovalProof[]): string =>
  `${JSON.stringify({ schema: 1, proofs }, null, 2)}\n`;

export function removalProofsIn(directory: string): RemovalProofs {
  const place = path.join(directory, 'removal-proofs.json');
  const read: RemovalProofs['read'] = async () => {
    try {
      return { proofs: parseProofs(await readFile(place, 'utf8')), damage: null };
    } catch (thrown) {
      const isGone = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
      return { proofs: [], damage: isGone ? null : `${place}: ${messageOf(thrown)}` };
    }
  };
  return {
    place,
    read,
    add: async (proof) => {
      const { proofs } = await read();
      const beside = `${place}.${randomBytes(4).toString('hex')}.new`;
      const text = proofsText(withProof(proofs, proof));
      try {
        // No secret is in it, and the daemon may run as somebody else.
        await replaceFile({ file: place, beside, text, mode: 0o644 });
      } catch (thrown) {
        await rm(beside, { force: true });
        throw thrown;
      }
    },
  };
}
