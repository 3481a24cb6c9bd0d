// Who set spec.replicas last, as metadata.managedFields say it; of other fields nobody's ownership is kept.
import type { KubeObject } from '../objects.ts';

export interface Writer {
  /** from the client's user agent: kubectl, argocd-application-controller */
  readonly manager: string;
  readonly time: string;
}

const replicasOf = ({ spec }: KubeObject): unknown => (spec as { replicas?: unknown } | undefined)?.replicas;

/** The manager's name that the API server takes from a user agent where none is given. */
export const managerOf = (userAgent: string): string => userAgent.split('/')[0]?.slice(0, 128) ?? '';

/** Ownership goes to whoever changes the number; nobody else's write moves it. */
export function ownReplicas(
  object: KubeObject,
  old: KubeObject | undefined,
  writer: Writer | undefined,
  subresource?: 'scale',
): void {
  const kept = old?.metadata.managedFields;
  const replicas = replicasOf(object);
  const isNew = writer !== undefined && replicas !== undefined && (old === undefined || replicasOf(old) !== replicas);
  if (isNew)
    object.metadata.managedFields = [
      {
        manager: writer.manager,
        operation: 'Update',
        apiVersion: object.apiVersion ?? 'v1',
        time: writer.time,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
        ...(subresource === undefined ? {} : { subresource }),
      },
    ];
  else if (kept === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = kept;
}
