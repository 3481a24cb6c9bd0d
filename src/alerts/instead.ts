// Who else is told that a receiver cannot be told: never that receiver alone, and by another kind of channel where there is one.
import type { AlertName } from '../model/reason.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import type { LabelSet } from './alert.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';

const telling: AlertName = 'SpringtideTellingFails';

const speaksAtOnce = ({ role, to }: Integration): boolean =>
  to.length > 0 && (role.kind === 'always' || (role.kind === 'step' && role.step === 0));

/** `receivers`: those to which its routes lead. Null: they are enough, or there is nobody else. */
export function insteadOf(
  document: AlertsDocument,
  { alertname, receiver: failing, channel }: LabelSet,
  receivers: readonly string[],
  now: Instant,
): string | null {
  if (alertname !== telling) return null;
  const speaks = (name: string, besides: string | undefined): boolean =>
    integrationsOf(document, name, now).some((one) => speaksAtOnce(one) && one.channel !== besides);
  if (receivers.some((name) => speaks(name, channel))) return null;
  const others = [document.route.receiver, ...document.receivers.map(({ name }) => name)];
  const another = others.find((name) => speaks(name, channel));
  if (another !== undefined) return another;
  if (receivers.some((name) => name !== failing)) return null;
  return others.find((name) => name !== failing && speaks(name, undefined)) ?? null;
}
