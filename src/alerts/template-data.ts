// What templates of receivers are given about a notification: Alertmanager's Data, Alert and KV with their methods.
import { zeroTime, timeAt } from '../templates/time.ts';
import { asMap, asSlice, asText, byCodePoint, strings, struct } from '../templates/value.ts';
import type { MapValue, Method, Methods, SliceValue, StructValue, Value } from '../templates/value.ts';
import type { Alert, LabelSet } from './alert.ts';
import { commonPairs, isFiring } from './render.ts';
import type { Notice } from './render.ts';

export interface DataOptions {
  /** where people reach this springtide */
  readonly externalUrl: string;
  readonly routeLabels?: LabelSet;
}

export function templateData(notice: Notice, { externalUrl, routeLabels = {} }: DataOptions): StructValue {
  const { alerts, whole } = notice;
  const isAnyFiring = whole === undefined ? alerts.some(isFiring) : whole.firing > 0;
  return {
    ...struct('template.Data', {
      Receiver: notice.receiver,
      Status: isAnyFiring ? 'firing' : 'resolved',
      Alerts: alertList(alerts.map(alertValue)),
      GroupLabels: pairs(notice.groupLabels),
      CommonLabels: pairs(whole?.labels ?? commonPairs(alerts.map(({ labels }) => labels))),
      CommonAnnotations: pairs(whole?.annotations ?? commonPairs(alerts.map(({ annotations }) => annotations))),
      ExternalURL: externalUrl,
      RouteLabels: pairs(routeLabels),
      AcknowledgeURL: notice.acknowledgeUrl ?? '',
      AcknowledgeCode: notice.acknowledgeCode ?? '',
    }),
    json: 'lowerFirst',
  };
}

function alertValue(alert: Alert): Value {
  return {
    ...struct('template.Alert', {
      Status: isFiring(alert) ? 'firing' : 'resolved',
      Labels: pairs(alert.labels),
      Annotations: pairs(alert.annotations),
      StartsAt: timeAt(alert.since),
      EndsAt: alert.ended === null ? zeroTime : timeAt(alert.ended),
      GeneratorURL: alert.generatorURL ?? '',
      Fingerprint: alert.fingerprint,
    }),
    json: 'lowerFirst',
  };
}

const method = (run: (self: Value) => Value): Method => ({ parameters: [], run });

const statusField = (alert: Value): Value =>
  alert !== null && typeof alert === 'object' && alert.kind === 'struct' ? (alert.fields.get('Status') ?? null) : null;

const withStatus = (status: string): Method =>
  method((self) => alertList(asSlice(self).items.filter((alert) => statusField(alert) === status)));

const alertMethods: Methods = new Map([
  ['Firing', withStatus('firing')],
  ['Resolved', withStatus('resolved')],
]);

function alertList(items: readonly Value[]): SliceValue {
  return { kind: 'slice', type: 'template.Alerts', items, methods: alertMethods };
}

/** alertname first, the others by name. */
function sortedPairs(map: MapValue): readonly (readonly [string, string])[] {
  const rank = (name: string): number => (name === 'alertname' ? 0 : 1);
  return [...map.entries]
    .map(([name, value]) => [name, asText(value)] as const)
    .sort(([left], [right]) => rank(left) - rank(right) || byCodePoint(left, right));
}

const namesOf = (map: MapValue): Value => strings(sortedPairs(map).map(([name]) => name));
const valuesOf = (map: MapValue): Value => strings(sortedPairs(map).map(([, value]) => value));
const pairField = (pair: Value, name: 'Name' | 'Value'): string =>
  pair !== null && typeof pair === 'object' && pair.kind === 'struct' ? asText(pair.fields.get(name)) : '';

const pairMethods: Methods = new Map([
  ['Names', method((self) => strings(asSlice(self).items.map((pair) => pairField(pair, 'Name'))))],
  ['Values', method((self) => strings(asSlice(self).items.map((pair) => pairField(pair, 'Value'))))],
]);

const kvMethods: Methods = new Map<string, Method>([
  ['Names', method((self) => namesOf(asMap(self)))],
  ['Values', method((self) => valuesOf(asMap(self)))],
  [
    'SortedPairs',
    method((self) => ({
      kind: 'slice',
      type: 'template.Pairs',
      items: sortedPairs(asMap(self)).map(([Name, Value]) => struct('template.Pair', { Name, Value })),
      methods: pairMethods,
    })),
  ],
  [
    'Remove',
    {
      parameters: ['strings'],
      run: (self, [names]) => {
        const gone = new Set(asSlice(names).items);
        const map = asMap(self);
        return { ...map, entries: new Map([...map.entries].filter(([name]) => !gone.has(name))) };
      },
    },
  ],
]);

function pairs(set: LabelSet): MapValue {
  return { kind: 'map', type: 'template.KV', entries: new Map(Object.entries(set)), zero: '', methods: kvMethods };
}
