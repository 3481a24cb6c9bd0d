// The switch for people in its directory home: control.json beside the memory, written by `springtide stop` and `release`, read each tick.
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Approval } from '../model/approval.ts';
import { messageOf } from '../model/errors.ts';
import type { ControlFacts, SwitchWay } from '../model/snapshot.ts';
import { instantOf } from '../model/units.ts';
import { approvalsIn } from './approvals.ts';
import { removalProofsIn } from './removal-proofs.ts';
import { replaceFile } from './replace-file.ts';

export interface ControlReading {
  /** null: nobody has ever switched anything */
  readonly control: ControlFacts | null;
  /** why what stands there now cannot be read; `control` is the last that could */
  readonly damage: string | null;
}

/** Where people's switch is read: this directory, or the watched ConfigMap `springtide-control` in a cluster. Never throws. */
export interface ControlSource {
  read(): Promise<ControlReading>;
}

export interface ControlHome extends ControlSource {
  /** where it is kept, for people */
  readonly place: string;
  /** Resolves when a power cut can no longer undo it. */
  write(control: ControlFacts): Promise<void>;
  /** A person's yes, kept beside the switch, and where that is: neither touches the other. */
  approve(approval: Approval): Promise<{ readonly place: string }>;
}

export const switchWays = [
  'pods.up',
  'pods.down',
  'nodes.grow',
  'nodes.shrink',
] as const satisfies readonly SwitchWay[];
const controlSchema = 1;
const mostText = 64 * 1024;

const instantText = z
  .string()
  .refine((text) => instantOf(text) !== null, { error: 'is no instant: write 2026-11-20T08:00:00Z' });
const controlShape = z.strictObject({
  schema: z.literal(controlSchema, { error: `this version knows schema ${controlSchema}` }).default(controlSchema),
  off: z
    .union([z.literal('all'), z.array(z.enum([...switchWays, 'all']))])
    .transform((ways): readonly SwitchWay[] =>
      ways.includes('all') ? switchWays : switchWays.filter((way) => ways.includes(way)),
    ),
  until: instantText.nullable().default(null),
  by: z.string().default(''),
  why: z.string().default(''),
  releasedAt: instantText.nullable().default(null),
});

function parseControl(text: string): ControlFacts {
  if (text.length > mostText) throw new Error(`it is longer than ${mostText} characters`);
  const parsed = controlShape.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`).join('; '));
  const { off, until, by, why, releasedAt } = parsed.data;
  return { off, until, by, why, releasedAt };
}

const nothing: ControlReading = { control: null, damage: null };
const untouched: ControlFacts = { off: [], until: null, by: '', why: '', releasedAt: null };

export function controlInDirectory(directory: string): ControlHome {
  const place = path.join(directory, 'control.json');
  const proofs = removalProofsIn(directory);
  const allowed = approvalsIn(directory);
  let last = nothing;
  return {
    place,
    read: async () => {
      try {
        last = { control: parseControl(await readFile(place, 'utf8')), damage: null };
      } catch (thrown) {
        const isGone = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
        last = isGone ? nothing : { ...last, damage: `${place}: ${messageOf(thrown)}` };
      }
      const { proofs: removalProofs, damage } = await proofs.read();
      const { approvals, damage: unread } = await allowed.read();
      const whole = last.damage ?? damage ?? unread;
      if (removalProofs.length === 0 && approvals.length === 0) return { ...last, damage: whole };
      const beside = {
        ...(removalProofs.length > 0 && { removalProofs }),
        ...(approvals.length > 0 && { approvals }),
      };
      return { control: { ...(last.control ?? untouched), ...beside }, damage: whole };
    },
    approve: (approval) => allowed.add(approval),
    write: async ({ off, until, by, why, releasedAt }) => {
      // A name of its own: two people may stop at once, and each writes a whole file.
      const beside = `${place}.${randomBytes(4).toString('hex')}.new`;
      const text = `${JSON.stringify({ schema: controlSchema, off, until, by, why, releasedAt }, null, 2)}\n`;
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
