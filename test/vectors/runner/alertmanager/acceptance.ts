// alertmanager: whole timelines from a push to what arrives at a webhook, and what those who ask are answered.
import type { Alert, LabelSet } from '../../../../src/alerts/alert.ts';
import { isFiring } from '../../../../src/alerts/render.ts';
import type { AlertView } from '../../../../src/alerts/views.ts';
import { alertsDocument } from '../../../../src/config/schema/alerts.ts';
import { later, rfc3339, seconds } from '../../../../src/model/units.ts';
import type { Instant, Milliseconds } from '../../../../src/model/units.ts';
import { alertFilter } from '../../../../src/server/alerts/filters.ts';
import { readAlertEvents } from '../../../../src/simulate/alert-events.ts';
import { simulateAlerts, type Attempt } from '../../../../src/simulate/alerts.ts';
import { catalogue } from '../../../alerts/builders.ts';
import { wholeAdapter, type Fields } from '../vector.ts';

const start = Date.UTC(2026, 0, 1) as Instant;
const texts = catalogue('en');

interface WantedAlert {
  readonly labels: LabelSet;
  readonly annotations?: LabelSet;
  readonly starts?: number;
  readonly ends?: number;
}

interface Wanted {
  readonly receiver: string;
  readonly from: number;
  readonly to: number;
  readonly alerts: readonly WantedAlert[];
}

interface ReceiverBehaviour {
  readonly id: string;
  readonly send_resolved?: boolean;
  readonly fail_until?: number;
  readonly ack_drop_until?: number;
  readonly slow_until?: number;
  readonly slow_s?: number;
  readonly timeout?: string;
}

interface Event extends Fields {
  readonly at: number;
  readonly op: string;
}

export interface Scenario {
  readonly global?: Fields;
  readonly route: Fields;
  readonly receivers: readonly ReceiverBehaviour[];
  readonly inhibit_rules?: readonly Fields[];
  readonly events: readonly Event[];
  readonly want: readonly Wanted[];
  readonly tolerance_s: number;
}

const offset = (at: number): string => `${Math.round(at * 1000)}ms`;

function documentOf({
  global,
  route,
  receivers,
  inhibit_rules: rules,
}: Pick<Scenario, 'global' | 'route' | 'receivers' | 'inhibit_rules'>) {
  return alertsDocument.parse({
    ...(global !== undefined && { global }),
    route: { receiver: receivers[0]?.id, ...route },
    receivers: receivers.map(({ id, send_resolved: sendResolved = true }) => ({
      name: id,
      webhook_configs: [{ url: 'http://127.0.0.1:1/', send_resolved: sendResolved }],
    })),
    inhibit_rules: rules ?? [],
  });
}

/** Every receiver is told everything: a route for each, as Alertmanager's tests have it. */
function routeFor({ route, receivers }: Scenario): Fields {
  if (receivers.length < 2 || route['routes'] !== undefined) return route;
  return { ...route, routes: receivers.map(({ id }) => ({ receiver: id, continue: true })) };
}

function eventsOf({ events, receivers }: Scenario): string {
  const scripted = receivers.flatMap(({ id, fail_until: fails, slow_until: slow, slow_s: takes, timeout }) => [
    ...(fails === undefined ? [] : [{ at: '0s', op: 'fail', receiver: id, until: offset(fails) }]),
    ...(slow === undefined
      ? []
      : [
          {
            ...{ at: '0s', op: 'fail', receiver: id, until: offset(slow), answer: 'timeout' },
            takes: timeout ?? offset(takes ?? 1),
          },
        ]),
  ]);
  const inWords = events.map(({ at, alerts, starts, ends, ...rest }) => ({
    at: offset(at),
    ...rest,
    ...(Array.isArray(alerts) && { alerts: (alerts as WantedAlert[]).map(pushed) }),
    ...(typeof starts === 'number' && { startsAt: offset(starts) }),
    ...(typeof ends === 'number' && { endsAt: offset(ends) }),
  }));
  const header = { start: rfc3339(start), seed: 1 };
  return [header, ...scripted, ...inWords].map((line) => JSON.stringify(line)).join('\n');
}

const pushed = ({ labels, annotations, starts, ends }: WantedAlert): Fields => ({
  labels,
  ...(annotations && { annotations }),
  ...(starts !== undefined && { startsAt: rfc3339(later(start, seconds(starts))) }),
  ...(ends !== undefined && { endsAt: rfc3339(later(start, seconds(ends))) }),
});

interface Batch {
  readonly receiver: string;
  readonly at: number;
  readonly alerts: readonly WantedAlert[];
}

