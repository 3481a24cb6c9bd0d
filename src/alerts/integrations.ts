// A receiver taken apart: one integration a configuration and one a step of its escalation, each with the people it reaches.
import { mailAddressIn } from '../model/addresses.ts';
import { otherReceiverKinds } from '../model/receiver-kinds.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Instant } from '../model/units.ts';
import { splitRecipients } from '../templates/recipients.ts';
import type { EmailSettings } from './channels/mail-settings.ts';
import type { SmsPlaces } from './channels/sms/sms-channel.ts';
import type { WebhookSettings } from './channels/webhook.ts';
import { everybodyOf, onDuty } from './on-call.ts';
import { oncePerTelephone } from './sms-history.ts';
import { isLimitedByVendor } from './vendor-limits.ts';

interface Common {
  readonly receiver: string;
  /** the number of the configuration; a step of an escalation begins at 100 */
  readonly index: number;
  /** who is told from now on */
  readonly to: readonly string[];
  /** who may have been told before, by a rota that has moved on */
  readonly others: readonly string[];
  readonly sendResolved: boolean;
  readonly role: Role;
}

/** When an integration speaks; when it does not, it still says the end of what it has announced. */
export type Role =
  | { readonly kind: 'always' }
  /** once the escalation has come so far */
  | { readonly kind: 'step'; readonly step: number }
  /** mail to those whose SMS are over their budget, or wait for a morning; the number is that of the SMS integration */
  | { readonly kind: 'overflow'; readonly of: number }
  /** the configuration does not name him any more; how he was told, where that is remembered */
  | { readonly kind: 'gone'; readonly way: string | undefined };

export interface SmsIntegrationSettings extends SmsPlaces {
  readonly max_segments: number;
  readonly text?: string | undefined;
}

export type Integration =
  | (Common & { readonly channel: 'email'; readonly settings: EmailSettings })
  | (Common & { readonly channel: 'sms'; readonly settings: SmsIntegrationSettings })
  | (Common & { readonly channel: 'webhook'; readonly settings: WebhookSettings });

type Receiver = AlertsDocument['receivers'][number];
type Step = Receiver['escalation'][number];

export const stepIndex = (step: number): number => 100 + step;
const overflowIndex = (sms: number): number => 1000 + sms;
const defaultSegments = 2;

/** In a storm thousands of groups of few receivers are decided at one instant. */
let lastAsked: {
  readonly document: AlertsDocument;
  readonly now: Instant;
  readonly found: Map<string, readonly Integration[]>;
} | null = null;

/** SMS first: it is what wakes people. */
export function integrationsOf(document: AlertsDocument, receiver: string, now: Instant): readonly Integration[] {
  if (lastAsked?.document !== document || lastAsked.now !== now) lastAsked = { document, now, found: new Map() };
  const known = lastAsked.found.get(receiver);
  if (known !== undefined) return known;
  const found = takenApart(document, receiver, now);
  lastAsked.found.set(receiver, found);
  return found;
}

function takenApart(document: AlertsDocument, receiver: string, now: Instant): readonly Integration[] {
  return receiversOf(document, receiver).flatMap((one) => {
    const found = document.receivers.find(({ name }) => name === one);
    return found === undefined ? [] : ownIntegrations(document, found, now);
  });
}

/** A receiver itself, and whoever stands in for what of it is not supported. */
export function receiversOf(document: AlertsDocument, receiver: string): readonly string[] {
  const found = document.receivers.find(({ name }) => name === receiver);
  const standIn = document.unsupportedReceivers?.use;
  const isSupported = otherReceiverKinds.every((kind) => (found?.[`${kind}_configs`] ?? []).length === 0);
  return isSupported || standIn === undefined || standIn === receiver ? [receiver] : [receiver, standIn];
}

