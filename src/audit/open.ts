// Opens the audit log that the Daemon document asks for, and watches what others change.
import type { Clock } from '../clock.ts';
import type { Config, DaemonSpec } from '../model/config.ts';
import type { ControlFacts } from '../model/snapshot.ts';
import type { Actuators } from '../actuators/actuator.ts';
import { audited } from './actuators.ts';
import { Audit, type AuditCounts, type AuditOptions, type AuditTrouble } from './audit.ts';
import { changesBetween, seenIn, type Seen } from './changes.ts';
import { AuditFile, type AuditFileOptions } from './file.ts';
import { AuditStream } from './stream.ts';
import type { Fields } from './chain.ts';

export interface AuditLog {
  /** The same actuators, with lines before and after each write. */
  watching(actuators: Actuators): Actuators;
  /** With each tick: what people and files have changed since the last. Never rejects. */
  observe(config: Config, control: ControlFacts | undefined): Promise<void>;
  /** Never rejects. */
  write(fields: Fields): Promise<void>;
  readonly counts: AuditCounts;
  readonly trouble: AuditTrouble | null;
  close(): Promise<void>;
}

/** In place of a file: standard output. */
export const standardOutput = '-';

export interface AuditLogOptions extends Pick<AuditOptions, 'log'>, Pick<AuditFileOptions, 'clock'> {
  readonly settings: Pick<DaemonSpec, 'audit' | 'cluster'>;
  readonly config: () => Config;
  /** the time that lines bear: of the world, where that is another than the disk's */
  readonly worldClock?: Clock;
}

/** null: the Daemon document asks for none. */
export function openAuditLog({ settings, clock, worldClock = clock, log, config }: AuditLogOptions): AuditLog | null {
  const file = settings.audit?.file;
  if (file === undefined) return null;
  const sink = file === standardOutput ? new AuditStream(process.stdout) : new AuditFile({ file, clock, log });
  const audit = new Audit({ sink, cluster: settings.cluster, now: () => worldClock.now(), log });
  let seen: Seen | null = null;
  return {
    watching: (actuators) => audited(actuators, audit, config),
    observe: async (latest, control) => {
      const before = seen;
      seen = seenIn(latest, control);
      for (const fields of changesBetween(before, seen)) await audit.write(fields);
    },
    write: async (fields) => {
      await audit.write(fields);
    },
    get counts() {
      return audit.counts;
    },
    get trouble() {
      return audit.trouble;
    },
    close: () => audit.close(),
  };
}
