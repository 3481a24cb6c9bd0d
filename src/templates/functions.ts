// The functions beside Go's own: those of Alertmanager's templates and those of Prometheus's.
import { builtins } from './builtins.ts';
import { queryEscaped } from './escape.ts';
import { humanize, humanize1024, humanizeDuration, humanizePercentage, toFloat } from './humanize.ts';
import { json } from './json.ts';
import { formatFloat } from './number-format.ts';
import { matches, replaced } from './regex.ts';
import { CallError } from './template-error.ts';
import { duration, formatTime, inZone, timeAt, timeText, within64 } from './time.ts';
import { secondsOfDuration } from './duration-text.ts';
import { asFloat, asMap, asSlice, asStruct, asText, asTime, byCodePoint, noMethods, strings } from './value.ts';
import type { Operation, Operations, SliceValue, StructValue, TimeValue, Value } from './value.ts';

export type Dialect = 'alertmanager' | 'prometheus';

const ofText = (run: (text: string) => Value): Operation => ({
  parameters: ['string'],
  run: ([text]) => run(asText(text)),
});
const ofNumber = (run: (value: number) => Value): Operation => ({
  parameters: ['any'],
  run: ([value]) => run(toFloat(value)),
});

/** Each word with a capital; Alertmanager makes the rest small, Prometheus leaves it. */
const titled = (text: string): string =>
  text.replace(/[\p{L}\p{N}_]+/gu, (word) => {
    const [first = '', ...rest] = word;
    return first.toUpperCase() + rest.join('');
  });
const titledOnly = (text: string): string =>
  text.replace(/[\p{L}\p{M}\p{N}_]+(?:['’.:·][\p{L}\p{M}]+)*/gu, (word) => {
    const at = word.search(/\p{L}/u);
    if (at < 0) return word;
    const rest = word.slice(at).toLowerCase();
    const [first = ''] = rest;
    return word.slice(0, at) + first.toUpperCase() + rest.slice(first.length);
  });

const shared: readonly (readonly [string, Operation])[] = [
  ['toUpper', ofText((text) => text.toUpperCase())],
  ['toLower', ofText((text) => text.toLowerCase())],
  ['humanizeDuration', ofNumber(humanizeDuration)],
  ['safeHtml', ofText((text) => ({ kind: 'safe', as: 'html', text }))],
  [
    'match',
    {
      parameters: ['string', 'string'],
      run: ([pattern, text], world) => {
        world.charge(asText(text).length >> 4);
        return matches(asText(pattern), asText(text));
      },
    },
  ],
  [
    'reReplaceAll',
    {
      parameters: ['string', 'string', 'string'],
      run: ([pattern, replacement, text], world) => {
        world.charge(asText(text).length >> 3);
        return replaced(asText(pattern), asText(replacement), asText(text), () => world.charge(5));
      },
    },
  ],
];

const list = (items: readonly Value[]): SliceValue => ({
  kind: 'slice',
  type: '[]interface {}',
  items,
  methods: noMethods,
});

const alertmanagers: readonly (readonly [string, Operation])[] = [
  ['title', ofText(titledOnly)],
  ['trimSpace', ofText((text) => text.trim())],
  [
    'join',
    {
      parameters: ['string', 'strings'],
      run: ([separator, items]) => asSlice(items).items.map(asText).join(asText(separator)),
    },
  ],
  ['safeUrl', ofText((text) => ({ kind: 'safe', as: 'url', text }))],
  ['urlUnescape', ofText(urlUnescaped)],
  ['stringSlice', { parameters: [], rest: 'string', run: (items) => strings(items.map(asText)) }],
  ['date', { parameters: ['string', 'time'], run: ([layout, at]) => formatTime(asTime(at), asText(layout)) }],
  ['tz', { parameters: ['string', 'time'], run: ([zone, at]) => inZone(asTime(at), asText(zone)) }],
  ['now', { parameters: [], run: (_, { now }) => timeAt(now) }],
  [
    'since',
    {
      parameters: ['time'],
      run: ([at], { now }) => duration(within64(timeAt(now).nanoseconds - asTime(at).nanoseconds)),
    },
  ],
  ['toJson', { parameters: ['any'], run: ([value = null], world) => json(value, world) }],
  ['list', { parameters: [], rest: 'any', run: list }],
  [
    'append',
    {
      parameters: ['slice'],
      rest: 'any',
      run: ([items, ...more], world) => {
        world.charge(asSlice(items).items.length >> 4);
        return { ...asSlice(items), items: [...asSlice(items).items, ...more] };
      },
    },
  ],
  ['dict', { parameters: [], rest: 'any', run: dictionary }],
];

function urlUnescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new CallError(`${JSON.stringify(text)} has an escape that is none`);
  }
}

