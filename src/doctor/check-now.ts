// All of the doctor's checks by the connections of a running daemon, its lists warm and its memory at hand; nothing is changed.
import { createOpenStackClients } from '../clients/openstack/clients.ts';
import { loadCredentials } from '../clients/openstack/credentials.ts';
import { systemClock, type Clock } from '../clock.ts';
import type { Collect } from '../collectors/collector.ts';
import type { Config } from '../model/config.ts';
import type { Memory } from '../model/memory.ts';
import { deciding } from '../policies/decide.ts';
import { inSlices } from '../slices.ts';
import { askAround, type AskParts } from './ask.ts';
import { channelChecks } from './channels.ts';
import { diagnose, probe, type Check } from './diagnose.ts';

export interface CheckNowParts {
  readonly config: Config;
  readonly memory: Memory;
  /** the daemon's connections, and what it collects by them */
  readonly world: Pick<AskParts, 'kubernetes'> & {
    collect(...asked: Parameters<Collect>): ReturnType<Collect>;
  };
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export async function checkNow(parts: CheckNowParts): Promise<readonly Check[]> {
  const { config, memory, world, clock, env, signal } = parts;
  const { openstack } = config.daemon;
  // A login of its own: whether the credential is still good shows only where a token is asked for.
  const credentials = openstack === undefined ? null : loadCredentials({ ...openstack, env });
  const clients =
    credentials === null || openstack === undefined
      ? null
      : createOpenStackClients({ credentials, clock: systemClock, timeout: openstack.timeout });
  try {
    const cloud = clients === null || credentials === null ? null : { clients, credentials };
    const now = clock.now();
    const [snapshot, answers, channels] = await Promise.all([
      world.collect(now, { queries: [probe], signal }),
      askAround({ config, kubernetes: world.kubernetes, cloud, clock: systemClock }),
      channelChecks(config.alerts, systemClock),
    ]);
    const { plan } = await inSlices(deciding(snapshot, config, memory, now));
    return [...diagnose(snapshot, config, memory, answers, now, plan), ...channels];
  } finally {
    clients?.close();
  }
}
