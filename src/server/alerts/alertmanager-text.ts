// The document as Alertmanager writes it, for `amtool config`: who is told when; how they are reached, and every secret with it, stays here.
import { stringify } from 'yaml';
import type { AlertsDocument } from '../../model/config.ts';
import type { Milliseconds } from '../../model/units.ts';

type RouteDocument = AlertsDocument['route']['routes'][number];

export function alertmanagerText(document: AlertsDocument): string {
  const { global, route, inhibit_rules: inhibitRules, receivers } = document;
  // the words that Alertmanager does not know would make amtool refuse the whole
  const written = {
    global: { resolve_timeout: durationText(global.resolve_timeout) },
    route: routeOf(route),
    inhibit_rules: inhibitRules.map((rule) => filled({ ...rule, name: undefined, equalPresent: undefined })),
    receivers: receivers.map(({ name }) => ({ name })),
    time_intervals: document.time_intervals,
    mute_time_intervals: document.mute_time_intervals,
  };
  return stringify(filled(written), {
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

function routeOf(route: Partial<RouteDocument>): object {
  return filled({
    ...route,
    labels: undefined,
    continue: route.continue === true ? true : undefined,
    group_wait: durationText(route.group_wait),
    group_interval: durationText(route.group_interval),
    repeat_interval: durationText(route.repeat_interval),
    routes: route.routes?.map(routeOf),
  });
}

/** What is not said and what is empty is left out. */
const filled = (written: object): object =>
  Object.fromEntries(
    Object.entries(written).filter(
      ([, value]: [string, unknown]) =>
        value !== undefined && (typeof value !== 'object' || value === null || Object.keys(value).length > 0),
    ),
  );

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

function durationText(length: Milliseconds | undefined): string | undefined {
  if (length === undefined) return undefined;
  let rest: number = length;
  const parts = units.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}
