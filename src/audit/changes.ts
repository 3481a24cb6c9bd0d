// What others have changed since the tick before, as lines of the audit log: the configuration, the switch, people's approvals.
import type { Approval } from '../model/approval.ts';
import type { Config } from '../model/config.ts';
import type { ControlFacts } from '../model/snapshot.ts';
import { canonical, type Fields } from './chain.ts';

export interface Seen {
  readonly configHash: string;
  readonly control: ControlFacts | undefined;
}

type Switch = Pick<ControlFacts, 'off' | 'until' | 'by' | 'why' | 'releasedAt'>;

const switchOf = (control: ControlFacts | undefined): Switch | null => {
  if (control === undefined) return null;
  const { off, until, by, why, releasedAt } = control;
  return off.length === 0 && releasedAt === null ? null : { off, until, by, why, releasedAt };
};

const isSame = (one: Approval, other: Approval): boolean => one.id === other.id && one.at === other.at;

export const seenIn = (config: Config, control: ControlFacts | undefined): Seen => ({
  configHash: config.hash,
  control,
});

/** `before` is null with the first tick: what stands then is said once more. */
export function changesBetween(before: Seen | null, after: Seen): readonly Fields[] {
  const lines: Fields[] = [];
  if (before !== null && before.configHash !== after.configHash)
    lines.push({ event: 'config', before: before.configHash, after: after.configHash });
  const [was, is] = [switchOf(before?.control), switchOf(after.control)];
  if (canonical(was) !== canonical(is)) {
    const event = is !== null && is.off.length > 0 ? 'stop' : 'release';
    lines.push({ event, by: is?.by ?? '', before: was, after: is });
  }
  const known = before?.control?.approvals ?? [];
  for (const approval of after.control?.approvals ?? [])
    if (!known.some((one) => isSame(one, approval))) {
      const { id: plan, by, at, subject, way, from, to, remove } = approval;
      lines.push({ event: 'approval', by, at, plan, subject, way, before: from, after: to, remove });
    }
  return lines;
}