const batchOf = ({ at, delivery: { notice } }: Attempt): Batch => ({
  receiver: notice.receiver,
  at: (at - start) / 1000,
  alerts: notice.alerts.map((alert: Alert) => ({
    labels: alert.labels,
    annotations: alert.annotations,
    starts: (alert.since - start) / 1000,
    ...(!isFiring(alert) && { ends: ((alert.ended ?? start) - start) / 1000 }),
  })),
});

const keyOf = ({ labels }: WantedAlert): string => JSON.stringify(Object.entries(labels).sort());

function sameAlerts(wanted: readonly WantedAlert[], got: readonly WantedAlert[], tolerance: number): boolean {
  const near = (one: number | undefined, other: number | undefined): boolean =>
    one === undefined || other === undefined ? one === other : Math.abs(one - other) <= tolerance;
  const places = new Map(got.map((alert) => [keyOf(alert), alert]));
  return (
    wanted.length === got.length &&
    wanted.every((alert) => {
      const found = places.get(keyOf(alert));
      return (
        found !== undefined &&
        (alert.starts === undefined || near(alert.starts, found.starts)) &&
        near(alert.ends, found.ends) &&
        (alert.annotations === undefined ||
          JSON.stringify(Object.entries(alert.annotations).sort()) ===
            JSON.stringify(Object.entries(found.annotations ?? {}).sort()))
      );
    })
  );
}

/** What arrives, matched to the windows; what no window speaks of is too much, up to the end of the last. */
function matched(wants: readonly Wanted[], arrived: readonly Batch[], tolerance: number): Fields {
  const left = new Set(arrived);
  const windows = wants.map((want) => {
    const { receiver, from, to, alerts } = want;
    const within = [...left].filter(
      (batch) => batch.receiver === receiver && batch.at >= from - tolerance && batch.at <= to + tolerance,
    );
    if (alerts.length === 0) return within.length === 0 ? want : within;
    const found = within.find((batch) => sameAlerts(alerts, batch.alerts, tolerance));
    if (found === undefined) return within;
    left.delete(found);
    return want;
  });
  const end = Math.max(...wants.map(({ to }) => to)) + tolerance;
  return { windows, tooMuch: [...left].filter(({ at }) => at <= end) };
}

/** Without the ends of what was never announced to that receiver. */
function withoutPhantoms(wants: readonly Wanted[]): readonly Wanted[] {
  const announced = new Set<string>();
  const place = (receiver: string, alert: WantedAlert): string => `${receiver} ${keyOf(alert)}`;
  return [...wants]
    .sort((one, other) => one.from - other.from)
    .map((want) => {
      const alerts = want.alerts.filter(
        (alert) => alert.ends === undefined || announced.has(place(want.receiver, alert)),
      );
      for (const alert of want.alerts) if (alert.ends === undefined) announced.add(place(want.receiver, alert));
      return { ...want, alerts };
    });
}

/** All of it in its order, and none of it late. */
const isSooner = (wants: readonly Wanted[], arrived: readonly Batch[], tolerance: number): boolean => {
  const told = wants.filter(({ alerts }) => alerts.length > 0);
  return (
    told.length === arrived.length &&
    told.every(({ receiver, to, alerts }, index) => {
      const batch = arrived[index];
      return (
        batch !== undefined &&
        batch.receiver === receiver &&
        batch.at <= to + tolerance &&
        sameAlerts(alerts, batch.alerts, tolerance)
      );
    })
  );
};

export const scenarioCase = wholeAdapter<{ whole: Scenario }>(async (scenario) => {
  const { want, receivers, tolerance_s: tolerance } = scenario;
  const end = Math.max(...want.map(({ to }) => to)) + tolerance + 1;
  const events = readAlertEvents(eventsOf(scenario), 'events');
  const { attempts, problems } = await simulateAlerts(
    documentOf({ ...scenario, route: routeFor(scenario) }),
    texts,
    events,
    { until: seconds(end) },
  );
  const dropped = (batch: Batch): boolean =>
    batch.at < (receivers.find(({ id }) => id === batch.receiver)?.ack_drop_until ?? 0);
  const arrived = attempts
    .filter(({ outcome }) => outcome === 'sent')
    .map(batchOf)
    .filter((batch) => !dropped(batch));
  const told = withoutPhantoms(want);
  const phantoms = JSON.stringify(told) !== JSON.stringify([...want].sort((one, other) => one.from - other.from));
  const heard = matched(told, arrived, tolerance);
  return {
    expected: { windows: want, tooMuch: [], problems: [] },
    got: {
      ...matched(want, arrived, tolerance),
      problems,
      onlyPhantomsAreMissing: phantoms && JSON.stringify(heard) === JSON.stringify({ windows: told, tooMuch: [] }),
      isSooner: isSooner(want, arrived, tolerance),
    },
  };
});

