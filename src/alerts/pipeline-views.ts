// What the alert pipeline is asked by those who look at it: what fires, who was told, what it has no place for.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Central } from './central.ts';
import { isOwed } from './courier.ts';
import { explainAlert } from './explain.ts';
import { firingGroups } from './firing-groups.ts';
import type { LedgerState } from './ledger/state.ts';
import type { AlertPipeline } from './pipeline-interface.ts';
import { lastNotifications } from './status.ts';
import type { Telling } from './telling.ts';
import type { TellingTrouble } from './telling-trouble.ts';
import { alertViews, groupViews } from './views.ts';
import type { ViewParts } from './views.ts';
import type { Watchdogs } from './watchdogs.ts';

interface Parts extends ViewParts {
  readonly clock: Clock;
  readonly state: LedgerState;
  readonly document: () => AlertsDocument;
  readonly telling: Pick<Telling, 'escalations' | 'holds'>;
  readonly central: Pick<Central, 'view' | 'elsewhere'>;
  readonly watchdogs: Pick<Watchdogs, 'missing'>;
  readonly trouble: Pick<TellingTrouble, 'at'>;
}

type Views = Pick<
  AlertPipeline,
  | 'missingWatchdogs'
  | 'leftOut'
  | 'tellingFails'
  | 'alerts'
  | 'groups'
  | 'eachAlert'
  | 'eachGroup'
  | 'firing'
  | 'explain'
  | 'status'
>;

export function createViews(parts: Parts): Views {
  const { clock, state, document, alerts, groups, muting, telling, central, watchdogs, trouble } = parts;
  const { escalations, holds } = telling;
  const known: ViewParts = { alerts, groups, muting };
  return {
    missingWatchdogs: () => watchdogs.missing(),
    leftOut: () => {
      const leftOut = alerts.leftOut.at(clock.now());
      return leftOut.count === 0 ? null : { ...leftOut, limit: document().limits.alerts };
    },
    tellingFails: () => trouble.at(clock.now()),
    alerts: () => [...alertViews(known, clock.now())],
    groups: () => [...groupViews(known, clock.now())],
    eachAlert: (isMeant) => alertViews(known, clock.now(), isMeant),
    eachGroup: (isMeant) => groupViews(known, clock.now(), isMeant),
    firing: (texts) =>
      firingGroups(
        {
          groups: groups.all(),
          episodes: state.episodes,
          muting,
          texts,
        },
        clock.now(),
      ),
    explain: (fingerprint) =>
      explainAlert(
        fingerprint,
        {
          ...known,
          state,
          document: document(),
          escalations,
          holds,
          central: central.view(),
          elsewhere: central.elsewhere(clock.now()),
        },
        clock.now(),
      ),
    status: (count = 100) => ({
      firing: alerts.all().filter(({ ended }) => ended === null).length,
      groups: groups.size,
      owed: [...state.open.values()].flatMap((one) => [...one.recipients.values()].filter(isOwed)).length,
      central: central.view(),
      notifications: lastNotifications(state, count),
    }),
  };
}
