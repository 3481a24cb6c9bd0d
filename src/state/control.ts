// The switch for people in its directory home: control.json beside the memory, written by `springtide stop` and `release`, read each tick.
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Approval } from '../model/approval.ts';
import { messageOf } from '../model/errors.ts';
import type { ControlFacts, SwitchWay } from '../model/snapshot.ts';
import type { Cancel, Clock } from '../clock.ts';
import type { RemovalProof } from '../model/memory.ts';
import { instantOf, type Milliseconds } from '../model/units.ts';
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

export interface FollowedControl extends ControlSource {
  /** What was read last, without asking. */
  latest(): ControlReading;
  /** Between ticks too, until the signal: calls back when it has changed, a second later at most. */
  follow(onChange: () => void, options: { readonly clock: Clock; readonly signal: AbortSignal }): void;
}

export interface ControlHome extends FollowedControl {
  /** where it is kept, for people */
  readonly place: string;
  /** Resolves when a power cut can no longer undo it. */
  write(control: ControlFacts): Promise<void>;
  /** A person's yes, kept beside the switch, and where that is: neither touches the other. */
  approve(approval: Approval): Promise<{ readonly place: string }>;
  /** What somebody has proven of Magnum's removals, beside it in the same way. */
  prove(proof: RemovalProof): Promise<{ readonly place: string }>;
}

export const switchWays = [
  'pods.up',
  'pods.down',
  'nodes.grow',
  'nodes.shrink',
] as const satisfies readonly SwitchWay[];
/** A file system tells of changes in too many ways: it is looked at, twice a second. */
const betweenLooks = 500 as Milliseconds;
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
  let whole = nothing;
  const read = async (): Promise<ControlReading> => {
    try {
      last = { control: parseControl(await readFile(place, 'utf8')), damage: null };
    } catch (thrown) {
      const isGone = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
      last = isGone ? nothing : { ...last, damage: `${place}: ${messageOf(thrown)}` };
    }
    const { proofs: removalProofs, damage: unproven } = await proofs.read();
    const { approvals, damage: unread } = await allowed.read();
    const damage = last.damage ?? unproven ?? unread;
    if (removalProofs.length === 0 && approvals.length === 0) return (whole = { ...last, damage });
    const beside = {
      ...(removalProofs.length > 0 && { removalProofs }),
      ...(approvals.length > 0 && { approvals }),
    };
    return (whole = { control: { ...(last.control ?? untouched), ...beside }, damage });
  };
  return {
    place,
    read,
    latest: () => whole,
    follow: (onChange, { clock, signal }) => {
      let cancel: Cancel = () => undefined;
      const look = async (): Promise<void> => {
        const before = JSON.stringify(whole);
        await read();
        if (signal.aborted) return;
        if (JSON.stringify(whole) !== before) onChange();
        cancel = clock.after(betweenLooks, () => void look());
      };
      signal.addEventListener('abort', () => cancel(), { once: true });
      void look();
    },
    prove: async (proof) => {
      await proofs.add(proof);
      return { place: proofs.place };
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
