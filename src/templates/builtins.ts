// The functions that every Go template has.
import { htmlEscaped, jsEscaped, queryEscaped } from './escape.ts';
import { printed, sprint, sprintf, sprintln } from './printf.ts';
import { CallError } from './template-error.ts';
import { asText, byCodePoint, isTrue, typeName } from './value.ts';
import type { Operation, Operations, Value } from './value.ts';

type Basic = 'bool' | 'int' | 'float' | 'string' | 'nil' | 'other';

function basicOf(value: Value): Basic {
  if (value === null) return 'nil';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'string':
      return 'string';
    default:
      return value.kind === 'duration' ? 'int' : value.kind === 'safe' ? 'string' : 'other';
  }
}

const wholeOf = (value: Value): bigint =>
  typeof value === 'bigint' ? value : typeof value === 'object' && value?.kind === 'duration' ? value.nanoseconds : 0n;

const apart = (left: Value, right: Value): CallError =>
  new CallError(
    `${typeName(left)} and ${typeName(right)} cannot be compared: write 1.0 beside a float, 1 beside an int`,
  );

function areEqual(left: Value, right: Value): boolean {
  const [kind, other] = [basicOf(left), basicOf(right)];
  if (kind === 'nil' || other === 'nil') return kind === other;
  if (kind !== other) throw apart(left, right);
  if (kind === 'int') return wholeOf(left) === wholeOf(right);
  if (kind === 'string') return asText(left) === asText(right);
  if (kind !== 'other') return left === right;
  if (typeof left === 'object' && typeof right === 'object' && left?.kind === right?.kind) {
    if (left?.kind === 'time' && right?.kind === 'time') return left.nanoseconds === right.nanoseconds;
    if (left?.kind === 'struct') return printed(left) === printed(right);
  }
  throw new CallError(`${typeName(left)} cannot be compared`);
}

function isLess(left: Value, right: Value): boolean {
  const kind = basicOf(left);
  if (kind !== basicOf(right)) throw apart(left, right);
  switch (kind) {
    case 'int':
      return wholeOf(left) < wholeOf(right);
    case 'float':
      return Number(left) < Number(right);
    case 'string':
      return byCodePoint(asText(left), asText(right)) < 0;
    case 'bool':
    case 'nil':
    case 'other':
      throw new CallError(`${typeName(left)} has no order`);
  }
}

const compare = (run: (left: Value, right: Value) => boolean): Operation => ({
  parameters: ['any', 'any'],
  run: ([left = null, right = null]) => run(left, right),
});

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function lengthOf(value: Value): bigint {
  if (typeof value === 'string') return BigInt(bytesOf(value).length);
  if (value !== null && typeof value === 'object') {
    if (value.kind === 'slice') return BigInt(value.items.length);
    if (value.kind === 'map') return BigInt(value.entries.size);
    if (value.kind === 'safe') return BigInt(bytesOf(value.text).length);
  }
  throw new CallError(`${typeName(value)} has no length`);
}

function at(value: Value, key: Value): Value {
  if (value !== null && typeof value === 'object' && value.kind === 'map') {
    if (typeof key !== 'string') throw new CallError(`the key of a map is a string, not ${typeName(key)}`);
    return value.entries.get(key) ?? value.zero;
  }
  if (typeof key !== 'bigint') throw new CallError(`an index is an int, not ${typeName(key)}`);
  if (typeof value === 'string') return BigInt(bytesOf(value)[within(key, bytesOf(value).length)] ?? 0);
  if (value !== null && typeof value === 'object' && value.kind === 'slice')
    return value.items[within(key, value.items.length)] ?? null;
  throw new CallError(`${typeName(value)} has no parts to index`);
}

function within(index: bigint, length: number): number {
  if (index < 0n || index >= BigInt(length)) throw new CallError(`index ${index} is out of range: there are ${length}`);
  return Number(index);
}

function sliced(value: Value, bounds: readonly Value[]): Value {
  const length = Number(lengthOf(value));
  if (bounds.length > 2) throw new CallError('slice takes at most two indexes');
  const [from, to] = [bounds[0] ?? 0n, bounds[1] ?? BigInt(length)];
  if (typeof from !== 'bigint' || typeof to !== 'bigint') throw new CallError('the indexes of slice are ints');
  if (from < 0n || to > BigInt(length) || from > to)
    throw new CallError(`${from} to ${to} is out of range: there are ${length}`);
  if (typeof value === 'string') return new TextDecoder().decode(bytesOf(value).subarray(Number(from), Number(to)));
  if (value !== null && typeof value === 'object' && value.kind === 'slice')
    return { ...value, items: value.items.slice(Number(from), Number(to)) };
  throw new CallError(`${typeName(value)} cannot be sliced`);
}

const ofAll = (run: (values: readonly Value[]) => Value): Operation => ({ parameters: [], rest: 'any', run });
const escaping = (escape: (text: string) => string): Operation =>
  ofAll((values) => escape(values.length === 1 && typeof values[0] === 'string' ? values[0] : sprint(values)));

export const builtins: Operations = new Map<string, Operation>([
  // the executor runs these two: they do not look at what they need not
  ['and', ofAll(() => null)],
  ['or', ofAll(() => null)],
  ['not', { parameters: ['any'], run: ([value = null]) => !isTrue(value) }],
  [
    'eq',
    {
      parameters: ['any', 'any'],
      rest: 'any',
      run: ([left = null, ...others]) => others.some((other) => areEqual(left, other)),
    },
  ],
  ['ne', compare((left, right) => !areEqual(left, right))],
  ['lt', compare(isLess)],
  ['le', compare((left, right) => isLess(left, right) || areEqual(left, right))],
  ['gt', compare((left, right) => !isLess(left, right) && !areEqual(left, right))],
  ['ge', compare((left, right) => !isLess(left, right))],
  ['len', { parameters: ['any'], run: ([value = null]) => lengthOf(value) }],
  [
    'index',
    {
      parameters: ['any'],
      rest: 'any',
      run: ([value = null, ...keys]) => keys.reduce((part, key) => at(part, key), value),
    },
  ],
  ['slice', { parameters: ['any'], rest: 'any', run: ([value = null, ...keys]) => sliced(value, keys) }],
  ['print', ofAll(sprint)],
  ['println', ofAll(sprintln)],
  ['printf', { parameters: ['string'], rest: 'any', run: ([format, ...values]) => sprintf(asText(format), values) }],
  ['html', escaping(htmlEscaped)],
  ['js', escaping(jsEscaped)],
  ['urlquery', escaping(queryEscaped)],
]);
