// After a start: what the ledger remembers goes on where it was. Groups, whoever stands in, what is held back, escalations.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import type { Central } from './central.ts';
import type { Group, GroupTable } from './group-table.ts';
import type { Integration } from './integrations.ts';
import type { KnownAlerts } from './known-alerts.ts';
import type { HeldBack } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { openOf, underWayFor } from './reach.ts';
import type { Resettlement } from './resettlement.ts';
import { groupsOf, saysAll } from './spoken-for.ts';
import type { Telling } from './telling.ts';

export interface ResumeParts {
  readonly state: LedgerState;
  readonly document: AlertsDocument;
  readonly alerts: Pick<KnownAlerts, 'all'>;
  readonly groups: Pick<GroupTable, 'place' | 'all' | 'of'>;
  readonly telling: Pick<Telling, 'escalations' | 'holds'>;
  readonly central: Pick<Central, 'refresh'>;
  readonly resettlement: Pick<Resettlement, 'settleAll' | 'withdraw'>;
}

export function resume(parts: ResumeParts): void {
  const { state, document, alerts, groups, telling, central, resettlement } = parts;
  for (const alert of alerts.all()) groups.place(alert);
  // whoever stood in goes on
  for (const group of groups.all()) {
    const open = openOf(state, document, group).map(({ intent }) => intent.at);
    if (open.length > 0) group.owedSince = Math.min(...open) as Instant;
  }
  resettlement.withdraw();
  resettlement.settleAll();
  telling.holds.resume(
    state.held.values(),
    (held) => groupsOf(held, parts)[0],
    (group, integration, held) => isCovered(group, integration, held, state),
  );
  central.refresh();
  telling.escalations.resume(groups.all());
}

/** The message that they waited for was written, and that nobody waits any more was not. */
const isCovered = (group: Group, integration: Integration, { to, until }: HeldBack, state: LedgerState): boolean =>
  underWayFor(state, group, integration).some(({ intent, recipients }) =>
    intent.covers === undefined
      ? saysAll(intent, group, to)
      : // what was held back after it waits for the next one
        to.every((one) => intent.to.includes(one)) &&
        (until <= intent.at || to.every((one) => recipients.get(one)?.state !== 'sent')),
  );
