// What a webhook is told: Alertmanager's payload, version 4.
import { labelValue } from '../model/label-value.ts';
import type { Instant } from '../model/units.ts';
import { atOnce } from '../slices.ts';
import type { Alert, LabelSet } from './alert.ts';
import { byCodeUnit } from './fingerprint.ts';
import { isFiring } from './render.ts';
import type { Notice } from './render.ts';

export interface WebhookAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

export interface WebhookPayload {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly WebhookAlert[];
  readonly groupLabels: LabelSet;
  readonly commonLabels: LabelSet;
  readonly commonAnnotations: LabelSet;
  readonly externalURL: string;
  readonly version: '4';
  readonly groupKey: string;
  readonly truncatedAlerts: number;
}

/** Go's zero time: it has not ended. */
const notEnded = '0001-01-01T00:00:00Z';

/** As Go writes it: no more digits of a second than there are. */
export const goTime = (at: Instant): string => new Date(at).toISOString().replace(/\.?0*Z$/, 'Z');

export interface PayloadOptions {
  readonly externalURL: string;
  /** 0: all of them */
  readonly maxAlerts: number;
}

const atOnceWritten = 500;

/** In turns: it may be told of thousands. What is common is common to those that are sent, as Alertmanager has it. */
export function* writingPayload(
  notice: Notice,
  { externalURL, maxAlerts }: PayloadOptions,
): Generator<undefined, WebhookPayload> {
  const { receiver, groupLabels, groupKey } = notice;
  const sent = maxAlerts > 0 ? notice.alerts.slice(0, maxAlerts) : notice.alerts;
  const alerts: WebhookAlert[] = [];
  for (const alert of sent) {
    alerts.push(webhookAlert(alert));
    if (alerts.length % atOnceWritten === 0) yield;
  }
  const commonLabels = commonOf(sent.map(({ labels }) => labels));
  yield;
  return {
    receiver,
    status: statusOf(sent),
    alerts,
    groupLabels,
    commonLabels,
    commonAnnotations: commonOf(sent.map(({ annotations }) => annotations)),
    externalURL,
    version: '4',
    groupKey,
    truncatedAlerts: notice.alerts.length - sent.length + (notice.unnamed ?? 0),
  };
}

export const webhookPayload = (notice: Notice, options: PayloadOptions): WebhookPayload =>
  atOnce(writingPayload(notice, options));

/** Firing as long as one of them fires. */
export const statusOf = (alerts: readonly Alert[]): 'firing' | 'resolved' =>
  alerts.some(isFiring) ? 'firing' : 'resolved';

const webhookAlert = (alert: Alert): WebhookAlert => ({
  status: isFiring(alert) ? 'firing' : 'resolved',
  labels: alert.labels,
  annotations: alert.annotations,
  startsAt: goTime(alert.since),
  endsAt: alert.ended === null ? notEnded : goTime(alert.ended),
  generatorURL: alert.generatorURL ?? '',
  fingerprint: alert.fingerprint,
});

/** The pairs that all of them have. */
export function commonOf(sets: readonly LabelSet[]): LabelSet {
  const [first, ...others] = sets;
  return Object.fromEntries(
    Object.entries(first ?? {}).filter(([name, value]) =>
      others.every((other) => Object.hasOwn(other, name) && other[name] === value),
    ),
  );
}

const sortedFirst = ['job', 'instance'];

/** Alertmanager's order: by job and instance, those without them last; then by the number of labels, then by the labels. */
export function byLabels(one: LabelSet, other: LabelSet): number {
  for (const name of sortedFirst) {
    const [left, right] = [labelValue(one, name), labelValue(other, name)];
    if (left === right) continue;
    if (left === '') return 1;
    if (right === '') return -1;
    return byCodeUnit(left, right);
  }
  const [names, others] = [Object.keys(one), Object.keys(other)];
  if (names.length !== others.length) return names.length - others.length;
  for (const name of [...new Set([...names, ...others])].sort(byCodeUnit)) {
    const order = byCodeUnit(labelValue(one, name), labelValue(other, name));
    if (order !== 0) return order;
  }
  return 0;
}
