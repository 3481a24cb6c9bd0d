// What the alert listener answers, as far as the commands look at it: something else behind the address must not pass for it.
import { z } from 'zod';
import type { CentralView } from '../../alerts/central.ts';
import type { AlertExplanation } from '../../alerts/explain.ts';
import type { TestResult } from '../../alerts/send-test.ts';

export interface ShownAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: {
    readonly state: string;
    readonly silencedBy: readonly string[];
    readonly inhibitedBy: readonly string[];
    readonly mutedBy?: readonly string[] | undefined;
  };
}

export interface ShownSilence {
  readonly id: string;
  readonly status: { readonly state: string };
  readonly comment: string;
  readonly createdBy: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly matchers: readonly {
    readonly name: string;
    readonly value: string;
    readonly isRegex: boolean;
    readonly isEqual?: boolean | undefined;
  }[];
}

export interface ShownStatus {
  readonly uptime: string;
  readonly versionInfo: { readonly version: string };
  /** null: nothing is forwarded */
  readonly central?: CentralView | null | undefined;
}

export type Acknowledged =
  | { readonly outcome: 'done'; readonly groups: number; readonly alerts: number }
  | { readonly outcome: 'already'; readonly by: string; readonly at: string }
  | { readonly outcome: 'expired'; readonly at: string }
  | { readonly outcome: 'nothing' | 'forged' | 'unknown' };

const named = z.looseObject({ name: z.string() });
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isExplanation = (value: unknown): boolean =>
  isRecord(value) && isRecord(value['alert']) && isRecord(value['muted']) && Array.isArray(value['groups']);

const alert: z.ZodType<ShownAlert> = z.looseObject({
  fingerprint: z.string(),
  labels: z.record(z.string(), z.string()),
  startsAt: z.string(),
  receivers: z.array(named),
  status: z.looseObject({
    state: z.string(),
    silencedBy: z.array(z.string()),
    inhibitedBy: z.array(z.string()),
    mutedBy: z.array(z.string()).optional(),
  }),
});

const matcher = z.looseObject({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().optional(),
});

const silence: z.ZodType<ShownSilence> = z.looseObject({
  id: z.string(),
  status: z.looseObject({ state: z.string() }),
  comment: z.string(),
  createdBy: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  matchers: z.array(matcher),
});

const status: z.ZodType<ShownStatus> = z.looseObject({
  uptime: z.string(),
  versionInfo: z.looseObject({ version: z.string() }),
  central: z.custom<CentralView>((value) => isRecord(value) && typeof value['tells'] === 'string').nullish(),
});

const acknowledged: z.ZodType<Acknowledged> = z.discriminatedUnion('outcome', [
  z.looseObject({ outcome: z.literal('done'), groups: z.number(), alerts: z.number() }),
  z.looseObject({ outcome: z.literal('already'), by: z.string(), at: z.string() }),
  z.looseObject({ outcome: z.literal('expired'), at: z.string() }),
  z.looseObject({ outcome: z.enum(['nothing', 'forged', 'unknown']) }),
]);

const result = z.custom<TestResult>((value) => isRecord(value) && typeof value['outcome'] === 'string', 'is no result');

/** What is looked at closely is all that an Alertmanager has too; the rest only springtide answers, as it is made. */
export const answers = {
  status,
  receivers: z.array(named),
  alerts: z.array(alert),
  silences: z.array(silence),
  silence: z.looseObject({ silenceID: z.string() }),
  acknowledged,
  explanation: z.custom<AlertExplanation>(isExplanation, 'is no explanation of an alert'),
  test: z.looseObject({ results: z.array(result) }),
};
