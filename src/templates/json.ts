// toJson: a value as Go's encoding/json writes it.
import { timeJson } from './time.ts';
import { CallError } from './template-error.ts';
import { sortedEntries } from './value.ts';
import type { Value, World } from './value.ts';

const safe = (text: string): string =>
  JSON.stringify(text.replace(/\p{Cs}/gu, '\uFFFD')).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export function json(value: Value, world: World): string {
  world.charge(1);
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return float(value);
    case 'string':
      return safe(value);
    default:
      break;
  }
  switch (value.kind) {
    case 'safe':
      return safe(value.text);
    case 'time':
      return safe(timeJson(value));
    case 'duration':
      return String(value.nanoseconds);
    case 'slice':
      return `[${value.items.map((item) => json(item, world)).join(',')}]`;
    case 'map':
      return `{${sortedEntries(value)
        .map(([key, item]) => `${safe(key)}:${json(item, world)}`)
        .join(',')}}`;
    case 'struct':
      return `{${[...value.fields]
        .map(([name, field]) => `${safe(value.json === 'same' ? name : lowered(name))}:${json(field, world)}`)
        .join(',')}}`;
  }
}

const lowered = (name: string): string => name.slice(0, 1).toLowerCase() + name.slice(1);

function float(value: number): string {
  if (!Number.isFinite(value)) throw new CallError(`JSON has no ${String(value)}`);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) return value.toExponential().replace(/e-0?(\d)$/, 'e-0$1');
  return Object.is(value, -0) ? '-0' : String(value);
}