function dictionary(pairs: readonly Value[]): Value {
  if (pairs.length % 2 !== 0) throw new CallError('dict takes keys and values in turn');
  const entries = new Map<string, Value>();
  for (let index = 0; index < pairs.length; index += 2) entries.set(asText(pairs[index]), pairs[index + 1] ?? null);
  return { kind: 'map', type: 'map[string]interface {}', entries, zero: null, methods: noMethods };
}

const labelsOf = (sample: StructValue): Value => sample.fields.get('Labels') ?? null;
const labelOf = (sample: StructValue, name: string): string => asText(asMap(labelsOf(sample)).entries.get(name) ?? '');

function timeOfSeconds(value: number): TimeValue {
  if (!Number.isFinite(value) || Math.abs(value) > 9e12)
    throw new CallError(`${formatFloat(value, 'g', 4)} is no time`);
  return { kind: 'time', nanoseconds: BigInt(Math.trunc(value * 1000)) * 1_000_000n, zone: 'UTC' };
}

const withoutPort = (host: string): string =>
  /^(?:\[([^[\]]*)\]|([^:[\]]*)):[^:[\]]*$/
    .exec(host)
    ?.slice(1)
    .find((part) => part !== undefined) ?? host;

function withoutDomain(host: string): string {
  const name = withoutPort(host);
  if (/^[\d.]+$/.test(name) || name.includes(':')) return host;
  const port = host.startsWith(`${name}:`) ? host.slice(name.length) : '';
  return (name.split('.')[0] ?? '') + port;
}

const graph = (tab: 0 | 1): Operation =>
  ofText((expression) => `/graph?g0.expr=${queryEscaped(expression)}&g0.tab=${tab}`);

const prometheuses: readonly (readonly [string, Operation])[] = [
  ['title', ofText(titled)],
  ['query', { parameters: ['string'], run: ([expression], world) => world.query(asText(expression)) }],
  [
    'first',
    {
      parameters: ['slice'],
      run: ([samples]) => {
        const [sample] = asSlice(samples).items;
        if (sample === undefined) throw new CallError('there is no sample: ask first with {{ with query … }}');
        return sample;
      },
    },
  ],
  ['label', { parameters: ['string', 'struct'], run: ([name, sample]) => labelOf(asStruct(sample), asText(name)) }],
  ['value', { parameters: ['struct'], run: ([sample]) => asFloat(asStruct(sample).fields.get('Value')) }],
  ['strvalue', { parameters: ['struct'], run: ([sample]) => labelOf(asStruct(sample), '__value__') }],
  [
    'sortByLabel',
    {
      parameters: ['string', 'slice'],
      run: ([name, samples]) => ({
        ...asSlice(samples),
        items: asSlice(samples).items.toSorted((left, right) =>
          byCodePoint(labelOf(asStruct(left), asText(name)), labelOf(asStruct(right), asText(name))),
        ),
      }),
    },
  ],
  [
    'args',
    {
      parameters: [],
      rest: 'any',
      run: (values) => dictionary(values.flatMap((value, index) => [`arg${index}`, value])),
    },
  ],
  ['humanize', ofNumber(humanize)],
  ['humanize1024', ofNumber(humanize1024)],
  ['humanizePercentage', ofNumber(humanizePercentage)],
  [
    'humanizeTimestamp',
    ofNumber((value) => (Number.isFinite(value) ? timeText(timeOfSeconds(value)) : formatFloat(value, 'g', 4))),
  ],
  ['toTime', ofNumber(timeOfSeconds)],
  ['toDuration', ofNumber((value) => duration(Number.isFinite(value) ? BigInt(Math.trunc(value * 1e9)) : 0n))],
  ['now', { parameters: [], run: (_, { now }) => now / 1000 }],
  ['graphLink', graph(0)],
  ['tableLink', graph(1)],
  ['stripPort', ofText(withoutPort)],
  ['stripDomain', ofText(withoutDomain)],
  ['parseDuration', ofText(secondsOfDuration)],
  ['urlQueryEscape', ofText(queryEscaped)],
  ['externalURL', { parameters: [], run: (_, { externalUrl }) => externalUrl }],
  [
    'pathPrefix',
    {
      parameters: [],
      run: (_, { externalUrl }) => /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(externalUrl)?.[1] ?? '',
    },
  ],
];

export const functionsOf: Readonly<Record<Dialect, Operations>> = {
  alertmanager: new Map([...builtins, ...shared, ...alertmanagers]),
  prometheus: new Map([...builtins, ...shared, ...prometheuses]),
};
