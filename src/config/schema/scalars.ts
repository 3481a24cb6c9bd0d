// The small words of the configuration files: durations, quantities, instants, names; each read once, into the domain's units.
import { z } from 'zod';
import { parseQuantity } from '../../model/quantity.ts';
import type { Instant, Milliseconds } from '../../model/units.ts';

const unitLength: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

const httpAddress = 'write an address that begins with http:// or https://';

/** `http:///name` and `http:name` would be read as `http://name`: what is meant is not known. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: httpAddress, abort: true })
  .refine((text) => /^https?:\/\/[^/\\?#]/i.test(text.trim()), { error: `${httpAddress} and a host` });

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

/** As long as SOCKS can say a name or a password, and a `%` of it as an address has it. */
const mayBeSaid = (text: string): boolean => {
  const said = decoded(text);
  return said !== null && Buffer.byteLength(said) <= 255;
};

export const proxyUrl = z
  .url({
    protocol: /^(?:https?|socks5h?)$/,
    error: 'write a proxy that begins with http://, https://, socks5:// or socks5h://',
  })
  .refine((text) => URL.canParse(text) && new URL(text).hostname !== '', {
    error: 'this address of a proxy has no host',
  })
  .refine((text) => URL.canParse(text) && mayBeSaid(new URL(text).username) && mayBeSaid(new URL(text).password), {
    error: 'in the name and the password of a proxy write % as %25, and at most 255 bytes each',
  });

/** "1h30m" as milliseconds; null where the text is no duration. */
export function parseDuration(text: string): Milliseconds | null {
  if (text === '0') return 0 as Milliseconds;
  if (!/^(?:\d+(?:ms|[smhdwy]))+$/.test(text)) return null;
  let total = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(count) * (unitLength[unit] ?? 0);
  return total as Milliseconds;
}

export const duration = z
  .string()
  .meta({ description: 'a duration: 30s, 5m, 2h, 1h30m, 14d', examples: ['30s', '5m', '2h'] })
  .transform((text, context): Milliseconds => {
    const length = parseDuration(text);
    if (length !== null) return length;
    context.issues.push({
      code: 'custom',
      input: text,
      message: `"${text}" is no duration: write 30s, 5m, 2h or 1h30m`,
    });
    return z.NEVER;
  });

/** A span that would make something spin or never happen if it were zero. */
export const positiveDuration = duration.refine((length) => length > 0, { error: 'it must be longer than nothing' });

/** The HPA's spelling: a whole number of seconds. */
export const wholeSeconds = z
  .int()
  .nonnegative()
  .transform((count) => (count * 1000) as Milliseconds);

export const quantity = z
  .union([z.string(), z.number()])
  .meta({ description: 'a Kubernetes quantity: 250m, 4, 512Mi, 2Ti', examples: ['500m', '2Ti'] })
  .transform((text, context): number => {
    const value = parseQuantity(text);
    if (value !== null && value >= 0) return value;
    context.issues.push({
      code: 'custom',
      input: text,
      message: `"${text}" is no quantity: write 250m, 4, 512Mi or 2Ti`,
    });
    return z.NEVER;
  });

export const instant = z
  .string()
  .meta({ description: 'an instant with its zone: 2026-11-11T00:00:00+08:00' })
  .transform((text, context): Instant => {
    const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
    const at = Date.parse(text);
    if (zoned && !Number.isNaN(at)) return at as Instant;
    const message = zoned
      ? `"${text}" is no such day or time`
      : `"${text}" has no zone: write 2026-11-11T00:00:00+08:00 (or Z for UTC)`;
    context.issues.push({ code: 'custom', input: text, message });
    return z.NEVER;
  });

export const timeZone = z.string().refine(
  (name) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: name });
      return true;
    } catch {
      return false;
    }
  },
  { error: (issue) => `"${String(issue.input)}" is no time zone: write a name such as Asia/Shanghai` },
);

export const clockTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, { error: 'a time of day is written "08:00", in quotes' });

export const days = z
  .array(
    z.string().regex(/^(?:all|workday|holiday|(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))?)$/, {
      error: 'a day is mon … sun, a range such as mon-fri, all, workday or holiday',
    }),
  )
  .min(1);

/** A positive amount, as the HPA's targets are written. */
export const amount = quantity.refine((value) => value > 0, { error: 'it must be above 0' });

/** Where a server listens: `:9090`, `127.0.0.1:8080`, `[::1]:8080`. */
export const listenAddress = z
  .string()
  .refine(
    (text) => /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]]*):\d{1,5}$/.test(text) && Number(text.split(':').at(-1)) < 65_536,
    {
      error: 'an address to listen on is written ":9090" or "127.0.0.1:8080"',
    },
  )
  .meta({ description: 'an address to listen on: ":9090", 127.0.0.1:8080' });

export const percent = z.number().min(0).max(100);
export const ratio = z.number().min(0).max(1);
export const count = z.int().nonnegative();
export const positiveCount = z.int().positive();

/** DNS-1123: what Kubernetes takes as a name. */
export const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/, { error: 'a name has lower-case letters, digits, "-" and "." only' });

export const labels = z.record(z.string(), z.string());
export const labelSelector = z.strictObject({
  matchLabels: labels.optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});

export const mode = z.enum(['act', 'confirm', 'dryRun', 'off']);

/** A secret by reference: never written into a policy or connection file. */
export const secretReference = z
  .strictObject({ file: z.string().optional(), env: z.string().optional() })
  .refine((reference) => (reference.file === undefined) !== (reference.env === undefined), {
    error: 'name the secret by exactly one of file and env',
  });

export const tls = z.strictObject({
  caFile: z.string().optional(),
  certFile: z.string().optional(),
  keyFile: z.string().optional(),
  serverName: z.string().optional(),
  insecureSkipVerify: z.boolean().default(false),
});
