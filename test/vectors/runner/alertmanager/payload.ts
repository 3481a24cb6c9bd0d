// alertmanager: what a notification says: fingerprints, what its alerts have in common, the subject, the body of a webhook.
import { alertsDocument } from '../../../../src/config/schema/alerts.ts';
import type { Alert } from '../../../../src/alerts/alert.ts';
import { fingerprintOf } from '../../../../src/alerts/fingerprint.ts';
import { fillNotice } from '../../../../src/alerts/notice-templates.ts';
import type { Notice } from '../../../../src/alerts/render.ts';
import { webhookPayload, type WebhookPayload } from '../../../../src/alerts/webhook-payload.ts';
import { instantOf } from '../../../../src/model/units.ts';
import type { Instant } from '../../../../src/model/units.ts';
import { wholeAdapter, type Fields } from '../vector.ts';

type Labels = Readonly<Record<string, string>>;

const now = Date.UTC(2026, 0, 1) as Instant;

export const fingerprintCase = wholeAdapter<{ whole: { readonly labels: Labels; readonly expect: string } }>(
  ({ labels, expect }) => ({ expected: { fingerprint: expect }, got: { fingerprint: fingerprintOf(labels) } }),
);

const anAlert = (labels: Labels, annotations: Labels = {}, state = 'firing'): Alert => ({
  fingerprint: fingerprintOf(labels),
  labels,
  annotations,
  since: now,
  ended: state === 'resolved' ? now : null,
  accepted: now,
});

const aNotice = (alerts: readonly Alert[], groupLabels: Labels = {}): Notice => ({
  groupKey: '{}:{}',
  groupLabels,
  receiver: 'any',
  alerts,
});

interface Data {
  readonly group_labels?: Labels;
  readonly alerts: readonly { readonly state: string; readonly labels: Labels; readonly annotations?: Labels }[];
  readonly expect: Fields;
}

export const dataCase = wholeAdapter<{ whole: Data }>(({ group_labels: groupLabels, alerts, expect }) => {
  const notice = aNotice(
    alerts.map(({ labels, annotations, state }) => anAlert(labels, annotations, state)),
    groupLabels,
  );
  return { expected: expect, got: { ...webhookPayload(notice, { externalURL: '', maxAlerts: 0 }) } };
});

interface Subject {
  readonly status: string;
  readonly firing_count: number;
  readonly group_labels: Labels;
  readonly common_labels: Labels;
  readonly expect: string;
}

const document = alertsDocument.parse({ route: { receiver: 'any' }, receivers: [{ name: 'any' }] });

export const subjectCase = wholeAdapter<{ whole: Subject }>((whole) => {
  const one = anAlert(whole.common_labels, {}, whole.status);
  const alerts = Array.from({ length: Math.max(1, whole.firing_count) }, () => one);
  const notice = aNotice(alerts, whole.group_labels);
  const filled = fillNotice('Subject', '{{ template "email.default.subject" . }}', { notice, document, now });
  return { expected: { subject: whole.expect }, got: { subject: filled.ok ? filled.text : filled.why } };
});

/** What is sent, made of the alerts that were sent then. */
export const webhookCase = wholeAdapter<{ whole: WebhookPayload }>((sample) => {
  const alerts = sample.alerts.map((alert): Alert => {
    const since = instantOf(alert.startsAt) ?? now;
    const ended = alert.status === 'resolved' ? instantOf(alert.endsAt) : null;
    return { ...anAlert(alert.labels, alert.annotations), since, ended, generatorURL: alert.generatorURL };
  });
  const { groupKey, groupLabels, receiver, externalURL } = sample;
  const payload = webhookPayload({ groupKey, groupLabels, receiver, alerts }, { externalURL, maxAlerts: 0 });
  return { expected: inMilliseconds(sample), got: { ...payload } };
});

/** Our instants have no finer parts; Go writes as many as there are. */
const inMilliseconds = (sample: WebhookPayload): Fields => ({
  ...sample,
  alerts: sample.alerts.map((alert) => ({ ...alert, startsAt: alert.startsAt.replace(/(\.\d{3})\d+Z$/, '$1Z') })),
});

export const maxAlertsCase = wholeAdapter<{
  whole: {
    readonly alerts: number;
    readonly max_alerts: number;
    readonly expect: { readonly sent: number; readonly truncatedAlerts: number };
  };
}>(({ alerts: count, max_alerts: maxAlerts, expect }) => {
  const alerts = Array.from({ length: count }, (_, index) => anAlert({ instance: `${index}` }));
  const payload = webhookPayload(aNotice(alerts), { externalURL: '', maxAlerts });
  return { expected: expect, got: { sent: payload.alerts.length, truncatedAlerts: payload.truncatedAlerts } };
});
