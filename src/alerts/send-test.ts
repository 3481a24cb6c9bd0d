// A test message to everybody of one receiver, by every channel of it: past routes, groups, silences, budgets and the ledger.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import { messageOf } from '../model/errors.ts';
import { fillText } from '../model/texts.ts';
import type { Texts } from '../model/texts.ts';
import { rfc3339, seconds } from '../model/units.ts';
import { namedNow } from './addressees.ts';
import { alertOf, periodOf } from './alert.ts';
import { retry } from './channels/channel.ts';
import type { Delivery, SendResult } from './channels/channel.ts';
import type { Channels } from './courier.ts';
import { integrationsOf } from './integrations.ts';
import type { Integration } from './integrations.ts';
import { intentOf } from './intent.ts';
import type { ChannelKind } from './ledger/records.ts';

export interface TestResult {
  readonly channel: ChannelKind;
  readonly to: string;
  readonly outcome: 'sent' | 'failed';
  readonly reason: string | null;
  readonly message: string | null;
  readonly providerId: string | null;
}

export interface TestParts {
  readonly clock: Clock;
  readonly document: AlertsDocument;
  readonly texts: Texts;
  readonly channels: Channels;
}

const testAlertName = 'SpringtideTestAlert';
/** Somebody waits for the answer: nothing is tried again. */
const deadline = seconds(20);

/** Null where there is no such receiver. */
export async function sendTest(receiver: string, parts: TestParts): Promise<readonly TestResult[] | null> {
  const { document, clock } = parts;
  if (!document.receivers.some(({ name }) => name === receiver)) return null;
  const now = clock.now();
  // whoever is over his budget would be told the same twice
  const integrations = integrationsOf(document, receiver, now).filter(({ role }) => role.kind !== 'overflow');
  const results = await Promise.all(integrations.map((integration) => tested(integration, receiver, parts)));
  return results.flat();
}

async function tested(integration: Integration, receiver: string, parts: TestParts): Promise<TestResult[]> {
  const { clock, document, texts, channels } = parts;
  const now = clock.now();
  const { channel } = integration;
  const say = (part: string): string => fillText(texts, `message.test.${part}`, { receiver });
  const alert = alertOf(
    {
      labels: { alertname: testAlertName, receiver },
      annotations: { summary: say('summary'), description: say('description'), sms: say('summary') },
      state: 'firing',
      since: rfc3339(now),
    },
    document.global.labels,
    now,
  );
  const about = { groupKey: `{}:{alertname="${testAlertName}"}`, groupLabels: { alertname: testAlertName } };
  const to = namedNow(integration, () => ({ notice: { ...about, receiver, alerts: [alert] }, document, now }));
  const intent = intentOf(
    about,
    integration,
    {
      notify: { to, reason: 'FirstNotification', alerts: [alert] },
      firing: [periodOf(alert)],
      resolved: [],
      muted: [],
      silently: [],
      supersede: false,
    },
    { document, texts, linkSecret: null, codeKey: null },
    now,
  );
  if (intent === null) return [];
  const batches = channels[channel].style === 'together' ? [to] : to.map((one) => [one]);
  const sent = await Promise.all(
    batches.map((batch) =>
      inTime(clock, batch, (signal) => {
        const { id, text } = intent;
        return transmitted(
          integration,
          { id, at: now, notice: intent, text, to: batch, everybody: to, document, signal },
          channels,
        );
      }),
    ),
  );
  return sent.flat().map((result) => resultOf(channel, result));
}

function transmitted(integration: Integration, delivery: Delivery, channels: Channels): Promise<readonly SendResult[]> {
  switch (integration.channel) {
    case 'email':
      return channels.email.send(delivery, integration.settings);
    case 'sms':
      return channels.sms.send(delivery, integration.settings);
    case 'webhook':
      return channels.webhook.send(delivery, integration.settings);
  }
}

async function inTime(
  clock: Clock,
  to: readonly string[],
  send: (signal: AbortSignal) => Promise<readonly SendResult[]>,
): Promise<readonly SendResult[]> {
  const abort = new AbortController();
  const all = (reason: 'Timeout' | 'Unexpected', message: string): readonly SendResult[] =>
    to.map((one) => retry(one, reason, message));
  return new Promise((resolve) => {
    const cancel = clock.after(deadline, () => {
      abort.abort();
      resolve(all('Timeout', `no answer within ${deadline / 1000} s`));
    });
    const ended = (results: readonly SendResult[]): void => {
      cancel();
      resolve(results);
    };
    send(abort.signal).then(ended, (error: unknown) => ended(all('Unexpected', messageOf(error))));
  });
}

function resultOf(channel: ChannelKind, result: SendResult): TestResult {
  const { to } = result;
  return result.status === 'sent'
    ? { channel, to, outcome: 'sent', reason: null, message: null, providerId: result.providerId }
    : { channel, to, outcome: 'failed', reason: result.reason, message: result.message, providerId: null };
}
