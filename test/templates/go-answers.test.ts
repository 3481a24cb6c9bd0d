// What Go itself answered for templates over one notification, recorded once: ours are to say the same.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Alert, LabelSet } from '../../src/alerts/alert.ts';
import { templateData } from '../../src/alerts/template-data.ts';
import type { Instant } from '../../src/model/units.ts';
import { defaultTemplates } from '../../src/templates/defaults.ts';
import { parseTemplate } from '../../src/templates/template.ts';

interface Answers {
  readonly data: {
    readonly receiver: string;
    readonly externalURL: string;
    readonly groupLabels: LabelSet;
    readonly alerts: readonly {
      readonly status: string;
      readonly labels: LabelSet;
      readonly annotations: LabelSet;
      readonly startsAt: string;
      readonly endsAt: string;
      readonly generatorURL: string;
      readonly fingerprint: string;
    }[];
  };
  readonly cases: readonly {
    readonly mode: 'text' | 'html';
    readonly template: string;
    readonly text?: string;
    readonly refused?: true;
  }[];
}
const { data, cases } = JSON.parse(readFileSync(new URL('go-answers.json', import.meta.url), 'utf8')) as Answers;

const at = (text: string): Instant => Date.parse(text) as Instant;
const notice = {
  groupKey: '{}',
  groupLabels: data.groupLabels,
  receiver: data.receiver,
  alerts: data.alerts.map(({ status, startsAt, endsAt, ...alert }): Alert => ({
    ...alert,
    since: at(startsAt),
    accepted: at(startsAt),
    ended: status === 'firing' ? null : at(endsAt),
  })),
};

function answered(template: string, mode: 'text' | 'html'): string | null {
  const result = parseTemplate(template, { dialect: 'alertmanager', mode });
  if (!result.ok) return null;
  try {
    return result.template.execute(templateData(notice, { externalUrl: data.externalURL }), { now: at('2026-11-21') });
  } catch {
    return null;
  }
}

it.each(cases)('$mode: $template', ({ mode, template, text = null }) => {
  expect(answered(template, mode)).toBe(text);
});

interface Subjects {
  readonly subject: readonly {
    readonly status: string;
    readonly firing_count: number;
    readonly group_labels: LabelSet;
    readonly common_labels: LabelSet;
    readonly expect: string;
  }[];
}
const { subject } = JSON.parse(
  readFileSync(new URL('../vectors/alertmanager/payload.json', import.meta.url), 'utf8'),
) as Subjects;

it.each(subject)('the default subject $expect', (one) => {
  const count = Math.max(1, one.firing_count);
  const ended = one.status === 'firing' ? null : at('2026-11-21');
  const alerts = Array.from({ length: count }, (_, index): Alert => ({
    fingerprint: String(index),
    labels: count > 1 ? { ...one.common_labels, number: String(index) } : one.common_labels,
    annotations: {},
    since: at('2026-11-20'),
    accepted: at('2026-11-20'),
    ended,
  }));
  const about = { groupKey: '{}', groupLabels: one.group_labels, receiver: 'ops', alerts };
  const result = parseTemplate('{{ template "email.default.subject" . }}', {
    dialect: 'alertmanager',
    set: defaultTemplates,
  });
  expect(
    result.ok && result.template.execute(templateData(about, { externalUrl: '' }), { now: at('2026-11-21') }),
  ).toBe(one.expect);
});