function ownIntegrations(document: AlertsDocument, found: Receiver, now: Instant): Integration[] {
  const receiver = found.name;
  const plain = { receiver, others: [], role: { kind: 'always' } as const };
  const integrations: Integration[] = [
    ...found.sms_configs.map((settings, index) => {
      const duty = dutyOf(document, settings.oncall, now);
      const to = oncePerTelephone(document, [...settings.to, ...duty.to]);
      return {
        ...plain,
        channel: 'sms' as const,
        index,
        to,
        others: duty.others,
        sendResolved: settings.send_resolved,
        settings: { ...settings, to },
      };
    }),
    ...found.escalation.flatMap((step, number) => stepIntegrations(document, receiver, step, number, now)),
    ...found.email_configs.map((settings, index) => ({
      ...plain,
      channel: 'email' as const,
      index,
      to: splitRecipients(settings.to),
      sendResolved: settings.send_resolved,
      settings,
    })),
    ...found.webhook_configs.map((settings, index) => ({
      ...plain,
      channel: 'webhook' as const,
      index,
      to: [`webhook ${index + 1}`],
      sendResolved: settings.send_resolved,
      settings,
    })),
  ];
  const isMailedAnyhow = document.budgets.sms !== undefined || found.quietHours?.then === 'email';
  const mayWait = integrations.filter(
    ({ channel, settings }) => channel === 'sms' && (isMailedAnyhow || isLimitedByVendor(document, settings)),
  );
  return [...integrations, ...mayWait.flatMap((integration) => overflowOf(document, integration, integrations))];
}

function overflowOf({ people }: AlertsDocument, integration: Integration, all: readonly Integration[]): Integration[] {
  const { receiver, index, others, sendResolved } = integration;
  const mailed = mailedBeside(people, integration, all);
  const hasMail = (one: string): boolean => {
    const address = addressOf(people, one);
    return address !== undefined && !mailed.has(mailboxIn(address));
  };
  const to = integration.to.filter(hasMail);
  if (to.length === 0) return [];
  const settings = { to: to.join(', '), send_resolved: sendResolved, headers: {} };
  return [
    {
      channel: 'email',
      receiver,
      index: overflowIndex(index),
      to,
      others: others.filter(hasMail),
      sendResolved,
      role: { kind: 'overflow', of: index },
      settings,
    },
  ];
}

/** Whoever is mailed by the receiver itself at the same time needs no other mail. */
const mailedBeside = (
  people: AlertsDocument['people'],
  { role }: Integration,
  all: readonly Integration[],
): ReadonlySet<string> =>
  new Set(
    all
      .filter((one) => one.channel === 'email' && (one.role.kind === 'always' || isSameStep(one.role, role)))
      .flatMap(({ to }) => to.map((one) => mailboxIn(addressOf(people, one) ?? one))),
  );

const addressOf = (people: AlertsDocument['people'], name: string): string | undefined =>
  Object.hasOwn(people, name) ? people[name]?.email : undefined;

/** Whatever name stands before it, and however it is written. */
const mailboxIn = (written: string): string => (mailAddressIn(written) ?? written).toLowerCase();

const isSameStep = (one: Role, other: Role): boolean =>
  one.kind === 'step' && other.kind === 'step' && one.step === other.step;

interface Duty {
  readonly to: readonly string[];
  readonly others: readonly string[];
}

function dutyOf(document: AlertsDocument, name: string | undefined, now: Instant): Duty {
  const rota = name === undefined ? undefined : document.oncall.find((one) => one.name === name);
  if (rota === undefined) return { to: [], others: [] };
  const who = onDuty(rota, now);
  return { to: [who], others: everybodyOf(rota).filter((one) => one !== who) };
}

function stepIntegrations(
  document: AlertsDocument,
  receiver: string,
  step: Step,
  number: number,
  now: Instant,
): Integration[] {
  const reached = (target: NonNullable<Step['sms']>): Duty => {
    const duty = dutyOf(document, target.oncall, now);
    const { person, to } = target;
    const written = [
      ...(person === undefined ? [] : [person]),
      ...(typeof to === 'string' ? splitRecipients(to) : (to ?? [])),
    ];
    return { to: [...new Set([...written, ...duty.to])], others: duty.others };
  };
  const role = { kind: 'step', step: number } as const;
  const common = { receiver, index: stepIndex(number), sendResolved: true, role };
  const integrations: Integration[] = [];
  if (step.sms !== undefined) {
    const named = reached(step.sms);
    const people = { ...named, to: oncePerTelephone(document, named.to) };
    const settings = { to: people.to, gateway: step.sms.gateway, max_segments: defaultSegments };
    integrations.push({ ...common, ...people, channel: 'sms', settings });
  }
  if (step.email !== undefined) {
    const people = reached(step.email);
    const settings = { to: people.to.join(', '), send_resolved: true, headers: {} };
    integrations.push({ ...common, ...people, channel: 'email', settings });
  }
  return integrations;
}

/** Those who may be sent what is still owed to them. */
export const reaches = ({ to, others }: Integration, one: string): boolean => to.includes(one) || others.includes(one);
