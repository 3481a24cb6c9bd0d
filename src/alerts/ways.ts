// The way by which somebody was told, remembered beside what he knows: the end takes it where the configuration has it no more.
import { createHash } from 'node:crypto';
import type { AlertsDocument } from '../model/config.ts';
import type { EmailSettings } from './channels/mail-settings.ts';
import type { WebhookSettings } from './channels/webhook.ts';
import { reaches } from './integrations.ts';
import type { Integration, SmsIntegrationSettings } from './integrations.ts';
import type { ChannelKind, Intent, LedgerRecord } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';

interface Remembered<Kind extends ChannelKind, Settings> {
  readonly channel: Kind;
  /** as they were written, without those who are reached */
  readonly settings: Settings;
  readonly sendResolved: boolean;
  /** where those who have a name were reached */
  readonly people: AlertsDocument['people'];
}

export type Way =
  | Remembered<'email', EmailSettings>
  | Remembered<'sms', SmsIntegrationSettings>
  | Remembered<'webhook', WebhookSettings>;

/** One recipient of one integration, as the ledger names him. */
export interface Place {
  readonly receiver: string;
  readonly channel: ChannelKind;
  readonly index: number;
  readonly to: string;
}

/** Integrations of the configuration count from below. */
const firstGone = 10_000_000;
export const isGone = ({ index }: Pick<Place, 'index'>): boolean => index >= firstGone;

/** Another number for each, so that none of them takes the place of somebody whom the configuration names. */
export const goneIndex = (channel: ChannelKind, to: string, way: string | undefined): number =>
  firstGone + Number.parseInt(hashOf([channel, to, way ?? '']).slice(0, 8), 16);

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

function wayOf(integration: Integration, { people }: Pick<AlertsDocument, 'people'>): Way {
  const named = [...integration.to, ...integration.others].filter((name) => Object.hasOwn(people, name)).sort();
  const beside = {
    sendResolved: integration.sendResolved,
    people: Object.fromEntries(named.flatMap((name) => (people[name] === undefined ? [] : [[name, people[name]]]))),
  };
  switch (integration.channel) {
    case 'email':
      return { ...beside, channel: 'email', settings: { ...integration.settings, to: '' } };
    case 'sms':
      return { ...beside, channel: 'sms', settings: { ...integration.settings, to: [] } };
    case 'webhook':
      return { ...beside, channel: 'webhook', settings: integration.settings };
  }
}

/** The message and, where it is not remembered yet, the way that it takes. */
export function withWay(
  intent: Intent,
  integration: Integration,
  { state, document }: { readonly state: Pick<LedgerState, 'ways'>; readonly document: AlertsDocument },
): readonly LedgerRecord[] {
  // the way of those who are gone is remembered already
  if (integration.role.kind === 'gone') return [{ kind: 'intent', intent: { ...intent, way: integration.role.way } }];
  const way = wayOf(integration, document);
  const id = hashOf(way).slice(0, 12);
  const told: LedgerRecord = { kind: 'intent', intent: { ...intent, way: id } };
  return state.ways.has(id) ? [told] : [{ kind: 'way', id, way }, told];
}

const addressOf = ({ url, url_file: file }: WebhookSettings): string => JSON.stringify([url, file]);

/** Whether the integration is what this one was told by, wherever it stands in the file now. */
export function serves(integration: Integration, { channel, index, to }: Omit<Place, 'receiver'>, way?: Way): boolean {
  if (integration.channel !== channel || integration.role.kind === 'gone') return false;
  if (integration.channel !== 'webhook') return reaches(integration, to);
  // a webhook is its address; of those that were told before this was remembered the number is all that there is
  if (way?.channel !== 'webhook') return integration.index === index;
  return addressOf(integration.settings) === addressOf(way.settings);
}

/** What still says the end to somebody whom the configuration does not name any more; null: nothing can. */
export function goneIntegration(
  { receiver, channel, index, to }: Place,
  id: string | undefined,
  ways: LedgerState['ways'],
  document: AlertsDocument,
): Integration | null {
  const way = id === undefined ? undefined : ways.get(id);
  const common = { receiver, index, to: [to], others: [], sendResolved: way?.sendResolved ?? true };
  const role = { kind: 'gone', way: id } as const;
  switch (channel) {
    case 'email': {
      const settings = way?.channel === 'email' ? way.settings : { send_resolved: true, headers: {} };
      return { ...common, role, channel, settings: { ...settings, to } };
    }
    case 'sms': {
      const settings: SmsIntegrationSettings = way?.channel === 'sms' ? way.settings : { to: [], max_segments: 2 };
      // where his gateway is gone too, the first one of those that are there
      const gateway = document.sms_gateways.find(({ name }) => name === settings.gateway)?.name;
      return { ...common, role, channel, settings: { ...settings, gateway, to: [to] } };
    }
    case 'webhook':
      return way?.channel === 'webhook' ? { ...common, role, channel, settings: way.settings } : null;
  }
}

/** The addresses that people have, and of those who are gone the ones that they had. */
export function withRemembered(document: AlertsDocument, way: Way | undefined): AlertsDocument {
  if (way === undefined) return document;
  const people = { ...document.people };
  for (const [name, was] of Object.entries(way.people)) people[name] = { ...was, ...document.people[name] };
  return { ...document, people };
}
