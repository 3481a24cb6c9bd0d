// Where what must not be forgotten lives: a directory of one process, or Kubernetes objects that replicas hand over to each other.
import type { Logger } from 'pino';
import { openLedgerInKubernetes } from './alerts/ledger/in-kubernetes.ts';
import { openLedger, volatileLedger, type Ledger } from './alerts/ledger/ledger.ts';
import type { KubernetesClient } from './clients/kubernetes/client.ts';
import type { Clock } from './clock.ts';
import { journalDirectoryOf } from './journal/files.ts';
import { openJournal, type DecisionJournal } from './journal/write.ts';
import { noFence, type Fence } from './leader/fence.ts';
import type { DaemonSpec } from './model/config.ts';
import { SpringtideError } from './model/errors.ts';
import { controlInKubernetes } from './state/control-in-kubernetes.ts';
import { controlInDirectory, type ControlHome } from './state/control.ts';
import { memoryInDirectory, stateDirectoryOf, type MemoryStore } from './state/directory.ts';
import { memoryInKubernetes } from './state/memory-in-kubernetes.ts';

export interface StateHomes {
  /** people's switch: read as long as the process lives */
  readonly control: ControlHome;
  /** the others belong to a term: each is opened anew for the next one */
  memory(): MemoryStore;
  ledger(): Promise<Ledger>;
  /** null: there is no place for it */
  journal(): DecisionJournal | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface StateParts {
  readonly settings: DaemonSpec;
  readonly clock: Clock;
  readonly log: Logger;
  readonly kubernetes: Pick<KubernetesClient, 'own' | 'namespace'>;
  readonly env: Environment;
  /** how this process is known: the pod's name */
  readonly instance: string;
  readonly fence?: Fence;
}

/** The namespace of springtide's own objects. */
export function stateNamespace(
  { state }: DaemonSpec,
  kubernetes: Pick<KubernetesClient, 'namespace'>,
  env: Environment,
): string {
  const namespace = state.kubernetes?.namespace ?? kubernetes.namespace ?? env['POD_NAMESPACE'];
  if (namespace !== undefined) return namespace;
  throw new SpringtideError({
    code: 'UsageInvalid',
    where: 'state.kubernetes',
    what: 'the namespace of this process is not known',
    mend: 'write state: {kubernetes: {namespace: NAME}}',
  });
}

function journalOf({ settings, log }: Pick<StateParts, 'settings' | 'log'>): DecisionJournal | null {
  const directory = journalDirectoryOf(settings);
  return directory === null ? null : openJournal({ directory, log });
}

export function homesOf(parts: StateParts): StateHomes {
  return parts.settings.state.kubernetes === undefined ? inDirectory(parts) : inKubernetes(parts);
}

function inDirectory({ settings, clock, log }: StateParts): StateHomes {
  const { state } = settings;
  const directory = stateDirectoryOf(settings);
  const ledger = state.ledger?.directory ?? (state.directory === undefined ? null : `${state.directory}/ledger`);
  return {
    control: controlInDirectory(directory),
    memory: () => memoryInDirectory(directory),
    ledger: () => (ledger === null ? Promise.resolve(volatileLedger()) : openLedger(ledger, { clock })),
    journal: () => journalOf({ settings, log }),
  };
}

function inKubernetes({ settings, clock, log, kubernetes, env, instance, fence = noFence }: StateParts): StateHomes {
  const namespace = stateNamespace(settings, kubernetes, env);
  const { own } = kubernetes;
  const directory = settings.state.ledger?.directory;
  return {
    control: controlInKubernetes({ own, namespace }),
    memory: () => memoryInKubernetes({ own, namespace, clock, log, instance }),
    ledger: () =>
      directory === undefined
        ? openLedgerInKubernetes({ own, namespace, clock, instance })
        : openLedger(directory, { clock, permission: fence }),
    journal: () => journalOf({ settings, log }),
  };
}
