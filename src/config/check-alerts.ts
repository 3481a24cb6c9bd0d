// What a schema cannot say about alerts.yaml: names that must exist, matchers that must be readable, mail that must have a way out.
import { duplicateNames } from './check-policies.ts';
import { nearestKey } from './documents.ts';
import { matcherMistake } from '../matching/matchers.ts';
import { mailAddressIn, phoneNumberIn, senderIn, wholeNumber } from '../model/addresses.ts';
import { isMailHeaderName, isOwnMailHeader } from '../model/mail-headers.ts';
import { quoteFindings } from './check-matcher-quotes.ts';
import type { ProblemCode, ProblemPath } from './problem.ts';
import { isTemplate, splitRecipients } from '../templates/recipients.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const namesIn = (raw: unknown, key: string): string[] =>
  list(valueAt(raw, [key])).flatMap((item) => {
    const name = valueAt(item, ['name']);
    return typeof name === 'string' ? [name] : [];
  });

function unknownName(
  code: ProblemCode,
  path: ProblemPath,
  what: string,
  name: string,
  known: readonly string[],
): Finding {
  const near = nearestKey(name, known);
  return {
    code,
    path,
    message: `there is no ${what} "${name}"${near === null ? '' : `, did you mean "${near}"?`}`,
    mend: known.length === 0 ? `define the ${what}` : `defined: ${known.join(', ')}`,
  };
}

export function alertsFindings(raw: unknown): Finding[] {
  const receivers = namesIn(raw, 'receivers');
  const used = new Set<string>(standIns(raw));
  const routes = routeFindings(valueAt(raw, ['route']), ['route'], receivers, used);
  return [
    ...duplicateNames(raw, ['receivers'], 'receiver'),
    ...duplicateNames(raw, ['sms_gateways'], 'gateway'),
    ...routes,
    ...list(valueAt(raw, ['receivers'])).flatMap((receiver, index) =>
      receiverFindings(raw, receiver, ['receivers', index]),
    ),
    ...peopleFindings(raw),
    ...receivers.flatMap((name, index): Finding[] =>
      used.has(name) || routes.length > 0
        ? []
        : [
            {
              code: 'UnusedReceiver',
              severity: 'warning',
              path: ['receivers', index, 'name'],
              message: `no route leads to the receiver "${name}"`,
              mend: 'add a route, or take the receiver out',
            },
          ],
    ),
  ];
}

/** Receivers that no route needs to lead to: others name them. */
const standIns = (raw: unknown): string[] =>
  [
    valueAt(raw, ['unsupportedReceivers', 'use']),
    ...list(valueAt(raw, ['receivers'])).map((receiver) => valueAt(receiver, ['fallback', 'receiver'])),
  ].filter((name) => typeof name === 'string');

function routeFindings(route: unknown, path: ProblemPath, receivers: readonly string[], used: Set<string>): Finding[] {
  const name = valueAt(route, ['receiver']);
  const findings: Finding[] = [];
  if (typeof name === 'string') {
    used.add(name);
    if (!receivers.includes(name))
      findings.push(unknownName('UnknownReceiver', [...path, 'receiver'], 'receiver', name, receivers));
  }
  list(valueAt(route, ['matchers'])).forEach((text, index) => {
    findings.push(...quoteFindings(text, [...path, 'matchers', index]));
    const mistake = typeof text === 'string' ? matcherMistake(text) : null;
    if (mistake !== null)
      findings.push({
        code: 'WrongMatcher',
        path: [...path, 'matchers', index],
        ...mistake,
        mend: `write 'severity="page"' or 'team=~"pay|core"'`,
      });
  });
  const labels = list(valueAt(route, ['group_by']));
  if (labels.includes('...') && labels.length > 1)
    findings.push({
      code: 'WrongValue',
      path: [...path, 'group_by'],
      message: '"..." groups by all labels: no other label beside it',
      mend: "write group_by: ['...']",
    });
  return [
    ...findings,
    ...list(valueAt(route, ['routes'])).flatMap((child, index) =>
      routeFindings(child, [...path, 'routes', index], receivers, used),
    ),
  ];
}

function receiverFindings(raw: unknown, receiver: unknown, path: ProblemPath): Finding[] {
  return [
    ...list(valueAt(receiver, ['sms_configs'])).flatMap((sms, index) =>
      smsFindings(raw, sms, [...path, 'sms_configs', index]),
    ),
    ...list(valueAt(receiver, ['email_configs'])).flatMap((email, index) =>
      emailFindings(raw, email, [...path, 'email_configs', index]),
    ),
  ];
}

