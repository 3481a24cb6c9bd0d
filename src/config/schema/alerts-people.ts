// The part of alerts.yaml about people: who they are, who is on duty, how many messages a number may get.
import { z } from 'zod';
import { mailAddressIn, phoneNumberIn } from '../../model/addresses.ts';
import { instant, positiveCount, positiveDuration, timeZone } from './scalars.ts';

export const person = z.strictObject({
  sms: z
    .string()
    .refine((text) => phoneNumberIn(text) !== null, { error: 'write a telephone number such as +8613800000001' })
    .optional(),
  smsFile: z.string().optional(),
  email: z
    .string()
    .refine((text) => mailAddressIn(text) !== null, { error: 'write a mail address such as zhang@bank.cn' })
    .optional(),
});

export const rota = z.strictObject({
  name: z.string().min(1),
  timeZone: timeZone.default('UTC'),
  /** when the next one takes over, as a cron line in that zone */
  handover: z.string(),
  rotation: z.array(z.string()).min(1),
  /** the first of the rotation began here */
  since: instant.optional(),
  overrides: z.array(z.strictObject({ from: instant, until: instant, who: z.string() })).default([]),
});

export const budgets = z.strictObject({
  sms: z
    .strictObject({
      perNumber: z.strictObject({ hour: positiveCount.optional(), day: positiveCount.optional() }).prefault({}),
      /** after an SMS its number gets no other one for so long, and then one for all that has come */
      bundle: positiveDuration.optional(),
      /** these are sent all the same, and at once */
      exempt: z.string().optional(),
    })
    .optional(),
});
