// A reload: routes and mutes are built before anything is touched, then whoever is told by other ones is settled there.
import type { AlertsDocument } from '../model/config.ts';
import type { Central } from './central.ts';
import type { Escalations } from './escalations.ts';
import type { GroupTable } from './group-table.ts';
import type { Holds } from './holds.ts';
import type { KnownAlerts } from './known-alerts.ts';
import type { Muting } from './muting.ts';
import type { Resettlement } from './resettlement.ts';
import { buildRoutes } from './route.ts';

export interface ReloadParts {
  readonly alerts: Pick<KnownAlerts, 'all'>;
  readonly muting: Pick<Muting, 'reload'>;
  readonly groups: Pick<GroupTable, 'reroute' | 'all'>;
  readonly holds: Pick<Holds, 'drop'>;
  readonly escalations: Pick<Escalations, 'leave' | 'resume'>;
  readonly central: Pick<Central, 'refresh'>;
  readonly resettlement: Pick<Resettlement, 'settleAll' | 'withdraw'>;
}

/** Throws where the next one cannot be used; gives what follows when it is in force. */
export function prepareReload(next: AlertsDocument, parts: ReloadParts): () => void {
  const { alerts, muting, groups, holds, escalations, central, resettlement } = parts;
  const root = buildRoutes(next.route);
  muting.reload(next, alerts.all());
  return () => {
    const gone = groups.reroute(root, alerts.all());
    resettlement.withdraw();
    resettlement.settleAll();
    for (const group of gone) {
      holds.drop(group);
      escalations.leave(group);
    }
    escalations.resume(groups.all());
    central.refresh();
  };
}