interface StatusStep {
  readonly do: string;
  readonly expect?: Readonly<Record<string, Fields>>;
  readonly expect_state?: Readonly<Record<string, unknown>>;
}

interface StatusCase {
  readonly config: {
    readonly group_wait: string;
    readonly group_interval: string;
    readonly inhibit: { readonly source: string; readonly target: string; readonly equal: readonly string[] };
  };
  readonly steps: readonly StatusStep[];
}

/** Plays up to a moment and looks at what is known then. */
async function viewsAfter(
  document: ReturnType<typeof documentOf>,
  events: readonly Fields[],
): Promise<readonly AlertView[]> {
  let seen: readonly AlertView[] = [];
  const text = [{ start: rfc3339(start), seed: 1 }, ...events].map((line) => JSON.stringify(line)).join('\n');
  await simulateAlerts(document, texts, readAlertEvents(text, 'events'), {
    until: 500 as Milliseconds,
    look: (pipeline) => {
      seen = pipeline.alerts();
    },
  });
  return seen;
}

function eventOfStep(text: string): Fields {
  const [, severity] = /^post (\w+) alert\b/i.exec(text) ?? [];
  if (severity !== undefined) return { op: 'push', alerts: [{ labels: { alertname: 'test1', severity } }] };
  const [, matcher] = /^post silence (.+)$/i.exec(text) ?? [];
  if (matcher !== undefined) return { op: 'silence', id: 'it', matchers: [matcher], endsAt: '1h' };
  if (/^delete silence/i.test(text)) return { op: 'unsilence', id: 'it' };
  throw new Error(`an unknown step: ${text}`);
}

/** `{"warning": "suppressed", "silencedBy": 1}` speaks of the one alert that it names. */
function expectedOf({ expect, expect_state: states }: StatusStep): Readonly<Record<string, Fields>> {
  if (expect !== undefined) return expect;
  const entries = Object.entries(states ?? {});
  const counts = Object.fromEntries(entries.filter(([name]) => name.endsWith('By')));
  return Object.fromEntries(
    entries.filter(([name]) => !name.endsWith('By')).map(([name, state]) => [name, { state, ...counts }]),
  );
}

export const statusCase = wholeAdapter<{ whole: StatusCase }>(async ({ config, steps }) => {
  const { inhibit, ...timers } = config;
  const document = documentOf({
    route: timers,
    receivers: [{ id: 'any' }],
    inhibit_rules: [{ source_matchers: [inhibit.source], target_matchers: [inhibit.target], equal: inhibit.equal }],
  });
  const expected: Fields[] = [];
  const got: Fields[] = [];
  for (const [index, step] of steps.entries()) {
    const events = steps
      .slice(0, index + 1)
      .map((one, number) => ({ at: `${number * 100}ms`, ...eventOfStep(one.do) }));
    const views = await viewsAfter(document, events);
    const severityOf = (fingerprint: string): string =>
      `<fp ${views.find(({ alert }) => alert.fingerprint === fingerprint)?.alert.labels['severity'] ?? ''}>`;
    const wanted = expectedOf(step);
    expected.push(wanted);
    got.push(
      Object.fromEntries(
        Object.entries(wanted).map(([severity, fields]) => {
          const view = views.find(({ alert }) => alert.labels['severity'] === severity);
          const whole: Fields = {
            state: view?.state,
            silencedBy: view?.silencedBy.length,
            inhibitedBy: Array.isArray(fields['inhibitedBy'])
              ? view?.inhibitedBy.map(severityOf)
              : view?.inhibitedBy.length,
          };
          return [severity, Object.fromEntries(Object.keys(fields).map((key) => [key, whole[key]]))];
        }),
      ),
    );
  }
  return { expected: { steps: expected }, got: { steps: got } };
});

interface FilterCase {
  readonly alerts: readonly LabelSet[];
  readonly filter: readonly string[];
  readonly expect_count: number;
}

export const filterCase = wholeAdapter<{ whole: FilterCase }>(async ({ alerts, filter, expect_count: count }) => {
  const document = documentOf({ route: {}, receivers: [{ id: 'any' }] });
  const events = [{ at: '0s', op: 'push', alerts: alerts.map((labels) => ({ labels })) }];
  const views = await viewsAfter(document, events);
  const { isMeant, isWanted } = alertFilter({ filter: [...filter] });
  const found = views.filter((view) => isMeant(view.alert) && isWanted(view));
  return { expected: { count }, got: { count: found.length } };
});
