// Where a command finds what the daemon keeps: in its directory, or in its Kubernetes objects. Each call stands by itself.
import { stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { OwnObjects } from '../clients/kubernetes/own-objects.ts';
import { systemClock } from '../clock.ts';
import type { DaemonSpec } from '../model/config.ts';
import type { Memory } from '../model/memory.ts';
import { controlInDirectory, type ControlHome } from '../state/control.ts';
import { memoryInDirectory, stateDirectoryOf } from '../state/directory.ts';

export interface CommandHomes {
  /** for people */
  readonly where: string;
  readonly control: Pick<ControlHome, 'place' | 'read' | 'write' | 'approve' | 'prove'>;
  /** as the daemon has saved it last; it is never written here */
  memory(): Promise<Memory>;
  /** A daemon has kept something here. */
  isUsed(): Promise<boolean>;
}

export async function openStateHomes(settings: DaemonSpec): Promise<CommandHomes> {
  return settings.state.kubernetes === undefined ? inDirectory(settings) : inKubernetes(settings);
}

/** The daemon's own memory, wherever it keeps it. */
export const readDaemonMemory = async (settings: DaemonSpec): Promise<Memory> =>
  (await openStateHomes(settings)).memory();

function inDirectory(settings: DaemonSpec): CommandHomes {
  const directory = path.resolve(stateDirectoryOf(settings));
  return {
    where: directory,
    control: controlInDirectory(directory),
    memory: () => memoryInDirectory(directory).load(),
    isUsed: () =>
      stat(path.join(directory, 'memory.json')).then(
        () => true,
        () => false,
      ),
  };
}

async function inKubernetes(settings: DaemonSpec): Promise<CommandHomes> {
  const [{ createKubernetesClient }, { stateNamespace }, { controlInKubernetes }, { memoryInKubernetes, memoryHead }] =
    await Promise.all([
      import('../clients/kubernetes/client.ts'),
      import('../assemble-state.ts'),
      import('../state/control-in-kubernetes.ts'),
      import('../state/memory-in-kubernetes.ts'),
    ]);
  /** Connected for the time of one call: nothing keeps the command alive after it. */
  async function connected<Answer>(run: (own: OwnObjects, namespace: string) => Promise<Answer>): Promise<Answer> {
    const client = await createKubernetesClient({ settings: settings.kubernetes, clock: systemClock, lists: [] });
    try {
      return await run(client.own, stateNamespace(settings, client, process.env));
    } finally {
      await client.close();
    }
  }
  const control = <Answer>(run: (home: ControlHome) => Promise<Answer>): Promise<Answer> =>
    connected((own, namespace) => run(controlInKubernetes({ own, namespace })));
  const say = (facts: object, text: string): void => {
    process.stderr.write(`springtide: ${text}: ${JSON.stringify(facts)}\n`);
  };
  return {
    where: await connected((...[, namespace]) => Promise.resolve(`namespace ${namespace}`)),
    control: {
      place: await control((home) => Promise.resolve(home.place)),
      read: () => control((home) => home.read()),
      write: (facts) => control((home) => home.write(facts)),
      approve: (approval) => control((home) => home.approve(approval)),
      prove: (proof) => control((home) => home.prove(proof)),
    },
    memory: () =>
      connected((own, namespace) =>
        memoryInKubernetes({
          own,
          namespace,
          clock: systemClock,
          instance: os.hostname(),
          log: { warn: say, error: say },
        }).load(),
      ),
    isUsed: () => connected(async (own, namespace) => (await own.get('ConfigMap', namespace, memoryHead)) !== null),
  };
}
