// What every controller is given, and the few acts that they share: making pods, telling events, setting conditions.
import { hashOf } from '../json.ts';
import { ApiError } from '../status.ts';
import { keyOf, keyOfObject } from '../objects.ts';
import type { Milliseconds } from '../../../model/units.ts';
import type { Random } from '../../random.ts';
import type { Agenda } from '../agenda.ts';
import type { Faults } from '../api/faults.ts';
import type { Registry } from '../api/registry.ts';
import type { Condition, KubeObject, Pod, PodSpec, PodTemplate } from '../objects.ts';

export interface Cluster {
  readonly registry: Registry;
  readonly agenda: Agenda;
  readonly random: Random;
  readonly faults: Faults;
  readonly podStartup: Milliseconds;
  readonly podShutdown: Milliseconds;
}

/** How long a controller waits before it looks: what happens together is answered together. */
export const reactionTime = 50 as Milliseconds;

export interface NewPod {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Partial<PodSpec>;
}

/** Makes a pod of a template for its controller; a refusal is told as an Event and returned. */
export function createPod(
  cluster: Cluster,
  owner: KubeObject,
  template: PodTemplate,
  pod: NewPod = {},
): Pod | ApiError {
  const { registry } = cluster;
  try {
    const made = registry.create('pods', owner.metadata.namespace, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...(pod.name === undefined ? { generateName: `${owner.metadata.name}-` } : { name: pod.name }),
        labels: { ...template.metadata?.labels, ...pod.labels },
        ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
        ownerReferences: [
          {
            apiVersion: owner.apiVersion,
            kind: owner.kind,
            name: owner.metadata.name,
            uid: owner.metadata.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: { ...template.spec, ...pod.spec },
    });
    return made;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    tell(
      cluster,
      owner,
      'Warning',
      'FailedCreate',
      `Error creating: ${error.message}`,
      `${owner.kind.toLowerCase()}-controller`,
    );
    return error;
  }
}

/** Records an Event. The same words about the same object only count up; of warnings for one reason the last words stay. */
export function tell(
  cluster: Cluster,
  about: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  component: string,
): void {
  const { registry } = cluster;
  const namespace = about.metadata.namespace ?? 'default';
  // the name is made of what is told, so a repetition finds its predecessor without a search
  const name = `${about.metadata.name}.${hashOf([about.metadata.uid, type, reason, type === 'Normal' ? message : ''])}`;
  const key = keyOf(namespace, name);
  const now = registry.timestamp();
  if (registry.store.get('events', key) !== undefined) {
    registry.change('events', key, (event) => {
      event.count = (event.count ?? 1) + 1;
      event.message = message;
      event.lastTimestamp = now;
    });
    return;
  }
  const home = registry.store.get('namespaces', namespace);
  if (home === undefined || home.metadata.deletionTimestamp !== undefined) return;
  registry.create('events', namespace, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: {
      kind: about.kind,
      name: about.metadata.name,
      uid: about.metadata.uid,
      apiVersion: about.apiVersion,
      ...(about.metadata.namespace === undefined ? {} : { namespace: about.metadata.namespace }),
    },
    reason,
    message,
    type,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
  });
}

/** The list with a condition set; its transition time moves only when its status does. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: Condition,
  now: string,
): Condition[] {
  const old = conditions?.find((one) => one.type === condition.type);
  const stable = old?.status === condition.status ? old.lastTransitionTime : undefined;
  const next = { ...condition, lastTransitionTime: stable ?? now };
  return old === undefined
    ? [...(conditions ?? []), next]
    : (conditions ?? []).map((one) => (one.type === condition.type ? next : one));
}

export const deletePod = ({ registry }: Cluster, pod: Pod): void => {
  if (registry.store.get('pods', keyOfObject(pod)) !== undefined) registry.delete('pods', keyOfObject(pod));
};

/** A count or a percentage of a whole, rounded as the field demands. */
export function shareOf(value: number | string | undefined, whole: number, round: 'up' | 'down'): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const exactly = (Number.parseInt(value, 10) * whole) / 100;
  return round === 'up' ? Math.ceil(exactly) : Math.floor(exactly);
}