function smsFindings(raw: unknown, sms: unknown, path: ProblemPath): Finding[] {
  const gateways = namesIn(raw, 'sms_gateways');
  const people = valueAt(raw, ['people']);
  const known = typeof people === 'object' && people !== null ? Object.keys(people) : [];
  const gateway = valueAt(sms, ['gateway']);
  const nowhere = gateway === undefined && gateways.length === 0;
  return [
    ...(typeof gateway === 'string' && !gateways.includes(gateway)
      ? [unknownName('UnknownGateway', [...path, 'gateway'], 'gateway', gateway, gateways)]
      : []),
    ...(nowhere
      ? [
          {
            code: 'UnknownGateway',
            path,
            message: 'there is no SMS gateway: the message has no way out',
            mend: 'add sms_gateways: [{name: main, http: {url: …}}]',
          } as const,
        ]
      : []),
    ...list(valueAt(sms, ['to'])).flatMap((person, index): Finding[] => {
      if (typeof person !== 'string') return [];
      const place = [...path, 'to', index];
      if (!known.includes(person)) return [unknownName('UnknownPerson', place, 'person', person, known)];
      const entry = valueAt(people, [person]);
      if (valueAt(entry, ['sms']) !== undefined || valueAt(entry, ['smsFile']) !== undefined) return [];
      return [
        {
          code: 'UnknownPerson',
          path: place,
          message: `"${person}" has no number`,
          mend: `add sms: or smsFile: to people.${person}`,
        },
      ];
    }),
  ];
}

function emailFindings(raw: unknown, email: unknown, path: ProblemPath): Finding[] {
  const findings: Finding[] = [];
  const to = valueAt(email, ['to']);
  if (typeof to === 'string') findings.push(...recipientFindings(raw, to, [...path, 'to']));
  for (const [own, shared] of [
    ['smarthost', 'smtp_smarthost'],
    ['from', 'smtp_from'],
  ] as const)
    if (valueAt(email, [own]) === undefined && valueAt(raw, ['global', shared]) === undefined)
      findings.push({
        code: 'MissingKey',
        path: [...path, own],
        message: `no "${own}" here and no global.${shared}: the mail has no way out`,
        mend: `add global: {${shared}: …}`,
      });
  findings.push(
    ...passwordFindings(email, [...path, 'auth_password'], 'password'),
    ...passwordFindings(email, [...path, 'auth_secret'], 'secret'),
    ...headerFindings(email, path),
  );
  const smarthost = valueAt(email, ['smarthost']);
  if (typeof smarthost === 'string') findings.push(...smarthostFindings([...path, 'smarthost'], smarthost));
  findings.push(...senderFindings(email, [...path, 'from']));
  return findings;
}

/** A word alone loads in an Alertmanager as well, and no mail ever leaves for it: the others of the file are told all the same. */
function recipientFindings(raw: unknown, to: string, path: ProblemPath): Finding[] {
  return splitRecipients(to).flatMap((part): Finding[] => {
    if (isTemplate(part) || (part.length <= 320 && mailAddressIn(part) !== null)) return [];
    if (typeof valueAt(raw, ['people', part, 'email']) === 'string') return [];
    const isWord = /^[\w.-]+$/.test(part);
    return [
      {
        code: 'WrongValue',
        ...(isWord && { severity: 'warning' }),
        path,
        message: isWord ? `no mail can be sent to "${part}", it has no domain` : `"${part}" is no mail address`,
        mend: 'write NAME@DOMAIN, several with commas between',
      },
    ];
  });
}

/** Alertmanager takes it, and so do we: whoever may read this file may then send mail. */
function passwordFindings(raw: unknown, path: ProblemPath, what: 'password' | 'secret'): Finding[] {
  const key = path.at(-1) ?? '';
  if (valueAt(raw, [key]) === undefined) return [];
  if (valueAt(raw, [`${key}_file`]) !== undefined)
    return [
      {
        code: 'WrongValue',
        path,
        at: 'key',
        message: `the ${what} is here twice: ${key} and ${key}_file`,
        mend: `keep ${key}_file`,
      },
    ];
  return [
    {
      code: 'SecretInPlain',
      severity: 'warning',
      path,
      at: 'key',
      message: `the ${what} is written in the file`,
      mend: `put it in a file of its own, and name it by ${key}_file`,
    },
  ];
}

