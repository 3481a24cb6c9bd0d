// The part of alerts.yaml that says which alerts go where and when: routes, inhibition, intervals.
import { z } from 'zod';
import type { Milliseconds } from '../../model/units.ts';
import { duration, positiveDuration } from './scalars.ts';

const names = z.array(z.string());
const pairs = z.record(z.string(), z.string());
const matchers = z.array(z.string()).meta({ description: 'matchers: severity="page", team=~"pay|core"' });

export interface RouteDocument {
  readonly receiver?: string | undefined;
  readonly group_by?: readonly string[] | undefined;
  readonly group_wait?: Milliseconds | undefined;
  readonly group_interval?: Milliseconds | undefined;
  readonly repeat_interval?: Milliseconds | undefined;
  readonly matchers: readonly string[];
  readonly match: Readonly<Record<string, string>>;
  readonly match_re: Readonly<Record<string, string>>;
  readonly continue: boolean;
  readonly mute_time_intervals: readonly string[];
  readonly active_time_intervals: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly routes: readonly RouteDocument[];
}

const route: z.ZodType<RouteDocument> = z.lazy(() =>
  z.strictObject({
    receiver: z.string().optional(),
    group_by: names.optional(),
    group_wait: duration.optional(),
    group_interval: positiveDuration.optional(),
    repeat_interval: positiveDuration.optional(),
    matchers: matchers.default([]),
    match: pairs.default({}),
    match_re: pairs.default({}),
    continue: z.boolean().default(false),
    mute_time_intervals: names.default([]),
    active_time_intervals: names.default([]),
    labels: pairs.default({}),
    routes: z.array(route).default([]),
  }),
);

const takesAll = 'the root takes every alert, at any time: this belongs to one of its routes';
const noNames = names.refine((given) => given.length === 0, { error: takesAll }).optional();
const noPairs = pairs.refine((given) => Object.keys(given).length === 0, { error: takesAll }).optional();

/** It takes every alert: no matchers, no intervals, nothing beside it to continue to; written out as nothing they may stand. */
export const rootRoute = z.strictObject({
  matchers: noNames,
  match: noPairs,
  match_re: noPairs,
  mute_time_intervals: noNames,
  active_time_intervals: noNames,
  continue: z
    .boolean()
    .refine((given) => !given, { error: 'there is nothing beside the root to continue to' })
    .optional(),
  receiver: z.string(),
  group_by: names.default([]),
  group_wait: duration.default(30_000 as Milliseconds),
  group_interval: positiveDuration.default(300_000 as Milliseconds),
  repeat_interval: positiveDuration.default(14_400_000 as Milliseconds),
  labels: pairs.default({}),
  routes: z.array(route).default([]),
});

export const inhibitRule = z.strictObject({
  name: z.string().optional(),
  source_match: pairs.default({}),
  source_match_re: pairs.default({}),
  source_matchers: matchers.default([]),
  target_match: pairs.default({}),
  target_match_re: pairs.default({}),
  target_matchers: matchers.default([]),
  equal: names.default([]),
  /** labels of `equal` that both sides must have; without it two absent ones are equal */
  equalPresent: names.default([]),
});

/** What an interval may hold is read by src/matching, which knows its places. */
export const namedIntervals = z.strictObject({
  name: z.string().min(1),
  time_intervals: z.array(z.record(z.string(), z.unknown())).default([]),
});
