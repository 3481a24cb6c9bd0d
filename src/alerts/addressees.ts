// Whom the templates of `to` mean: now, by what the alerts of a group say; and before, by what is remembered of it.
import { isTemplate, splitAddresses } from '../templates/recipients.ts';
import type { Integration } from './integrations.ts';
import { placeOf } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { fillNotice } from './notice-templates.ts';
import type { Filling } from './notice-templates.ts';
import { oneLine } from './render.ts';

type Remembered = Pick<LedgerState, 'toldOf'>;
type Named = Pick<Integration, 'to' | 'receiver' | 'channel' | 'index'>;

/** No address is longer: nobody's label is to fill the ledger. */
const longest = 320;

export const hasTemplate = ({ to, channel }: Pick<Integration, 'to' | 'channel'>): boolean =>
  channel === 'email' && to.some(isTemplate);

/** Each is a recipient of his own: what he was told, what he is owed and why he is refused. */
export function namedNow(integration: Integration, filling: () => Filling): readonly string[] {
  if (integration.role.kind === 'gone' || !hasTemplate(integration)) return integration.to;
  const asked = filling();
  const { alerts } = asked.notice;
  if (alerts.length === 0) return namedAlways(integration);
  return [...new Set(integration.to.flatMap((to) => (isTemplate(to) ? filledIn(to, asked) : [to])))];
}

/** A template that looks at more alerts at once comes to its own end before theirs. */
const atOnce = 1000;
/** Nobody else is answered meanwhile. */
const mostTurns = 10;

/** A template that fails, or names nobody, stands for itself: it is refused when it is sent, and says why. */
function filledIn(template: string, filling: Filling): readonly string[] {
  const { notice } = filling;
  const named: string[] = [];
  for (let turn = 0; turn < mostTurns && turn * atOnce < notice.alerts.length; turn += 1) {
    const alerts = notice.alerts.slice(turn * atOnce, (turn + 1) * atOnce);
    const filled = fillNotice('to', template, { ...filling, notice: { ...notice, alerts } });
    if (filled.ok) named.push(...splitAddresses(filled.text).map((one) => oneLine(one).slice(0, longest)));
  }
  return named.length === 0 ? [template] : named;
}

const namedAlways = (integration: Named): readonly string[] => integration.to.filter((to) => !isTemplate(to));

/** Who knows something of the group by this integration, where its templates may have named him. */
export function namedBefore(integration: Named, groupKey: string, { toldOf }: Remembered): readonly string[] {
  if (!hasTemplate(integration)) return [];
  const { receiver, channel, index } = integration;
  return [...(toldOf.get(groupKey) ?? [])].flatMap((key) => {
    const place = placeOf(key);
    return place.receiver === receiver && place.channel === channel && place.index === index ? [place.to] : [];
  });
}

/** Those who are told of the group, as far as that is known without asking what its alerts say. */
export const addresseesOf = (integration: Named, groupKey: string, state: Remembered): readonly string[] =>
  hasTemplate(integration)
    ? [...new Set([...namedAlways(integration), ...namedBefore(integration, groupKey, state)])]
    : integration.to;
