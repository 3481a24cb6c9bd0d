// Whether each rota and each step of an escalation can reach somebody: found when the file is loaded, not when nobody answers.
import { mailAddressIn, phoneNumberIn } from '../model/addresses.ts';
import type { ProblemPath } from './problem.ts';
import { isTemplate, splitRecipients } from '../templates/recipients.ts';
import { valueAt } from './shape.ts';
import type { Finding } from './source.ts';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isText = (value: unknown): value is string => typeof value === 'string';

type Way = 'sms' | 'email';

export function alertReachFindings(raw: unknown): Finding[] {
  return list(valueAt(raw, ['receivers'])).flatMap((receiver, index): Finding[] => {
    const path: ProblemPath = ['receivers', index];
    return [
      ...list(valueAt(receiver, ['sms_configs'])).flatMap((sms, number) =>
        rotaFindings(raw, sms, [...path, 'sms_configs', number], 'sms'),
      ),
      ...list(valueAt(receiver, ['escalation'])).flatMap((step, number) =>
        (['sms', 'email'] as const).flatMap((way) => {
          const target = valueAt(step, [way]);
          const place: ProblemPath = [...path, 'escalation', number, way];
          return target === undefined
            ? []
            : [...wayFindings(raw, target, place, way), ...whoFindings(raw, target, place, way)];
        }),
      ),
    ];
  });
}

/** A step has no settings of its own for mail, and may leave out its gateway where there is one. */
function wayFindings(raw: unknown, target: unknown, path: ProblemPath, way: Way): Finding[] {
  switch (way) {
    case 'sms':
      return valueAt(target, ['gateway']) !== undefined || list(valueAt(raw, ['sms_gateways'])).length > 0
        ? []
        : [
            {
              code: 'UnknownGateway',
              path,
              message: 'there is no SMS gateway: the step has no way out',
              mend: 'add sms_gateways: [{name: main, http: {url: …}}]',
            },
          ];
    case 'email':
      return ['smtp_smarthost', 'smtp_from'].flatMap((key): Finding[] =>
        valueAt(raw, ['global', key]) === undefined
          ? [
              {
                code: 'MissingKey',
                path,
                message: `no global.${key}: the step has no way out`,
                mend: `add global: {${key}: …}`,
              },
            ]
          : [],
      );
  }
}

function whoFindings(raw: unknown, target: unknown, path: ProblemPath, way: Way): Finding[] {
  const person = valueAt(target, ['person']);
  const to = valueAt(target, ['to']);
  const written = isText(to) ? splitRecipients(to) : list(to).filter(isText);
  return [
    ...(isText(person) ? personFindings(raw, person, [...path, 'person'], way) : []),
    ...written.flatMap((one, index): Finding[] => {
      const place: ProblemPath = [...path, 'to', ...(isText(to) ? [] : [index])];
      if (isPerson(raw, one)) return personFindings(raw, one, place, way);
      // whether it can be read is said beside it
      if (way === 'email' && isText(to) && isTemplate(one)) return [];
      if ((way === 'sms' ? phoneNumberIn(one) : mailAddressIn(one)) !== null) return [];
      return [
        {
          code: 'UnknownPerson',
          path: place,
          message: `"${one}" is neither one of the people nor ${way === 'sms' ? 'a telephone number' : 'a mail address'}`,
          mend: way === 'sms' ? 'write a name of people, or +8613800000001' : 'write a name of people, or NAME@DOMAIN',
        },
      ];
    }),
    ...rotaFindings(raw, target, path, way),
  ];
}

/** Whoever may be on duty. */
function rotaFindings(raw: unknown, target: unknown, path: ProblemPath, way: Way): Finding[] {
  const name = valueAt(target, ['oncall']);
  const rota = list(valueAt(raw, ['oncall'])).find((one) => isText(name) && valueAt(one, ['name']) === name);
  const stands = list(valueAt(rota, ['overrides'])).map((override) => valueAt(override, ['who']));
  const members = new Set([...list(valueAt(rota, ['rotation'])), ...stands].filter(isText));
  return [...members].flatMap((who) => personFindings(raw, who, [...path, 'oncall'], way));
}

const isPerson = (raw: unknown, name: string): boolean => {
  const people = valueAt(raw, ['people']);
  return typeof people === 'object' && people !== null && Object.hasOwn(people, name);
};

/** Those whom nobody knows are found elsewhere. */
function personFindings(raw: unknown, name: string, path: ProblemPath, way: Way): Finding[] {
  if (!isPerson(raw, name)) return [];
  const has = (key: string): boolean => valueAt(raw, ['people', name, key]) !== undefined;
  switch (way) {
    case 'sms':
      return has('sms') || has('smsFile')
        ? []
        : [
            {
              code: 'UnknownPerson',
              path,
              message: `"${name}" has no number`,
              mend: `add sms: or smsFile: to people.${name}`,
            },
          ];
    case 'email':
      return has('email')
        ? []
        : [
            {
              code: 'UnknownPerson',
              path,
              message: `"${name}" has no mail address`,
              mend: `add email: to people.${name}`,
            },
          ];
  }
}
