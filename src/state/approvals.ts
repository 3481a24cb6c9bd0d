// What people have said yes to, beside the switch: written by `springtide approve`, read with the switch each tick.
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Approval } from '../model/approval.ts';
import { messageOf } from '../model/errors.ts';
import { instantOf, minutes } from '../model/units.ts';
import { replaceFile } from './replace-file.ts';

export interface Approvals {
  /** where they are kept, for people */
  readonly place: string;
  /** Never throws: `damage` says why what stands there cannot be read; nothing is allowed by it then. */
  read(): Promise<{ readonly approvals: readonly Approval[]; readonly damage: string | null }>;
  add(approval: Approval): Promise<{ readonly place: string }>;
}

const most = 200;
/** They hold for a quarter of an hour; a little more is kept for people to look at. */
const keptFor = minutes(60);

const approval = z.strictObject({
  id: z.string().max(64),
  subject: z.string().max(1_000),
  way: z.enum(['pods.up', 'pods.down', 'nodes.grow', 'nodes.shrink']),
  from: z.number(),
  to: z.number(),
  remove: z
    .array(z.strictObject({ node: z.string(), serverId: z.string() }))
    .max(1_000)
    .default([]),
  by: z.string().max(256),
  at: z.string().refine((text) => instantOf(text) !== null, { error: 'is no instant: write 2026-11-20T08:00:00Z' }),
});
const shape = z.strictObject({ schema: z.literal(1), approvals: z.array(approval).max(most) });

/** Throws where the text is none. */
export const parseApprovals = (text: string): readonly Approval[] => shape.parse(JSON.parse(text)).approvals;

/** With one more, without those that nobody can use any more. */
export function withApproval(before: readonly Approval[], news: Approval): readonly Approval[] {
  const now = instantOf(news.at) ?? 0;
  const alive = before.filter(({ at }) => (instantOf(at) ?? 0) > now - keptFor);
  return [...alive, news].slice(-most);
}

export const approvalsText = (approvals: readonly Approval[]): string =>
  `${JSON.stringify({ schema: 1, approvals }, null, 2)}\n`;

export function approvalsIn(directory: string): Approvals {
  const place = path.join(directory, 'approvals.json');
  const read: Approvals['read'] = async () => {
    try {
      return { approvals: parseApprovals(await readFile(place, 'utf8')), damage: null };
    } catch (thrown) {
      const isGone = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
      return { approvals: [], damage: isGone ? null : `${place}: ${messageOf(thrown)}` };
    }
  };
  return {
    place,
    read,
    add: async (news) => {
      const { approvals } = await read();
      const beside = `${place}.${randomBytes(4).toString('hex')}.new`;
      try {
        // No secret is in it, and the daemon may run as somebody else.
        await replaceFile({ file: place, beside, text: approvalsText(withApproval(approvals, news)), mode: 0o644 });
        return { place };
      } catch (thrown) {
        await rm(beside, { force: true });
        throw thrown;
      }
    },
  };
}