/** Names of headers know no capitals. */
function headerFindings(email: unknown, path: ProblemPath): Finding[] {
  const headers = valueAt(email, ['headers']);
  const seen = new Set<string>();
  return Object.keys(typeof headers === 'object' && headers !== null ? headers : {}).flatMap((name): Finding[] => {
    const known = seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    const place = [...path, 'headers', name];
    if (!known) return unsaidHeader(name, place);
    return [
      { code: 'WrongValue', path: place, at: 'key', message: `the header ${name} is here twice`, mend: 'take one out' },
    ];
  });
}

/** Nobody should believe that it is sent. */
const unsaidHeader = (name: string, path: ProblemPath): Finding[] =>
  isMailHeaderName(name) && !isOwnMailHeader(name)
    ? []
    : [
        {
          code: 'NotSupportedYet',
          severity: 'warning',
          path,
          at: 'key',
          message: isMailHeaderName(name)
            ? `the header ${name} is written by springtide itself`
            : `"${name}" is no name of a header`,
          mend: /^bcc$/i.test(name) ? 'name them in `to`, and in a header To who is shown' : 'take it out',
        },
      ];

/** It loads in an Alertmanager as well, and no mail ever leaves. */
function senderFindings(raw: unknown, path: ProblemPath): Finding[] {
  const from = valueAt(raw, [path.at(-1) ?? '']);
  if (typeof from !== 'string' || isTemplate(from) || senderIn(from) !== null) return [];
  const message = `no mail can be sent from "${from}": ${/^[\w.-]+$/.test(from) ? 'it has no domain' : 'it is no mail address'}`;
  return [{ code: 'WrongValue', severity: 'warning', path, message, mend: 'write springtide@example.com' }];
}

/** Without a host it is the machine itself. */
const smarthostFindings = (path: ProblemPath, text: string): Finding[] =>
  /^(?:\[[0-9a-fA-F:.]+\]|[^\s:]*):\d{1,5}$/.test(text)
    ? []
    : [{ code: 'WrongValue', path, message: `"${text}" is no HOST:PORT`, mend: 'write mail.example.com:587' }];

function peopleFindings(raw: unknown): Finding[] {
  const people = valueAt(raw, ['people']);
  const shared = valueAt(raw, ['global', 'smtp_smarthost']);
  return [
    ...(typeof shared === 'string' ? smarthostFindings(['global', 'smtp_smarthost'], shared) : []),
    ...senderFindings(valueAt(raw, ['global']), ['global', 'smtp_from']),
    ...passwordFindings(valueAt(raw, ['global']), ['global', 'smtp_auth_password'], 'password'),
    ...passwordFindings(valueAt(raw, ['global']), ['global', 'smtp_auth_secret'], 'secret'),
    ...withoutCountry(raw),
    ...Object.entries(typeof people === 'object' && people !== null ? people : {}).flatMap(
      ([name, person]): Finding[] =>
        valueAt(person, ['sms']) !== undefined && valueAt(person, ['smsFile']) !== undefined
          ? [
              {
                code: 'WrongValue',
                path: ['people', name, 'smsFile'],
                at: 'key',
                message: `"${name}" has a number twice: sms and smsFile`,
                mend: 'keep one of them',
              },
            ]
          : [],
    ),
  ];
}

/** Twilio takes them for numbers of its account's country, or for none. */
function withoutCountry(raw: unknown): Finding[] {
  const gateways = list(valueAt(raw, ['sms_gateways']));
  const isTwilio = (gateway: unknown): boolean => valueAt(gateway, ['twilio']) !== undefined;
  if (!gateways.some(isTwilio)) return [];
  const home = gateways.every(isTwilio) ? null : '86';
  const people = valueAt(raw, ['people']);
  return Object.entries(typeof people === 'object' && people !== null ? people : {}).flatMap(
    ([name, person]): Finding[] => {
      const written = valueAt(person, ['sms']);
      const number = typeof written === 'string' ? phoneNumberIn(written) : null;
      if (number === null || wholeNumber(number, home) !== number) return [];
      const message = 'the number names no country, and Twilio guesses which it is';
      const path = ['people', name, 'sms'];
      return [{ code: 'WrongValue', severity: 'warning', path, message, mend: 'write + and the country before it' }];
    },
  );
}
