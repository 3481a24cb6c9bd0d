// Whether somebody can be mailed where an SMS waits: in quiet hours with `then: email`, over a budget, and over a vendor's limit.
import type { ProblemPath } from './problem.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isText = (value: unknown): value is string => typeof value === 'string';
const textsIn = (value: unknown): string[] =>
  isText(value) ? value.split(',').map((one) => one.trim()) : list(value).filter(isText);

export function mailInsteadFindings(raw: unknown): Finding[] {
  const receivers = list(valueAt(raw, ['receivers']));
  const quiet = receivers.flatMap((receiver, index): Finding[] => {
    const path: ProblemPath = ['receivers', index, 'quietHours', 'then'];
    const isMailed = valueAt(receiver, ['quietHours', 'then']) === 'email' && !hasMail(receiver);
    return isMailed ? findings(raw, [receiver], path, 'what quiet hours hold back is to be mailed') : [];
  });
  const limits = ['budgets', 'sms', 'perNumber'];
  const hasBudget = ['hour', 'day'].some((window) => valueAt(raw, [...limits, window]) !== undefined);
  const over = hasBudget ? findings(raw, receivers, limits, 'what goes over the budget is to be mailed') : [];
  return [...quiet, ...over, ...(hasBudget ? [] : beyondVendors(raw, receivers))];
}

/** Their limits are known where nothing is written, too. */
const limited = ['aliyun', 'tencent'] as const;

function beyondVendors(raw: unknown, receivers: readonly unknown[]): Finding[] {
  const gateways = list(valueAt(raw, ['sms_gateways']));
  return gateways.flatMap((gateway, index): Finding[] => {
    const key = limitsKeyOf(gateway);
    if (key === undefined) return [];
    const isMeant = (target: unknown): boolean =>
      (valueAt(target, ['gateway']) ?? nameOf(gateways[0])) === nameOf(gateway);
    const path: ProblemPath = ['sms_gateways', index, key];
    return findings(raw, receivers, path, 'what goes over the limits of the vendor is to be mailed', isMeant);
  });
}

const nameOf = (gateway: unknown): unknown => valueAt(gateway, ['name']);

/** What limits a number by the hour or the day; undefined: nothing does. */
function limitsKeyOf(gateway: unknown): string | undefined {
  const written = valueAt(gateway, ['perNumber']);
  if (written === undefined) return limited.find((kind) => valueAt(gateway, [kind]) !== undefined);
  return ['hour', 'day'].some((window) => valueAt(written, [window]) !== undefined) ? 'perNumber' : undefined;
}

/** The receiver mails somebody itself, whatever becomes of its SMS. */
const hasMail = (receiver: unknown): boolean =>
  list(valueAt(receiver, ['email_configs'])).length > 0 ||
  list(valueAt(receiver, ['escalation'])).some((step) => valueAt(step, ['email']) !== undefined);

function findings(
  raw: unknown,
  receivers: readonly unknown[],
  path: ProblemPath,
  what: string,
  isMeant: (target: unknown) => boolean = () => true,
): Finding[] {
  const people = new Set(receivers.flatMap((receiver) => smsPeopleOf(raw, receiver, isMeant)));
  if (people.size === 0) return [];
  const addressed = [...people].filter((name) => isText(valueAt(raw, ['people', name, 'email'])));
  const [first = ''] = people;
  if (addressed.length === 0)
    return [
      {
        code: 'NobodyToMail',
        severity: 'warning',
        path,
        message: `${what}, and of those who get SMS nobody has an address: they hear of it when the wait is over`,
        mend:
          valueAt(raw, ['people', first]) !== undefined
            ? `add email: to people.${first}`
            : 'name people in place of numbers, with people: {NAME: {sms: …, email: …}}',
      },
    ];
  const missing = ['smtp_smarthost', 'smtp_from'].find((key) => valueAt(raw, ['global', key]) === undefined);
  return missing === undefined
    ? []
    : [
        {
          code: 'NobodyToMail',
          severity: 'warning',
          path,
          message: `${what}, and there is no global.${missing}: the mail has no way out`,
          mend: `add global: {${missing}: …}`,
        },
      ];
}

/** Everybody who may get SMS of it, by name or number, by the gateway that is meant. */
function smsPeopleOf(raw: unknown, receiver: unknown, isMeant: (target: unknown) => boolean): string[] {
  const targets = [
    ...list(valueAt(receiver, ['sms_configs'])),
    ...list(valueAt(receiver, ['escalation'])).map((step) => valueAt(step, ['sms'])),
  ];
  return targets
    .filter(isMeant)
    .flatMap((target) => [
      ...textsIn(valueAt(target, ['to'])),
      ...[valueAt(target, ['person'])].filter(isText),
      ...rotaOf(raw, valueAt(target, ['oncall'])),
    ]);
}

function rotaOf(raw: unknown, name: unknown): string[] {
  const rota = list(valueAt(raw, ['oncall'])).find((one) => isText(name) && valueAt(one, ['name']) === name);
  const stands = list(valueAt(rota, ['overrides'])).map((override) => valueAt(override, ['who']));
  return [...list(valueAt(rota, ['rotation'])), ...stands].filter(isText);
}
