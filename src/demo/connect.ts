// The shipped configuration pointed at an embedded world: addresses and credentials change, policies do not.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../model/config.ts';
import type { EmbeddedWorld } from '../sandbox/world.ts';

export interface Connected {
  readonly config: Config;
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly remove: () => Promise<void>;
}

export async function connectTo(world: EmbeddedWorld, shipped: Config, listen: string): Promise<Connected> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'springtide-demo-'));
  const kubeconfig = path.join(directory, 'kubeconfig.json');
  const smsKey = path.join(directory, 'sms-key');
  await writeFile(kubeconfig, JSON.stringify(world.kubernetes.kubeconfig()), { mode: 0o600 });
  await writeFile(smsKey, world.sms.key, { mode: 0o600 });
  const { daemon, alerts } = shipped;
  const config: Config = {
    ...shipped,
    daemon: {
      ...daemon,
      prometheus: { ...daemon.prometheus, url: world.prometheus.url },
      kubernetes: { ...daemon.kubernetes, kubeconfig },
      http: { ...daemon.http, listen },
      state: { directory },
    },
    alerts: {
      ...alerts,
      global: { ...alerts.global, smtp_smarthost: `127.0.0.1:${world.mail.port}`, smtp_require_tls: false },
      sms_gateways: alerts.sms_gateways.map((gateway) =>
        gateway.http === undefined
          ? gateway
          : { ...gateway, http: { ...gateway.http, url: world.sms.url, bearer: { file: smsKey } } },
      ),
    },
  };
  return {
    config,
    env: world.openstack.environment(),
    directory,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
