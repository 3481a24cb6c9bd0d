// The values of Go that templates meet. A bigint is an int and a number a float64: templates tell the two apart.
import type { Instant } from '../model/units.ts';
import { CallError } from './template-error.ts';

export interface SliceValue {
  readonly kind: 'slice';
  readonly type: string;
  readonly items: readonly Value[];
  readonly methods: Methods;
}
export interface MapValue {
  readonly kind: 'map';
  readonly type: string;
  readonly entries: ReadonlyMap<string, Value>;
  /** what an absent key gives; null is Go's nil interface */
  readonly zero: Value;
  readonly methods: Methods;
}
export interface StructValue {
  readonly kind: 'struct';
  readonly type: string;
  readonly fields: ReadonlyMap<string, Value>;
  /** how toJson names the fields */
  readonly json: 'same' | 'lowerFirst';
  readonly methods: Methods;
}
export interface TimeValue {
  readonly kind: 'time';
  /** since 1970 */
  readonly nanoseconds: bigint;
  readonly zone: string;
}
export interface DurationValue {
  readonly kind: 'duration';
  readonly nanoseconds: bigint;
}
/** Text that HTML takes as it is, or a URL whose scheme is trusted. */
export interface SafeValue {
  readonly kind: 'safe';
  readonly as: 'html' | 'url';
  readonly text: string;
}
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | SliceValue
  | MapValue
  | StructValue
  | TimeValue
  | DurationValue
  | SafeValue;

/** What a parameter takes. `any` takes a literal number as int or float, by its look. */
export type Kind = 'any' | 'string' | 'int' | 'float' | 'time' | 'duration' | 'strings' | 'slice' | 'struct' | 'map';

/** What a call may know of the world. */
export interface World {
  readonly now: Instant;
  readonly timeZone: string;
  readonly externalUrl: string;
  /** the samples of a query; throws where they are not known */
  query(expression: string): Value;
  /** a call that costs more than its call says so */
  charge(steps: number): void;
}

export interface Operation {
  readonly parameters: readonly Kind[];
  /** of every further argument; absent: there are none */
  readonly rest?: Kind;
  readonly run: (args: readonly Value[], world: World) => Value;
}
export type Operations = ReadonlyMap<string, Operation>;
export interface Method {
  readonly parameters: readonly Kind[];
  readonly run: (self: Value, args: readonly Value[], world: World) => Value;
}
export type Methods = ReadonlyMap<string, Method>;

export const noMethods: Methods = new Map();

export const strings = (items: readonly string[]): SliceValue => ({
  kind: 'slice',
  type: '[]string',
  items,
  methods: noMethods,
});

export function stringMap(pairs: Readonly<Record<string, string>>, type = 'map[string]string'): MapValue {
  return { kind: 'map', type, entries: new Map(Object.entries(pairs)), zero: '', methods: noMethods };
}

export function struct(type: string, fields: Readonly<Record<string, Value>>): StructValue {
  return { kind: 'struct', type, fields: new Map(Object.entries(fields)), json: 'same', methods: noMethods };
}

/** As Go names it, for messages and %T. */
export function typeName(value: Value): string {
  if (value === null) return '<nil>';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    case 'string':
      return 'string';
    default:
      return typeOfObject(value);
  }
}

function typeOfObject(value: Exclude<Value, null | boolean | bigint | number | string>): string {
  switch (value.kind) {
    case 'slice':
    case 'map':
    case 'struct':
      return value.type;
    case 'time':
      return 'time.Time';
    case 'duration':
      return 'time.Duration';
    case 'safe':
      return value.as === 'html' ? 'template.HTML' : 'template.URL';
  }
}

/** What `if` takes for true: neither zero nor empty. */
export function isTrue(value: Value): boolean {
  if (value === null || typeof value === 'boolean') return value === true;
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'string') return value !== '';
  switch (value.kind) {
    case 'slice':
      return value.items.length > 0;
    case 'map':
      return value.entries.size > 0;
    case 'duration':
      return value.nanoseconds !== 0n;
    case 'safe':
      return value.text !== '';
    case 'struct':
    case 'time':
      return true;
  }
}

/** Go compares bytes of UTF-8, which is the order of code points. */
export function byCodePoint(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const one = left.charCodeAt(index);
    const other = right.charCodeAt(index);
    if (one !== other) return surrogatesLast(one) - surrogatesLast(other);
  }
  return left.length - right.length;
}

const surrogatesLast = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

export const sortedEntries = (map: MapValue): (readonly [string, Value])[] =>
  [...map.entries].sort(([left], [right]) => byCodePoint(left, right));

// The arguments of an operation have been checked against its kinds; these only tell the compiler.
const missing = (kind: string, value: Value | undefined): CallError =>
  new CallError(`expected ${kind}; found ${typeName(value ?? null)}`);

export function asText(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  if (value !== null && typeof value === 'object' && value.kind === 'safe') return value.text;
  throw missing('string', value);
}
export function asInt(value: Value | undefined): bigint {
  if (typeof value === 'bigint') return value;
  if (value !== null && typeof value === 'object' && value.kind === 'duration') return value.nanoseconds;
  throw missing('int', value);
}
export function asFloat(value: Value | undefined): number {
  if (typeof value === 'number') return value;
  throw missing('float64', value);
}
type Compound = Exclude<Value, null | boolean | bigint | number | string>;
function asKind<Name extends Compound['kind']>(
  kind: Name,
  value: Value | undefined,
): Extract<Compound, { kind: Name }> {
  if (value !== undefined && value !== null && typeof value === 'object' && value.kind === kind)
    return value as Extract<Compound, { kind: Name }>;
  throw missing(kind, value);
}
export const asTime = (value: Value | undefined): TimeValue => asKind('time', value);
export const asDuration = (value: Value | undefined): DurationValue => asKind('duration', value);
export const asSlice = (value: Value | undefined): SliceValue => asKind('slice', value);
export const asStruct = (value: Value | undefined): StructValue => asKind('struct', value);
export const asMap = (value: Value | undefined): MapValue => asKind('map', value);
