// Alerts, messages about them, delivery reports and catalogues for tests.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { alertOf } from '../../src/alerts/alert.ts';
import type { Alert } from '../../src/alerts/alert.ts';
import type { Receipt } from '../../src/alerts/channels/sms/receipt.ts';
import type { Intent } from '../../src/alerts/ledger/records.ts';
import type { Notice } from '../../src/alerts/render.ts';
import { alertsDocument } from '../../src/config/schema/alerts.ts';
import type { AlertsDocument } from '../../src/config/schema/alerts.ts';
import type { PlanAlert } from '../../src/model/plan.ts';
import type { Language, Texts } from '../../src/model/texts.ts';
import type { Instant } from '../../src/model/units.ts';

export const start = Date.UTC(2026, 10, 11, 2) as Instant;

type Labels = Readonly<Record<string, string>>;

export function aCondition(
  name: string,
  changes: { labels?: Labels; annotations?: Labels; state?: PlanAlert['state'] } = {},
): PlanAlert {
  return {
    labels: { alertname: name, cluster: 'bank-3', severity: 'page', ...changes.labels },
    annotations: { summary: `${name} on bank-3`, sms: `bank-3: ${name}`, ...changes.annotations },
    state: changes.state ?? 'firing',
    since: '2026-11-11T02:00:00Z',
  };
}

export const anAlert = (annotations: Labels, labels: Labels = {}): Alert =>
  alertOf({ ...aCondition('SpringtidePoolAtMaximum', { labels }), annotations }, {}, start);

export const aNotice = (...alerts: readonly Alert[]): Notice => ({
  groupKey: '{}:{alertname="SpringtidePoolAtMaximum"}',
  groupLabels: { alertname: 'SpringtidePoolAtMaximum' },
  receiver: 'duty',
  alerts,
});

/** An SMS to one on duty that says nothing yet. */
export const anIntent = (id: string, changes: Partial<Intent> = {}): Intent => ({
  id,
  groupKey: `{}:{number="${id}"}`,
  groupLabels: {},
  receiver: 'duty',
  channel: 'sms',
  index: 0,
  reason: 'FirstNotification',
  at: start,
  alerts: [],
  firing: [],
  resolved: [],
  to: ['zhang'],
  text: 'full',
  ...changes,
});

/** That the first message of a story did not arrive. */
export const aLostReport = (changes: Partial<Receipt> = {}): Receipt => ({
  gateway: 'main',
  providerId: 'm1',
  reference: null,
  to: null,
  status: 'failed',
  code: 'UNDELIV',
  at: null,
  ...changes,
});

/** Read once: a pipeline asks for it at every flush. */
const catalogues = new Map<Language, Texts>();

export function catalogue(language: Language): Texts {
  const known = catalogues.get(language);
  if (known !== undefined) return known;
  const file = new URL(`../../config/messages.${language}.yaml`, import.meta.url);
  const read: Texts = { language, sentences: parse(readFileSync(file, 'utf8')) as Record<string, string> };
  catalogues.set(language, read);
  return read;
}

export const anAlertsDocument = (text: string): AlertsDocument => alertsDocument.parse(parse(text));
