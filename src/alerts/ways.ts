// The way by which somebody was told, remembered beside what he knows: the end takes it where the configuration has it no more.
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { isTemplate, splitRecipients } from '../templates/recipients.ts';
import { hasTemplate } from './addressees.ts';
import type { EmailSettings } from './channels/mail-settings.ts';
import type { WebhookSettings } from './channels/webhook.ts';
import { integrationsOf, reaches } from './integrations.ts';
import type { Integration, SmsIntegrationSettings } from './integrations.ts';
import type { ChannelKind, Intent, LedgerRecord } from './ledger/records.ts';
import type { LedgerState } from './ledger/state.ts';
import { hashOf, withoutSecrets } from './unwritten.ts';

interface Remembered<Kind extends ChannelKind, Settings> {
  readonly channel: Kind;
  /** as they were written, without secrets, and without those who are reached: of `to` the templates only */
  readonly settings: Settings;
  /** some of them were left out: without these the way leads nowhere */
  readonly lacks?: true | undefined;
  /** of a webhook: what it is known again by */
  readonly address?: string | undefined;
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
export const goneIndex = (channel: ChannelKind, to: string, way: Way | undefined): number =>
  firstGone + Number.parseInt(hashOf([channel, to, endOf(way, to)]).slice(0, 8), 16);

/** Who is reached by it, whoever else is: one person has one account. */
function endOf(way: Way | undefined, to: string): unknown {
  switch (way?.channel) {
    case undefined:
      return null;
    case 'email':
      return way.people[to]?.email ?? null;
    case 'sms':
      return [way.settings.gateway, way.people[to]?.sms];
    case 'webhook':
      return knownBy(way);
  }
}

/** What is written of a way, and with it, as long as this process lives, the whole of it. */
const whole = new WeakMap<Way, Way>();

const wholeOf = (way: Way): Way => whole.get(way) ?? way;

/** After a start: ways that the configuration still has are whole again. */
export function recallSecrets(ways: LedgerState['ways'], document: AlertsDocument, now: Instant): void {
  if (![...ways.values()].some((way) => way.lacks === true && !whole.has(way))) return;
  for (const { name } of document.receivers)
    for (const integration of integrationsOf(document, name, now)) {
      const found = wayOf(integration, document);
      const known = ways.get(idOf(found));
      if (known !== undefined) whole.set(known, found);
    }
}

const idOf = (way: Way): string => hashOf(way).slice(0, 12);

function writtenOf(way: Way): Way {
  const settings = withoutSecrets(way.settings);
  if (JSON.stringify(settings) === JSON.stringify(way.settings)) return way;
  const address = way.channel === 'webhook' ? { address: addressOf(way.settings) } : {};
  const written = { ...way, settings, ...address, lacks: true } as Way;
  whole.set(written, way);
  return written;
}

function wayOf(integration: Integration, { people }: Pick<AlertsDocument, 'people'>): Way {
  const named = [...integration.to, ...integration.others].filter((name) => Object.hasOwn(people, name)).sort();
  const beside = {
    sendResolved: integration.sendResolved,
    people: Object.fromEntries(named.flatMap((name) => (people[name] === undefined ? [] : [[name, people[name]]]))),
  };
  switch (integration.channel) {
    case 'email':
      return { ...beside, channel: 'email', settings: { ...integration.settings, to: templatesOf(integration) } };
    case 'sms':
      return { ...beside, channel: 'sms', settings: { ...integration.settings, to: [] } };
    case 'webhook':
      return { ...beside, channel: 'webhook', settings: integration.settings };
  }
}

/** Whom these name is not written beside them: they are a part of the way. */
const templatesOf = ({ to }: Integration): string => to.filter(isTemplate).join(', ');

/** The message and, where it is not remembered yet, the way that it takes. */
export function withWay(
  intent: Intent,
  integration: Integration,
  { state, document }: { readonly state: Pick<LedgerState, 'ways'>; readonly document: AlertsDocument },
): readonly LedgerRecord[] {
  // the way of those who are gone is remembered already
  if (integration.role.kind === 'gone') return [{ kind: 'intent', intent: { ...intent, way: integration.role.way } }];
  const { id, records } = rememberedWay(integration, { state, document });
  return [...records, { kind: 'intent', intent: { ...intent, way: id } }];
}

/** `records`: none where it is remembered already. */
export function rememberedWay(
  integration: Integration,
  { state, document }: { readonly state: Pick<LedgerState, 'ways'>; readonly document: AlertsDocument },
): { readonly id: string; readonly records: readonly LedgerRecord[] } {
  const way = wayOf(integration, document);
  const id = idOf(way);
  return { id, records: state.ways.has(id) ? [] : [{ kind: 'way', id, way: writtenOf(way) }] };
}

const knownBy = ({ address, settings }: Remembered<'webhook', WebhookSettings>): string =>
  address ?? addressOf(settings);

const addressOf = ({ url, url_file: file }: WebhookSettings): string => hashOf([url, file]);

/** Two ways that lead to one webhook, whatever else stands beside its address. */
export function isSameWebhook(one: string | undefined, other: string | undefined, ways: LedgerState['ways']): boolean {
  const [first, second] = [one, other].map((id) => (id === undefined ? undefined : ways.get(id)));
  if (first?.channel !== 'webhook' || second?.channel !== 'webhook') return false;
  return one === other || knownBy(first) === knownBy(second);
}

/** Whether the integration is what this one was told by, wherever it stands in the file now. */
export function serves(integration: Integration, { channel, index, to }: Omit<Place, 'receiver'>, way?: Way): boolean {
  if (integration.channel !== channel || integration.role.kind === 'gone') return false;
  if (integration.channel !== 'webhook') return reaches(integration, to) || mayName(integration, index, way);
  // a webhook is its address; of those that were told before this was remembered the number is all that there is
  if (way?.channel !== 'webhook') return integration.index === index;
  return addressOf(integration.settings) === knownBy(way);
}

/** A template has named him: here, or where the same one stands now. */
function mayName(integration: Integration, index: number, way: Way | undefined): boolean {
  const written = way?.channel === 'email' ? splitRecipients(way.settings.to) : [];
  if (written.length === 0 || !hasTemplate(integration)) return false;
  return integration.index === index || integration.to.some((to) => written.includes(to));
}

/** What still says the end to somebody whom the configuration does not name any more; null: nothing can. */
export function goneIntegration(
  { receiver, channel, index, to }: Place,
  id: string | undefined,
  ways: LedgerState['ways'],
  document: AlertsDocument,
): Integration | null {
  const written = id === undefined ? undefined : ways.get(id);
  const way = written === undefined ? undefined : wholeOf(written);
  const common = { receiver, index, to: [to], others: [], sendResolved: way?.sendResolved ?? true };
  const role = { kind: 'gone', way: id } as const;
  switch (channel) {
    case 'email': {
      // without its password its own server lets nobody in: by the one of all others then
      const isWhole = way?.channel === 'email' && way.lacks === undefined;
      const settings = isWhole ? way.settings : { send_resolved: true, headers: {} };
      return { ...common, role, channel, settings: { ...settings, to } };
    }
    case 'sms': {
      const settings: SmsIntegrationSettings = way?.channel === 'sms' ? way.settings : { to: [], max_segments: 2 };
      // where his gateway is gone too, the first one of those that are there
      const gateway = document.sms_gateways.find(({ name }) => name === settings.gateway)?.name;
      return { ...common, role, channel, settings: { ...settings, gateway, to: [to] } };
    }
    case 'webhook':
      return way?.channel === 'webhook' && way.lacks === undefined
        ? { ...common, role, channel, settings: way.settings }
        : null;
  }
}

/** The addresses that people have, and of those who are gone the ones that they had. */
export function withRemembered(document: AlertsDocument, way: Way | undefined): AlertsDocument {
  if (way === undefined) return document;
  const people = { ...document.people };
  for (const [name, was] of Object.entries(way.people)) people[name] = { ...was, ...document.people[name] };
  return { ...document, people };
}
